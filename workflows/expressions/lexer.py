"""Cuts the source of an expression into tokens, one at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workflows.expressions.errors import ExpressionError
from workflows.expressions.limits import LARGEST_INT

KEYWORDS = {"true", "false", "null", "in"}
# CEL keeps these for itself; they may still name fields.
RESERVED = {
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
    "namespace", "return", "var", "void", "while",
}  # fmt: skip

_TOKEN = re.compile(
    r"""
    (?P<space>(?:\s|//[^\n]*)+)
  | (?P<float>(?:[0-9]+\.[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
  | (?P<int>0[xX][0-9a-fA-F]+|[0-9]+)
  | (?P<raw>[rR](?:\"\"\".*?\"\"\"|'''.*?'''|"[^"\n]*"|'[^'\n]*'))
  | (?P<text>\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_PLAIN_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
}  # fmt: skip
_INSTEAD = {
    "=": "To compare, write '=='.",
    "&": "For 'and', write '&&'.",
    "|": "For 'or', write '||'.",
    "“": 'Put text in straight quotes: "like this".',
    "”": 'Put text in straight quotes: "like this".',
    "‘": "Put text in straight quotes: 'like this'.",
    "’": "Put text in straight quotes: 'like this'.",
    '"': "This text has no closing quote. Add it.",
    "'": "This text has no closing quote. Add it.",
    "≥": "Write '>='.",
    "≤": "Write '<='.",
    "≠": "Write '!='.",
    "×": "Write '*'.",
    "$": "Write names without '$'.",
    ";": "An expression is one value; leave out ';'.",
}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # "literal", "name", "end", or the keyword or sign itself
    position: int
    end: int
    value: str | int | float | bool | None = None


def next_token(source: str, at: int) -> Token:
    match = _TOKEN.match(source, at)
    if match and match.lastgroup == "space":
        at = match.end()
        match = _TOKEN.match(source, at)
    if match is None:
        return _no_token(source, at)
    text, end = match.group(), match.end()
    if match.lastgroup == "sign":
        return Token(text, at, end)
    if match.lastgroup == "name":
        return Token(text, at, end, text) if text in KEYWORDS else Token("name", at, end, text)
    return Token("literal", at, end, _READERS[str(match.lastgroup)](text, at))


def _no_token(source: str, at: int) -> Token:
    if at >= len(source):
        return Token("end", at, at)
    sign = source[at]
    raise ExpressionError(
        "expression_syntax", _INSTEAD.get(sign, f"The sign {sign!r} has no meaning here. Take it out."), at
    )


def _read_float(text: str, at: int) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ExpressionError("number_too_large", "This number is too large.", at)
    return value


def _read_int(text: str, at: int) -> int:
    """One more than the largest is let through, for the smallest is written with a minus."""
    digits = text.lower().removeprefix("0x").lstrip("0")
    value = int(text, 16 if text[:2] in ("0x", "0X") else 10) if len(digits) < 20 else LARGEST_INT + 2
    if value > LARGEST_INT + 1:
        raise ExpressionError("number_too_large", "This whole number is too large. Write it with a decimal point.", at)
    return value


def _read_raw(text: str, at: int) -> str:
    return _checked(_without_quotes(text[1:]), at)


def _read_text(text: str, at: int) -> str:
    inner = _without_quotes(text)
    return _checked(_ESCAPE.sub(lambda match: _escape(match, at), inner) if "\\" in inner else inner, at)


def _without_quotes(text: str) -> str:
    width = 3 if text[:3] in ('"""', "'''") else 1
    return text[width:-width]


def _escape(match: re.Match[str], at: int) -> str:
    two, four, eight, octal, plain = match.groups()
    if plain is not None:
        if plain not in _PLAIN_ESCAPES:
            message = f"'\\{plain}' is no escape. Write '\\\\{plain}', or r\"…\" for a text without escapes."
            raise ExpressionError("expression_syntax", message, at)
        return _PLAIN_ESCAPES[plain]
    number = int(octal, 8) if octal else int(two or four or eight, 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise ExpressionError("expression_syntax", "This escape names no character.", at)
    return chr(number)


def _checked(text: str, at: int) -> str:
    if "\0" in text:
        raise ExpressionError("expression_syntax", "A text can't hold the character zero.", at)
    return text


_READERS: Mapping[str, Callable[[str, int], str | int | float]] = {
    "float": _read_float,
    "int": _read_int,
    "raw": _read_raw,
    "text": _read_text,
}
