"""The stored form of a model: JSON, checked at the door, nothing in it is ever executed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any, TypeVar

from agents.churn.compiled import Curve, Fork, Leaf, Line, Model, Term, Tree
from agents.churn.derive import Derived
from agents.churn.encode import Plan
from agents.churn.errors import ArtefactError
from agents.churn.table import Field

FORMAT = "rapport-churn/1"
MOST_BYTES = 100_000
MOST_FORKS = 10  # a table of reasons doubles with every fork of a tree
MOST_TREES = 500

T = TypeVar("T")


def write_artefact(model: Model) -> dict[str, Any]:
    """Return the model as JSON values."""
    return {
        "format": FORMAT,
        "label": model.label,
        "positive": model.positive,
        "rows": model.rows,
        "fields": [{**asdict(field), "levels": list(field.levels)} for field in model.plan.fields],
        "derived": [{**asdict(each), "of": list(each.of)} for each in model.plan.derived],
        "linear": {"base": model.linear_base, "terms": [write_term(each) for each in model.terms]},
        "trees": {"base": model.tree_base, "roots": [write_tree(each) for each in model.trees]},
        "blend": {
            "linear": model.linear_share,
            "slope": model.slope,
            "intercept": model.intercept,
        },
    }


def write_term(term: Term) -> dict[str, Any]:
    """Return one linear term as JSON values."""
    if isinstance(term, Line):
        return asdict(term)
    pieces = [list(piece) for piece in term.pieces]
    return {"knots": list(term.knots), "pieces": pieces, "mean": term.mean}


def write_tree(tree: Tree) -> list[Any]:
    """Return a tree as nested lists: [value, rows] or [column, threshold, left, right]."""
    if isinstance(tree, Leaf):
        return [tree.value, tree.rows]
    return [tree.column, tree.threshold, write_tree(tree.left), write_tree(tree.right)]


def fingerprint(artefact: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the content: the same before and after a trip through jsonb."""
    text = json.dumps(plain(artefact), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Any) -> Any:
    """Spell every number one way: jsonb gives 1e20 back as an integer and -0.0 as 0.0."""
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(float(value) + 0.0)
    return value


def read_artefact(artefact: object) -> Model:
    """Check every part and return the model; raise ArtefactError naming the bad place."""
    top = mapping(artefact, "artefact")
    if top.get("format") != FORMAT:
        raise ArtefactError("format", f"expected {FORMAT!r}, found {top.get('format')!r}")
    plan = Plan(
        tuple(each(top, "fields", "", read_field)),
        tuple(each(top, "derived", "", read_derived)),
    )
    check_derived(plan)
    linear = mapping(top.get("linear"), "linear")
    forest = mapping(top.get("trees"), "trees")
    blend = mapping(top.get("blend"), "blend")
    columns = len(plan.columns())
    terms = tuple(each(linear, "terms", "linear.", read_term))
    if len(terms) != columns:
        raise ArtefactError("linear.terms", f"expected {columns}, one for each column, found {len(terms)}")
    roots = each(forest, "roots", "trees.", lambda value, path: read_tree(value, path, columns))
    if len(roots) > MOST_TREES:
        raise ArtefactError("trees.roots", f"expected at most {MOST_TREES} trees, found {len(roots)}")
    return Model(
        label=text(top.get("label"), "label"),
        positive=text(top.get("positive"), "positive"),
        rows=whole(top.get("rows"), "rows"),
        plan=plan,
        terms=terms,
        linear_base=number(linear.get("base"), "linear.base"),
        trees=tuple(roots),
        tree_base=number(forest.get("base"), "trees.base"),
        linear_share=number(blend.get("linear"), "blend.linear"),
        slope=number(blend.get("slope"), "blend.slope"),
        intercept=number(blend.get("intercept"), "blend.intercept"),
    )


def each(parent: Mapping[str, Any], key: str, prefix: str, read: Callable[[Any, str], T]) -> list[T]:
    """Read every item of a list."""
    path = prefix + key
    return [read(item, f"{path}[{place}]") for place, item in enumerate(sequence(parent.get(key), path))]


def read_field(value: Any, path: str) -> Field:
    """Read one field."""
    entry = mapping(value, path)
    kind = entry.get("kind")
    if kind not in ("number", "flag", "category"):
        raise ArtefactError(f"{path}.kind", f"expected number, flag or category, found {kind!r}")
    read_typical: Callable[[Any, str], float | str] = text if kind == "category" else number
    return Field(
        name=text(entry.get("name"), f"{path}.name"),
        kind=kind,
        typical=read_typical(entry.get("typical"), f"{path}.typical"),
        levels=tuple(each(entry, "levels", f"{path}.", text)),
        rare=truth(entry.get("rare"), f"{path}.rare"),
        missing=truth(entry.get("missing"), f"{path}.missing"),
    )


