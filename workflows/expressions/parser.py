"""Source to tree: a Pratt parser that stops at the limits of length, depth and size."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from workflows.expressions.errors import ExpressionError, LimitError
from workflows.expressions.lexer import RESERVED, Token, next_token
from workflows.expressions.limits import DEEPEST, LARGEST_INT, LONGEST_SOURCE, MOST_NODES
from workflows.expressions.syntax import (
    Call,
    Chain,
    Choice,
    Equality,
    Field,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logic,
    Macro,
    MapLiteral,
    Name,
    Node,
    Not,
    Style,
)

N = TypeVar("N", bound=Node)

MACROS = ("map", "filter", "all", "exists", "exists_one")
_CHOICE, _OR, _AND, _COMPARE, _ADD, _MULTIPLY, _PREFIX, _POSTFIX = range(10, 90, 10)
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")
_POWERS = {
    "?": _CHOICE, "||": _OR, "&&": _AND, **dict.fromkeys(_COMPARISONS, _COMPARE),
    "+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "%": _MULTIPLY, ".": _POSTFIX, "[": _POSTFIX,
}  # fmt: skip
_WORDS = {"and": "&&", "AND": "&&", "or": "||", "OR": "||", "not": "!", "is": "==", "like": ".contains(…)"}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Parser:
    """Reads one expression from `start`; `token` is the first that is not part of it."""

    def __init__(self, source: str, start: int = 0) -> None:
        self.source = source
        self.start = start
        self.nodes = 0
        self.nesting = 0
        self.token = next_token(source, start)

    def parse(self) -> Node:
        node = self.expression(0)
        if self.token.position - self.start > LONGEST_SOURCE:
            raise too_long(self.start)
        return node

    def unexpected(self) -> NoReturn:
        token = self.token
        text = self.source[token.position : token.end]
        if token.kind == "end":
            message = "The expression ends too early. Complete it."
        elif text in _WORDS:
            message = f"Write {_WORDS[text]!r} instead of {text!r}."
        else:
            message = f"{_short(text)!r} is not expected here. An operator may be missing before it, or it is too much."
        raise ExpressionError("expression_syntax", message, token.position)

    # The Pratt loop

    def expression(self, power: int) -> Node:
        self.nesting += 1
        if self.nesting > 2 * DEEPEST:
            raise _too_deep(self.token.position)
        token = self.take()
        left = _PREFIXES.get(token.kind, Parser._no_value)(self, token)
        while _POWERS.get(self.token.kind, 0) > power:
            sign = self.take()
            left = _INFIXES[sign.kind](self, left, sign)
        self.nesting -= 1
        return left

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.token = next_token(self.source, token.end)
        return token

    def took(self, kind: str) -> bool:
        if self.token.kind != kind:
            return False
        self.take()
        return True

    def expect(self, kind: str, why: str) -> None:
        if not self.took(kind):
            message = f"{kind!r} is missing here: {why}."
            raise ExpressionError("expression_syntax", message, self.token.position)

    def add(self, node: N) -> N:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            message = f"The expression has over {MOST_NODES} parts. Split it over several values."
            raise LimitError("expression_too_long", message, node.position)
        if node.depth > DEEPEST:
            raise _too_deep(node.position)
        return node

    # What an expression may begin with

    def _no_value(self, token: Token) -> Node:
        if token.kind in ("*", "/", "&&", "||", "==", "<", ">", "in", "?", ")", "]", "}", ",", ".", ":", "%"):
            text = self.source[token.position : token.end]
            raise ExpressionError("expression_syntax", f"A value is missing before {text!r}.", token.position)
        self.token = token
        self.unexpected()

    def _literal(self, token: Token) -> Node:
        if token.value == LARGEST_INT + 1 and isinstance(token.value, int):
            message = "This whole number is too large. Write it with a decimal point."
            raise ExpressionError("number_too_large", message, token.position)
        return self.add(Literal(token.position, token.value))

    def _constant(self, token: Token) -> Node:
        return self.add(Literal(token.position, _CONSTANTS[token.kind]))

    def _name(self, token: Token) -> Node:
        name = str(token.value)
        if self.token.kind == "(":
            return self._function(name, token)
        if name in RESERVED:
            message = f"{name!r} is a reserved word. Use another name."
            raise ExpressionError("expression_syntax", message, token.position)
        return self.add(Name(token.position, name))

    def _function(self, name: str, token: Token) -> Node:
        self.take()
        arguments = self._items(")", "it closes the arguments")
        if name != "has":
            return self.add(Call(token.position, name, Style.FUNCTION, arguments))
        if len(arguments) != 1 or not isinstance(arguments[0], Field):
            message = "has() takes one field, as in has(input.email)."
            raise ExpressionError("wrong_arguments", message, token.position)
        return self.add(Has(token.position, arguments[0].target, arguments[0].name))

    def _group(self, token: Token) -> Node:
        node = self.expression(0)
        self.expect(")", "it closes the bracket")
        return node

    def _not(self, token: Token) -> Node:
        return self.add(Not(token.position, self.expression(_PREFIX)))

    def _minus(self, token: Token) -> Node:
        number = self.token
        if number.kind == "literal" and type(number.value) in (int, float) and number.position == token.end:
            self.take()
            return self.add(Literal(token.position, -number.value))  # type: ignore[operator]
        return self.add(Call(token.position, "-", Style.OPERATOR, (self.expression(_PREFIX),)))

    def _list(self, token: Token) -> Node:
        return self.add(ListLiteral(token.position, self._items("]", "it closes the list")))

    def _map(self, token: Token) -> Node:
        entries: list[tuple[Node, Node]] = []
        while self.token.kind != "}":
            key = self.expression(0)
            self.expect(":", 'an object is written {"name": value}')
            entries.append((key, self.expression(0)))
            if not self.took(","):
                break
        self.expect("}", "it closes the object")
        return self.add(MapLiteral(token.position, tuple(entries)))

    def _items(self, closing: str, why: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while self.token.kind != closing:
            items.append(self.expression(0))
            if not self.took(","):
                break
        self.expect(closing, why)
        return tuple(items)

    # What may follow a value

    def _choice(self, condition: Node, sign: Token) -> Node:
        yes = self.expression(0)
        self.expect(":", "a choice is written condition ? value : other value")
        return self.add(Choice(sign.position, condition, yes, self.expression(_CHOICE - 1)))

    def _logic(self, left: Node, sign: Token) -> Node:
        parts = [left, self.expression(_POWERS[sign.kind])]
        while self.took(sign.kind):
            parts.append(self.expression(_POWERS[sign.kind]))
        return self.add(Logic(sign.position, sign.kind, tuple(parts)))

    def _comparison(self, left: Node, sign: Token) -> Node:
        right = self.expression(_COMPARE)
        if self.token.kind in _COMPARISONS:
            message = "Join two comparisons with '&&', as in a < b && b < c."
            raise ExpressionError("expression_syntax", message, self.token.position)
        if sign.kind in ("==", "!="):
            return self.add(Equality(sign.position, left, right, sign.kind == "!="))
        return self.add(Call(sign.position, sign.kind, Style.OPERATOR, (left, right)))

    def _chain(self, left: Node, sign: Token) -> Node:
        power = _POWERS[sign.kind]
        rest = [(sign.kind, sign.position, self.expression(power))]
        while _POWERS.get(self.token.kind) == power:
            following = self.take()
            rest.append((following.kind, following.position, self.expression(power)))
        self.nodes += len(rest) - 1
        return self.add(Chain(sign.position, left, tuple(rest)))

    def _index(self, target: Node, sign: Token) -> Node:
        key = self.expression(0)
        self.expect("]", "it closes the index")
        if isinstance(key, Literal) and isinstance(key.value, str):
            return self.add(Field(sign.position, target, key.value))
        return self.add(Index(sign.position, target, key))

    def _member(self, target: Node, sign: Token) -> Node:
        token = self.take()
        name = self.source[token.position : token.end]
        if not name.isidentifier() or token.kind == "literal":
            message = 'A field\'s name is missing after the dot. Write item["a name"] for one with spaces.'
            raise ExpressionError("expression_syntax", message, token.position)
        if not self.took("("):
            return self.add(Field(token.position, target, name))
        arguments = self._items(")", "it closes the arguments")
        if name in MACROS:
            return self._macro(name, target, arguments, token.position)
        return self.add(Call(token.position, name, Style.METHOD, (target, *arguments)))

    def _macro(self, name: str, target: Node, arguments: tuple[Node, ...], position: int) -> Node:
        most = 3 if name == "map" else 2
        if not 2 <= len(arguments) <= most or not isinstance(arguments[0], Name):
            message = f"{name} is written list.{name}(item, …), with a name of your choice for the item."
            raise ExpressionError("wrong_arguments", message, position)
        condition = arguments[1] if len(arguments) == 3 else None
        return self.add(Macro(position, name, target, arguments[0].name, condition, arguments[-1]))


_PREFIXES: dict[str, Callable[[Parser, Token], Node]] = {
    "literal": Parser._literal,
    "name": Parser._name,
    "(": Parser._group,
    "[": Parser._list,
    "{": Parser._map,
    "!": Parser._not,
    "-": Parser._minus,
    **dict.fromkeys(_CONSTANTS, Parser._constant),
}
_INFIXES: dict[str, Callable[[Parser, Node, Token], Node]] = {
    "?": Parser._choice,
    "||": Parser._logic,
    "&&": Parser._logic,
    **dict.fromkeys(_COMPARISONS, Parser._comparison),
    **dict.fromkeys("+-*/%", Parser._chain),
    ".": Parser._member,
    "[": Parser._index,
}


def parse(source: str) -> Node:
    if len(source) > LONGEST_SOURCE:
        raise too_long(LONGEST_SOURCE)
    parser = Parser(source)
    node = parser.parse()
    if parser.token.kind != "end":
        parser.unexpected()
    return node


def too_long(position: int) -> LimitError:
    message = f"An expression has at most {LONGEST_SOURCE:,} characters. Split it over several values."
    return LimitError("expression_too_long", message, position)


def _too_deep(position: int) -> LimitError:
    message = f"The expression is nested over {DEEPEST} levels deep. Split it over several values."
    return LimitError("expression_too_deep", message, position)


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:30]}…"
