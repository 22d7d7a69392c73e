"""Text to syntax tree: a Pratt parser, bounded in length, depth and size."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from workflows.expressions.limits import MAX_DEPTH, MAX_INT, MAX_NODES, MAX_SOURCE, ExpressionError
from workflows.expressions.syntax import (
    Binary,
    Call,
    Choice,
    Field,
    Has,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Node,
    Unary,
    Walk,
)

MACROS = {"map": (2, 3), "filter": (2, 2), "all": (2, 2), "exists": (2, 2), "exists_one": (2, 2)}
_POWER = {
    "?": 1, "||": 2, "&&": 3, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, ".": 8, "[": 8,
}  # fmt: skip
_UNARY_POWER = 7
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|0x[0-9a-fA-F]+|\d+))
  | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign>\|\||&&|==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
)""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "/": "/", "b": "\b", "f": "\f"}
_WORDS: dict[str, None | bool] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Token:
    kind: str  # number, text, name, sign, end
    text: str
    at: int


def tokens_of(source: str) -> list[Token]:
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"An expression has at most {MAX_SOURCE:,} characters.", code="expression_too_long")
    tokens: list[Token] = []
    at, end = 0, len(source.rstrip())
    while at < end:
        found = _TOKEN.match(source, at)
        if found is None or found.lastgroup is None:
            at += len(source[at:]) - len(source[at:].lstrip())
            message = f"{source[at]!r} can't stand here. Put text in quotes."
            raise ExpressionError(message, code="expression_syntax", position=at)
        tokens.append(Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
        at = found.end()
    return [*tokens, Token("end", "the end", len(source))]


class Parser:
    def __init__(self, source: str) -> None:
        self.tokens = tokens_of(source)
        self.position = 0
        self.depth = 0
        self.nodes = 0

    def parse(self) -> Node:
        node = self.expression(0)
        if self.token.kind != "end":
            self.fail(f"{self.token.text!r} is not expected here.")
        return node

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.position += 1
        return token

    def is_sign(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def expect(self, sign: str) -> Token:
        if not self.is_sign(sign):
            self.fail(f"{sign!r} is missing before {self.token.text!r}.")
        return self.take()

    def fail(self, message: str, at: int | None = None) -> NoReturn:
        raise ExpressionError(message, code="expression_syntax", position=self.token.at if at is None else at)

    def expression(self, power: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"The expression is nested deeper than {MAX_DEPTH} levels.")
        left = self.made(self.prefix())
        while (after := self.power_of(self.token)) > power:
            left = self.made(self.infix(left, self.take(), after))
        self.depth -= 1
        return left

    def made(self, node: Node) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.fail(f"The expression has more than {MAX_NODES} parts.")
        return node

    def power_of(self, token: Token) -> int:
        is_operator = token.kind == "sign" or (token.kind == "name" and token.text == "in")
        return _POWER.get(token.text, 0) if is_operator else 0

    # What an expression begins with

    def prefix(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return Literal(self.number(token), token.at)
        if token.kind == "text":
            return Literal(_unescape(token), token.at)
        if token.kind == "name":
            return self.named(token)
        if token.kind == "sign" and token.text in ("-", "!"):
            return Unary(token.text, self.expression(_UNARY_POWER), token.at)
        opened: dict[str, Callable[[Token], Node]] = {"(": self.group, "[": self.list_of, "{": self.map_of}
        if token.kind == "sign" and token.text in opened:
            return opened[token.text](token)
        self.fail(f"A value is missing before {token.text!r}.", token.at)

    def number(self, token: Token) -> int | float:
        try:
            value = int(token.text, 16) if token.text.startswith("0x") else int(token.text)
        except ValueError:
            return float(token.text)
        if value > MAX_INT:
            self.fail("Whole numbers have at most 64 bits. Write it with a decimal point.", token.at)
        return value

    def named(self, token: Token) -> Node:
        if token.text in _WORDS:
            return Literal(_WORDS[token.text], token.at)
        if token.text == "in":
            self.fail("A value is missing before 'in'.", token.at)
        if not self.is_sign("("):
            return Name(token.text, token.at)
        arguments = self.arguments()
        if token.text == "has":
            return self.has(arguments, token)
        return Call(token.text, arguments, False, token.at)

    def has(self, arguments: tuple[Node, ...], token: Token) -> Node:
        if len(arguments) != 1 or not isinstance(arguments[0], Field):
            self.fail("has() takes one field, such as has(input.email).", token.at)
        return Has(arguments[0].of, arguments[0].name, token.at)

    def group(self, token: Token) -> Node:
        node = self.expression(0)
        self.expect(")")
        return node

    def list_of(self, token: Token) -> Node:
        return ListOf(self.until("]"), token.at)

    def map_of(self, token: Token) -> Node:
        entries: list[tuple[Node, Node]] = []
        while not self.is_sign("}"):
            key = self.expression(0)
            self.expect(":")
            entries.append((key, self.expression(0)))
            if not self.is_sign("}"):
                self.expect(",")
        self.expect("}")
        return MapOf(tuple(entries), token.at)

    def arguments(self) -> tuple[Node, ...]:
        self.expect("(")
        return self.until(")")

    def until(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self.is_sign(closing):
            items.append(self.expression(0))
            if not self.is_sign(closing):
                self.expect(",")
        self.expect(closing)
        return tuple(items)

    # What follows

    def infix(self, left: Node, token: Token, power: int) -> Node:
        if token.text == "?":
            then = self.expression(0)
            self.expect(":")
            return Choice(left, then, self.expression(0), token.at)
        if token.text == "[":
            index = self.expression(0)
            self.expect("]")
            return Index(left, index, token.at)
        if token.text == ".":
            return self.member(left)
        return Binary(token.text, left, self.expression(power), token.at)

    def member(self, left: Node) -> Node:
        name = self.take()
        if name.kind != "name":
            self.fail("A field's name is missing after the dot.", name.at)
        if not self.is_sign("("):
            return Field(left, name.text, name.at)
        arguments = self.arguments()
        if name.text not in MACROS:
            return Call(name.text, (left, *arguments), True, name.at)
        fewest, most = MACROS[name.text]
        if not fewest <= len(arguments) <= most or not isinstance(arguments[0], Name):
            self.fail(f"{name.text} is written list.{name.text}(item, expression).", name.at)
        return Walk(name.text, left, arguments[0].name, arguments[1:], name.at)


def _unescape(token: Token) -> str:
    def replace(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] == "u":
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            raise ExpressionError(f"\\{code} is not known.", code="expression_syntax", position=token.at)
        return _ESCAPES[code]

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", replace, token.text[1:-1], flags=re.DOTALL)


def parse(source: str) -> Node:
    return Parser(source).parse()