def read_derived(value: Any, path: str) -> Derived:
    """Read one derived number."""
    entry = mapping(value, path)
    operation = entry.get("operation")
    if operation not in ("sum", "ratio"):
        raise ArtefactError(f"{path}.operation", f"expected sum or ratio, found {operation!r}")
    parts = tuple(each(entry, "of", f"{path}.", whole))
    if len(parts) < 2 or (operation == "ratio" and len(parts) != 2):
        raise ArtefactError(f"{path}.of", "expected two fields for a ratio, two or more for a sum")
    return Derived(operation, parts, number(entry.get("typical"), f"{path}.typical"))


def check_derived(plan: Plan) -> None:
    """Refuse a derived number whose parts are not numbers of this plan."""
    for place, derived in enumerate(plan.derived):
        for part in derived.of:
            if not (part < len(plan.fields) and plan.fields[part].kind == "number"):
                raise ArtefactError(f"derived[{place}].of", f"field {part} is not a number")


def read_term(value: Any, path: str) -> Term:
    """Read one linear term."""
    entry = mapping(value, path)
    mean = number(entry.get("mean"), f"{path}.mean")
    if "weight" in entry:
        return Line(number(entry["weight"], f"{path}.weight"), mean)
    knots = tuple(each(entry, "knots", f"{path}.", number))
    pieces = tuple(each(entry, "pieces", f"{path}.", read_piece))
    if len(knots) < 2 or len(pieces) != len(knots) - 1:
        raise ArtefactError(f"{path}.pieces", "expected one between every two knots")
    if any(left >= right for left, right in pairwise(knots)):
        raise ArtefactError(f"{path}.knots", "expected them to rise")
    return Curve(knots, pieces, mean)


def read_piece(value: Any, path: str) -> tuple[float, float, float, float]:
    """Read the four factors of a cubic."""
    a, b, c, d = exactly(value, path, 4)
    return number(a, path), number(b, path), number(c, path), number(d, path)


def read_tree(value: Any, path: str, columns: int) -> Tree:
    """Read one tree that is small enough to explain."""
    if count_forks(value) > MOST_FORKS:
        raise ArtefactError(path, f"expected at most {MOST_FORKS} forks")
    return read_node(value, path, columns)


def count_forks(value: Any) -> int:
    """Count the forks of a tree without recursion: its depth is not known yet."""
    forks, open_nodes = 0, [value]
    while open_nodes and forks <= MOST_FORKS:
        node = open_nodes.pop()
        if isinstance(node, list) and len(node) == 4:
            forks += 1
            open_nodes += node[2:]
    return forks


def read_node(value: Any, path: str, columns: int) -> Tree:
    """Read a node with all below it."""
    if isinstance(value, list) and len(value) == 2:
        rows = whole(value[1], f"{path}[1]")
        if rows < 1:
            raise ArtefactError(f"{path}[1]", "expected a leaf that some customer reached")
        return Leaf(number(value[0], f"{path}[0]"), rows)
    column, threshold, left, right = exactly(value, path, 4)
    place = whole(column, f"{path}[0]")
    if place >= columns:
        raise ArtefactError(f"{path}[0]", f"expected a column below {columns}, found {place}")
    return Fork(
        place,
        number(threshold, f"{path}[1]"),
        read_node(left, f"{path}[2]", columns),
        read_node(right, f"{path}[3]", columns),
    )


def mapping(value: Any, path: str) -> Mapping[str, Any]:
    """Require an object."""
    if not isinstance(value, Mapping):
        raise ArtefactError(path, f"expected an object, found {type(value).__name__}")
    return value


def sequence(value: Any, path: str) -> list[Any]:
    """Require a list."""
    if not isinstance(value, list):
        raise ArtefactError(path, f"expected a list, found {type(value).__name__}")
    return value


def exactly(value: Any, path: str, length: int) -> list[Any]:
    """Require a list of a length."""
    items = sequence(value, path)
    if len(items) != length:
        raise ArtefactError(path, f"expected {length} items, found {len(items)}")
    return items


def number(value: Any, path: str) -> float:
    """Require a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ArtefactError(path, f"expected a finite number, found {value!r}")
    return float(value)


def whole(value: Any, path: str) -> int:
    """Require a whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ArtefactError(path, f"expected a whole number, found {value!r}")
    return value


def truth(value: Any, path: str) -> bool:
    """Require true or false."""
    if not isinstance(value, bool):
        raise ArtefactError(path, f"expected true or false, found {value!r}")
    return value


def text(value: Any, path: str) -> str:
    """Require a text."""
    if not isinstance(value, str):
        raise ArtefactError(path, f"expected a text, found {value!r}")
    return value
