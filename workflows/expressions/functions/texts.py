"""Functions of text. What they make is measured before it is made."""

from __future__ import annotations

from typing import Any

import re2

from workflows.expressions.errors import ExpressionError, LimitError
from workflows.expressions.functions.numbers import INT
from workflows.expressions.functions.ordering import BOOL
from workflows.expressions.functions.registry import define, method, operator
from workflows.expressions.limits import LONGEST_PATTERN, LONGEST_TEXT, Evaluation
from workflows.expressions.schema import Schema
from workflows.expressions.syntax import Style

TEXT = Schema("text")
TEXTS = Schema("list", element=TEXT)
# Without their automaton (it needs memory) patterns run slowest, about 130 ns a character.
_MATCHED_PER_UNIT = 20
_PATTERN_UNITS = 1_000
_PATTERN_MEMORY = 256 * 1024


@operator("+", "text", "text", gives=TEXT)
def concatenate(evaluation: Evaluation, a: str, b: str) -> str:
    evaluation.make_text(len(a) + len(b))
    return a + b


@method("contains", "text", "text", gives=BOOL, about="Whether the second is a part of the first.")
def contains(evaluation: Evaluation, text: str, part: str) -> bool:
    evaluation.read_text(len(text))
    return part in text


@method("startsWith", "text", "text", gives=BOOL, about="Whether the text begins so.")
def starts_with(evaluation: Evaluation, text: str, part: str) -> bool:
    evaluation.read_text(len(part))
    return text.startswith(part)


@method("endsWith", "text", "text", gives=BOOL, about="Whether the text ends so.")
def ends_with(evaluation: Evaluation, text: str, part: str) -> bool:
    evaluation.read_text(len(part))
    return text.endswith(part)


@method("lowerAscii", "text", gives=TEXT, about="With a to z for A to Z; other letters stay.")
def lower(evaluation: Evaluation, text: str) -> str:
    evaluation.make_text(len(text))
    # Only bytes change case in ASCII alone; data may hold half a surrogate pair.
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


@method("upperAscii", "text", gives=TEXT, about="With A to Z for a to z; other letters stay.")
def upper(evaluation: Evaluation, text: str) -> str:
    evaluation.make_text(len(text))
    return text.encode("utf-8", "surrogatepass").upper().decode("utf-8", "surrogatepass")


@method("trim", "text", gives=TEXT, about="Without the white space around it.")
def trim(evaluation: Evaluation, text: str) -> str:
    evaluation.make_text(len(text))
    return text.strip()


@method("reverse", "text", gives=TEXT, about="From its end to its beginning.")
def reverse(evaluation: Evaluation, text: str) -> str:
    evaluation.make_text(len(text))
    return text[::-1]


@method("replace", "text", "text", "text", gives=TEXT, about="With the second for each of the first.")
def replace(evaluation: Evaluation, text: str, old: str, new: str) -> str:
    return replace_some(evaluation, text, old, new, -1)


@method("replace", "text", "text", "text", "whole number", gives=TEXT)
def replace_some(evaluation: Evaluation, text: str, old: str, new: str, most: int) -> str:
    evaluation.read_text(len(text))
    found = text.count(old)
    found = found if most < 0 else min(found, most)
    evaluation.make_text(len(text) + found * (len(new) - len(old)))
    return text.replace(old, new, found)


@method("substring", "text", "whole number", gives=TEXT, about="From a position (0 is the first) to before another.")
def substring(evaluation: Evaluation, text: str, start: int) -> str:
    return substring_to(evaluation, text, start, len(text))


@method("substring", "text", "whole number", "whole number", gives=TEXT)
def substring_to(evaluation: Evaluation, text: str, start: int, end: int) -> str:
    if not 0 <= start <= end <= len(text):
        message = f"substring() reaches outside the text, which has {len(text)} characters. Test size(text) first."
        raise ExpressionError("no_such_item", message)
    evaluation.make_text(end - start)
    return text[start:end]


@method("charAt", "text", "whole number", gives=TEXT, about="The character at a position; empty at the end.")
def char_at(evaluation: Evaluation, text: str, at: int) -> str:
    if not 0 <= at <= len(text):
        raise ExpressionError("no_such_item", f"The text has {len(text)} characters; there is none at {at}.")
    return text[at : at + 1]


@method("indexOf", "text", "text", gives=INT, about="Where the part begins, or -1.")
def index_of(evaluation: Evaluation, text: str, part: str) -> int:
    evaluation.read_text(len(text))
    return text.find(part)


@method("lastIndexOf", "text", "text", gives=INT, about="Where the part begins for the last time, or -1.")
def last_index_of(evaluation: Evaluation, text: str, part: str) -> int:
    evaluation.read_text(len(text))
    return text.rfind(part)


@method("split", "text", "text", gives=TEXTS, about="The parts between the separators.")
def split(evaluation: Evaluation, text: str, separator: str) -> list[str]:
    return split_some(evaluation, text, separator, -1)


@method("split", "text", "text", "whole number", gives=TEXTS)
def split_some(evaluation: Evaluation, text: str, separator: str, most: int) -> list[str]:
    if most == 0:
        return []
    evaluation.read_text(len(text))
    parts = text.count(separator) + 1 if separator else len(text)
    parts = parts if most < 0 else min(parts, most)
    evaluation.make_list(parts)
    evaluation.make_text(len(text))
    if separator:
        return text.split(separator, parts - 1)
    return [*text[: parts - 1], text[parts - 1 :]] if text else []


@method("join", "list", gives=TEXT, about="The texts of the list in one, with the separator between.")
def join(evaluation: Evaluation, items: list[Any]) -> str:
    return join_by(evaluation, items, "")


@method("join", "list", "text", gives=TEXT)
def join_by(evaluation: Evaluation, items: list[Any], separator: str) -> str:
    evaluation.spend(len(items) // 5)
    if not all(isinstance(item, str) for item in items):
        message = "join() takes a list of texts. Make them first: list.map(x, string(x)).join(…)."
        raise ExpressionError("wrong_type", message)
    evaluation.make_text(sum(map(len, items)) + len(separator) * max(0, len(items) - 1))
    return separator.join(items)


@define(
    "matches",
    "text",
    "text",
    gives=BOOL,
    styles=(Style.METHOD, Style.FUNCTION),
    about="Whether the pattern (RE2) fits a part of the text.",
)
def matches(evaluation: Evaluation, text: str, pattern: str) -> bool:
    if len(text) > LONGEST_TEXT:
        raise LimitError("too_large", f"matches() reads {LONGEST_TEXT:,} characters. Take a substring() first.")
    compiled = evaluation.patterns.get(pattern)
    if compiled is None:
        evaluation.spend(_PATTERN_UNITS)
        compiled = evaluation.patterns[pattern] = compile_pattern(pattern)
    evaluation.spend(len(text) // _MATCHED_PER_UNIT)
    try:
        return compiled.search(text) is not None
    except UnicodeEncodeError:
        return False


def compile_pattern(pattern: str) -> Any:
    if len(pattern) > LONGEST_PATTERN:
        raise ExpressionError("bad_pattern", f"A pattern has at most {LONGEST_PATTERN} characters.")
    options = re2.Options()
    options.max_mem, options.log_errors, options.never_capture = _PATTERN_MEMORY, False, True
    try:
        return re2.compile(pattern, options=options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        message = f"The pattern can't be used: {reason}. Patterns follow RE2, without look-around and back-references."
        raise ExpressionError("bad_pattern", message) from None
