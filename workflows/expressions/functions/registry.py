"""The closed list of functions, methods and operators, and how one is chosen by the types of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any, TypeVar

from workflows.expressions.errors import ExpressionError, did_you_mean
from workflows.expressions.limits import Evaluation
from workflows.expressions.schema import KINDS, Schema, dyn, kind_of
from workflows.expressions.syntax import Style

Run = Callable[..., Any]  # (evaluation, *arguments) -> value
Result = Callable[[Sequence[Schema]], Schema]
R = TypeVar("R", bound=Run)
Key = tuple[Style, str]

_ORDER = (*KINDS,)
_PLURALS = {"yes or no": "yes-or-no values", "whole number": "whole numbers", "null": "nulls"}
_TEXT_HINTS = {
    "whole number": " Make the text a number with double(text), or the number a text with string(number).",
    "decimal number": " Make the text a number with double(text), or the number a text with string(number).",
    "number": " Make the text a number with double(text), or the number a text with string(number).",
    "timestamp": " Make the text a timestamp with timestamp(text).",
    "duration": ' Make the text a duration with duration(text), which reads "36h".',
}
# What people know these by from elsewhere.
_OTHER_NAMES = {
    "length": "size", "len": "size", "count": "size", "lower": "lowerAscii", "toLowerCase": "lowerAscii",
    "upper": "upperAscii", "toUpperCase": "upperAscii", "strip": "trim", "includes": "contains", "substr": "substring",
    "any": "exists", "some": "exists", "every": "all", "float": "double", "number": "double", "str": "string",
    "toString": "string", "date": "timestamp", "datetime": "timestamp", "regex": "matches", "total": "sum",
}  # fmt: skip


@dataclass(frozen=True)
class Overload:
    kinds: tuple[str, ...]
    gives: Schema | Result

    def takes(self, arguments: Sequence[Schema]) -> bool:
        """Whether the arguments may fit, as far as their types are known."""
        return len(arguments) == len(self.kinds) and all(
            not argument.types.isdisjoint(KINDS[kind]) for argument, kind in zip(arguments, self.kinds, strict=True)
        )

    def result(self, arguments: Sequence[Schema]) -> Schema:
        return self.gives if isinstance(self.gives, Schema) else self.gives(arguments)


@dataclass(frozen=True)
class Function:
    name: str
    style: Style
    about: str
    overloads: list[Overload] = field(default_factory=list)
    table: dict[tuple[type, ...], Run] = field(default_factory=dict)

    def add(self, overload: Overload, run: Run) -> None:
        self.overloads.append(overload)
        for types in product(*(KINDS[kind] for kind in overload.kinds)):
            if types in self.table:
                raise ValueError(f"{self.name} is defined twice for {types}")
            self.table[types] = run

    def choose(self, arguments: Sequence[Any]) -> tuple[Run, Sequence[Any]]:
        """For arguments that the table does not know as they are: plain copies of them, or an error."""
        arguments = [plain(argument) for argument in arguments]
        run = self.table.get(tuple(map(type, arguments)))
        if run is None:
            given = [kind_of(argument) for argument in arguments]
            raise ExpressionError("wrong_type", lambda: self.mismatch(given))
        return run, arguments

    def mismatch(self, given: Sequence[str]) -> str:
        name = f"'{self.name}'" if self.style is Style.OPERATOR else f"{self.name}()"
        return f"{name} takes {self.signatures()}, not {_listed(given)}.{self._hint(given)}"

    def _hint(self, given: Sequence[str]) -> str:
        if "null" in given:
            return " Test for null first, as in a != null && a > 1."
        if self.style is not Style.OPERATOR or "text" not in given:
            return ""
        if self.name == "in":
            return " To look for a part of a text, write text.contains(part)."
        other = next((kind for kind in given if kind != "text"), "")
        # A timestamp is compared with another, but only a duration is added to it.
        return _TEXT_HINTS.get("duration" if (self.name, other) == ("+", "timestamp") else other, "")

    def signatures(self) -> str:
        kinds = sorted((overload.kinds for overload in self.overloads), key=lambda kinds: [*map(_ORDER.index, kinds)])
        known = list({frozenset(map(_word, one)): _listed(one) for one in kinds}.values())
        return " or ".join(filter(None, [", ".join(known[:-1]), known[-1]]))


FUNCTIONS: dict[Key, Function] = {}


def define(
    name: str,
    *kinds: str,
    gives: Schema | Result = dyn,
    styles: Sequence[Style] = (Style.FUNCTION,),
    about: str = "",
) -> Callable[[R], R]:
    """Register what the decorated function does with arguments of these kinds ("a|b" is either)."""

    def register(run: R) -> R:
        for style in styles:
            function = FUNCTIONS.setdefault((style, name), Function(name, style, about))
            for chosen in product(*(kind.split("|") for kind in kinds)):
                function.add(Overload(chosen, gives), run)
        return run

    return register


def method(name: str, *kinds: str, gives: Schema | Result = dyn, about: str = "") -> Callable[[R], R]:
    return define(name, *kinds, gives=gives, styles=(Style.METHOD,), about=about)


def operator(name: str, *kinds: str, gives: Schema | Result = dyn) -> Callable[[R], R]:
    return define(name, *kinds, gives=gives, styles=(Style.OPERATOR,))


def find(style: Style, name: str, count: int, position: int) -> Function:
    """The function that a call means, or an error that says which there are."""
    function = FUNCTIONS.get((style, name))
    if function is None:
        raise ExpressionError("no_such_function", _unknown(style, name), position)
    counts = sorted({len(overload.kinds) for overload in function.overloads})
    if count not in counts:
        extra = style is Style.METHOD
        allowed = " or ".join(str(allowed - extra) for allowed in counts)
        plural = "" if allowed == "1" else "s"
        message = f"{name}() takes {allowed} argument{plural}, not {count - extra}: {function.signatures()}."
        raise ExpressionError("wrong_arguments", message, position)
    return function


def _unknown(style: Style, name: str) -> str:
    other = Style.METHOD if style is Style.FUNCTION else Style.FUNCTION
    if (other, name) in FUNCTIONS:
        right = f"value.{name}(…)" if other is Style.METHOD else f"{name}(value, …)"
        return f"{name}() is written {right}."
    if name in _OTHER_NAMES:
        return f"There is no function {name!r}. Did you mean {_OTHER_NAMES[name]!r}?"
    known = [known for known_style, known in FUNCTIONS if known_style is style]
    return f"There is no function {name!r}.{did_you_mean(name, known)}"


def call(evaluation: Evaluation, function: Function, arguments: Sequence[Any]) -> Any:
    run = function.table.get(tuple(map(type, arguments)))
    if run is None:
        run, arguments = function.choose(arguments)
    return run(evaluation, *arguments)


def plain(value: Any) -> Any:
    """Data of a subclass (an enum's text, a tuple) as the plain value it is; anything else as it is."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, datetime):
        return datetime.combine(value.date(), value.timetz()) if type(value) is not datetime else value
    if isinstance(value, tuple):
        return list(value)
    bases: tuple[type[Any], ...] = (bool, int, float, dict, list)
    for base in bases:
        if isinstance(value, base):
            return value if type(value) is base else base(value)
    return value


def _word(kind: str) -> str:
    return "number" if kind in ("whole number", "decimal number") else kind


def _listed(kinds: Sequence[str]) -> str:
    words = [_word(kind) for kind in kinds]
    if len(words) == 2 and words[0] == words[1]:
        return f"two {_PLURALS.get(words[0], words[0] + 's')}"
    return " and ".join(words) or "nothing"
