"""Our expressions beside Google's CEL: whether they give the same, and how long each takes.

It needs the cel-expr-python wheel, which the product does not; try it in an environment of its own:
    python -m venv /tmp/cel && /tmp/cel/bin/pip install cel-expr-python google-re2
    /tmp/cel/bin/python -m benchmarks.expressions_beside_cel [how many]
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from importlib import import_module
from random import Random
from statistics import median
from typing import Any

from workflows.expressions import ExpressionError
from workflows.expressions.expression import compile_anew

NOW = "timestamp('2026-05-04T10:30:00Z')"
DATA: dict[str, Any] = {"a": "text", "b": 2.5, "n": 7, "x": 3, "xs": [1, "a", None, 2.5, [1]], "m": {"k": 1}}
LEAVES = (
    *("a", "b", "n", "xs", "m", "x", "1", "0", "2", "-3", "2.5", "'t'", "'a,b'", "''", "true", "false", "null"),
    *("[]", "[1, 2]", "{'k': 1}", "duration('1h')", NOW),
)
OPERATORS = ("+", "-", "*", "/", "%", "<", ">=", "==", "!=", "in", "&&", "||")
METHODS = (
    *("contains", "startsWith", "endsWith", "split", "replace", "substring", "indexOf", "lastIndexOf", "charAt"),
    *("join", "lowerAscii", "upperAscii", "trim", "reverse", "size", "matches", "getHours", "getMonth"),
)
FUNCTIONS = ("size", "int", "double", "string", "timestamp", "duration")
MACROS = ("map", "filter", "all", "exists", "exists_one")
TIMED = ("n > 5 && a in ['text', 'b']", "xs.map(x, [x, n])", "m.k + n * 2 == 15 ? a : 'none'")


class Peer:
    def __init__(self) -> None:
        cel = import_module("cel_expr_python.cel")
        strings = import_module("cel_expr_python.ext.ext_strings").ExtStrings()
        self.error = cel.Type.ERROR
        self.environment = cel.NewEnv(variables=dict.fromkeys(DATA, cel.Type.DYN), extensions=[strings])

    def compile(self, source: str) -> Any:
        return self.environment.compile(source, disable_check=True)

    def outcome(self, source: str) -> tuple[bool, Any]:
        try:
            value = self.compile(source).eval(data=DATA)
            return value.type() != self.error, value.plain_value()
        except (ValueError, RuntimeError, TypeError) as error:
            return False, error


def main() -> None:
    peer, random, counts = Peer(), Random(5), Counter[str]()  # noqa: S311
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000):
        source = expression(random, random.choice((1, 2, 2, 3)))
        counts[_compared(peer, source)] += 1
    print("\n".join(f"{count:8,}  {what}" for what, count in counts.most_common()))
    print("\ncompile: ours, CEL; evaluate: ours, CEL (µs, median)")
    for source in TIMED:
        ours, theirs = compile_anew(source), peer.compile(source)
        works = (lambda: compile_anew(source), lambda: peer.compile(source))  # noqa: B023
        runs = (lambda: ours.evaluate(DATA), lambda: theirs.eval(data=DATA).plain_value())  # noqa: B023
        print("".join(f"{_microseconds(work):8.1f}" for work in (*works, *runs)), f" {source}")
    if counts["different values"]:
        sys.exit("Some values differ.")


def expression(random: Random, depth: int) -> str:
    if depth == 0 or random.random() < 0.2:
        return random.choice(LEAVES)
    one, two, three = (expression(random, depth - 1) for _ in range(3))
    arguments = ", ".join((two, three)[: random.randrange(3)])
    return random.choice(
        (
            f"({one} {random.choice(OPERATORS)} {two})",
            f"({one} {random.choice(OPERATORS)} {two})",
            f"({one} ? {two} : {three})",
            f"{one}.{random.choice(METHODS)}({arguments})",
            f"{random.choice(FUNCTIONS)}({one})",
            f"{one}.{random.choice(MACROS)}(x, {two})",
            f"[{one}, {two}][{random.choice(('0', '1', three))}]",
            f"{{'k': {one}}}{random.choice(('', '.k'))}",  # one field: CEL gives several in any order
        )
    )


def _compared(peer: Peer, source: str) -> str:
    given, theirs = peer.outcome(source)
    try:
        ours = compile_anew(source).evaluate(DATA)
    except ExpressionError:
        return "a value of CEL, an error of ours (we check types)" if given else "errors of both"
    if not given:
        return "an error of CEL, a value of ours (we add to CEL)"
    if ours == theirs and type(ours) is type(theirs):
        return "the same value"
    print(f"{source}\n    ours {ours!r}\n    CEL  {theirs!r}")
    return "different values"


def _microseconds(work: Any) -> float:
    taken = []
    for _ in range(500):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken) * 1e6


if __name__ == "__main__":
    main()
