"""What expressions give, by a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest

from workflows.expressions import ExpressionError, compile_expression

NOW = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)
SCOPE: dict[str, Any] = {
    "input": {
        "amount": 120,
        "price": 9.5,
        "country": "NL",
        "email": None,
        "tags": ["new", "vip"],
        "two words": 2,
        "ones": [1],
    },
    "customers": [
        {"id": 1, "name": "Ann", "probability": 0.9},
        {"id": 2, "name": "李雷", "probability": 0.5},
        {"id": 3, "name": "Bob", "probability": 0.7},
    ],
    "steps": {"if": {"output": {"n": 3}}},
    "now": NOW,
}
VALUES: list[tuple[str, Any]] = [
    # literals
    ("1", 1),
    ("-9223372036854775808", -(2**63)),
    ("0x1F", 31),
    (".5", 0.5),
    ("1.5e3", 1500.0),
    ("'it\\'s'", "it's"),
    ('"\\u674e\\t"', "李\t"),
    (r"r'\d+'", r"\d+"),
    ("'''a\nb'''", "a\nb"),
    ("[1, 'a', null, true,]", [1, "a", None, True]),
    ("{'a': 1, 'b': {'c': []}}", {"a": 1, "b": {"c": []}}),
    ("1 // a remark\n + 2", 3),
    # arithmetic
    ("1 + 2 * 3 - 4", 3),
    ("(1 + 2) * 3", 9),
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 % 3", 1),
    ("-7 % 3", -1),
    ("7.0 / 2", 3.5),
    ("2 * 0.5", 1.0),
    ("- (3 - 5)", 2),
    ("10 - 3 - 2", 5),
    ("'a' + 'b' + 'c'", "abc"),
    ("[1] + [2]", [1, 2]),
    # comparison
    ("1 < 2", True),
    ("1 <= 1.0", True),
    ("1 == 1.0", True),
    ("'a' < 'b'", True),
    ("'Z' < 'a'", True),
    ("false < true", True),
    ("input.amount == null", False),
    ("input.email == null", True),
    ("[1, [2]] == [1.0, [2]]", True),
    ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", True),
    ("{'a': 1} != {'a': 2}", True),
    ("[true] == [input.amount]", False),
    # membership
    ("'vip' in input.tags", True),
    ("'old' in input.tags", False),
    ("'amount' in input", True),
    ("1 in [true, 1.0]", True),
    ("1 in [input.email, true]", False),
    ("true in input.ones", False),
    ("120 in [input.amount]", True),
    # logic
    ("true && !false", True),
    ("false || false || true", True),
    ("true || input.missing", True),
    ("input.missing || true", True),
    ("input.missing == 1 && false", False),
    ("true ? 1 : 2", 1),
    ("false ? 1 : false ? 2 : 3", 3),
    ("input.amount > 100 ? 'large' : 'small'", "large"),
    # fields
    ("input.country", "NL"),
    ("input['two words']", 2),
    ("input[input.amount > 1 ? 'country' : 'amount']", "NL"),
    ("steps.if.output.n", 3),
    ("customers[0].name", "Ann"),
    ("customers[size(customers) - 1].name", "Bob"),
    ("customers[1.0].id", 2),
    ("has(input.amount)", True),
    ("has(input.email)", True),
    ("has(input.missing)", False),
    ("has(input.missing.deeper)", False),
    ("has(input.amount.deeper)", False),
    ("has(nowhere.x)", False),
    # macros
    ("customers.filter(c, c.probability >= 0.7).map(c, c.id)", [1, 3]),
    ("customers.map(c, c.probability > 0.6, c.name)", ["Ann", "Bob"]),
    ("customers.all(c, c.id > 0)", True),
    ("customers.exists(c, c.name == '李雷')", True),
    ("customers.exists_one(c, c.probability > 0.6)", False),
    ("[].all(x, x)", True),
    ("[].exists(x, x)", False),
    ("{'b': 1, 'a': 2}.map(key, key)", ["b", "a"]),
    ("[1, 2].map(x, [10, 20].map(y, x * y))", [[10, 20], [20, 40]]),
    ("[1, 2].map(x, [x].map(x, [x * 2].map(y, x + y)))", [[[3]], [[6]]]),
    ("[[1], 'a'].exists(x, x == 'a' && x.size() == 1)", True),
    ("[1, 'a', 2].exists(x, x > 1)", True),
    ("['a', 0].all(x, x > 1)", False),
    # lists
    ("size(customers) + size('李雷') + {'a': 1}.size()", 6),
    ("sum([1, 2, 3])", 6),
    ("sum([])", 0),
    ("sum([0.1] + [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])", 1.0),
    ("customers.map(c, c.id).sum()", 6),
    ("min([3, 1.5, 2])", 1.5),
    ("max(['b', 'a'])", "b"),
    ("max(1, 2.5)", 2.5),
    # numbers
    ("round(2.5)", 3),
    ("round(-2.5)", -3),
    ("round(2.675, 2)", 2.68),
    ("round(7)", 7),
    ("floor(-1.5)", -2),
    ("ceil(1.2)", 2),
    ("abs(-3)", 3),
    ("abs(-3.5)", 3.5),
    # conversions
    ("int('-42')", -42),
    ("int(-3.9)", -3),
    ("int(timestamp('1970-01-01T00:01:00Z'))", 60),
    ("double('1e3')", 1000.0),
    ("double(3)", 3.0),
    ("string(1.0)", "1"),
    ("string(0.1)", "0.1"),
    ("string(true)", "true"),
    ("string(now)", "2026-05-04T10:30:00Z"),
    ("string(duration('90m'))", "5400s"),
    ("string(duration('-1.5s'))", "-1.5s"),
    ("bool('true')", True),
    ("bool(false)", False),
    # texts
    ("'Anna'.contains('nn')", True),
    ("'Anna'.startsWith('An') && 'Anna'.endsWith('na')", True),
    ("'ÄA'.lowerAscii()", "Äa"),
    ("'äa'.upperAscii()", "äA"),
    ("' a '.trim()", "a"),
    ("'a,b,c'.split(',')", ["a", "b", "c"]),
    ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
    ("'abc'.split('')", ["a", "b", "c"]),
    ("'abc'.split('', 2)", ["a", "bc"]),
    ("'abc'.split(',', 0)", []),
    ("['a', 'b'].join()", "ab"),
    ("input.tags.join(', ')", "new, vip"),
    ("'banana'.replace('a', 'o')", "bonono"),
    ("'banana'.replace('a', 'o', 1)", "bonana"),
    ("'banana'.substring(2)", "nana"),
    ("'banana'.substring(1, 3)", "an"),
    ("'banana'.indexOf('n') + 'banana'.lastIndexOf('n')", 6),
    ("'abc'.charAt(1) + 'abc'.charAt(3)", "b"),
    ("'abc'.reverse()", "cba"),
    ("'NL-1234'.matches('^[A-Z]{2}-[0-9]+$')", True),
    ("matches('abc', 'x')", False),
    # times
    ("timestamp('2026-05-04T12:30:00+02:00') == now", True),
    ("timestamp('2026-05-04') < now", True),
    ("timestamp('2026-05-04t10:30:00.5z') - now", timedelta(milliseconds=500)),
    ("now - duration('36h')", NOW - timedelta(hours=36)),
    ("duration('1d') + now - now == duration('24h')", True),
    ("duration('1h30m') > duration('80m')", True),
    ("-duration('1s') + duration('1s') == duration('0s')", True),
    ("duration('1h30m15.5s').getMinutes()", 90),
    ("duration('-90m').getHours()", -1),
    ("now.getFullYear()", 2026),
    ("now.getMonth()", 4),
    ("now.getDate()", 4),
    ("now.getDayOfMonth()", 3),
    ("now.getDayOfWeek()", 1),
    ("now.getDayOfYear()", 123),
    ("now.getHours('Asia/Shanghai')", 18),
    ("now.getHours('-02:30') * 100 + now.getMinutes('-02:30')", 800),
    ("timestamp(now) == timestamp(int(now))", True),
]


@pytest.mark.parametrize(("source", "value"), VALUES, ids=[source for source, _ in VALUES])
def test_an_expression_gives_its_value(source: str, value: Any) -> None:
    found = compile_expression(source).evaluate(SCOPE)
    assert found == value
    assert type(found) is type(value)


class Role(StrEnum):
    ADMIN = "admin"


class TestDataThatIsNotQuiteJson:
    def test_the_text_of_an_enum_is_a_text(self) -> None:
        scope = {"role": Role.ADMIN}
        assert compile_expression("role == 'admin' && role in ['admin'] && role.startsWith('ad')").evaluate(scope)

    def test_a_tuple_is_a_list(self) -> None:
        assert compile_expression("size(pair) == 2 && pair.exists(x, x == 2)").evaluate({"pair": (1, 2)}) is True

    @pytest.mark.parametrize(
        "source", ["thing.real", "thing.__class__", "has(thing.real)", "thing['real']", "thing[0]"]
    )
    @pytest.mark.parametrize("thing", [object(), 1, "text", len, Role, Exception("x")], ids=repr)
    def test_no_attribute_of_an_object_can_be_read(self, source: str, thing: object) -> None:
        expression = compile_expression(source)
        if source.startswith("has"):
            assert expression.evaluate({"thing": thing}) is False
        else:
            with pytest.raises(ExpressionError):
                expression.evaluate({"thing": thing})

    def test_values_of_other_types_are_not_compared(self) -> None:
        with pytest.raises(ExpressionError, match="object can't be compared"):
            compile_expression("a == b").evaluate({"a": object(), "b": object()})


class TestReferences:
    @pytest.mark.parametrize(
        ("source", "paths"),
        [
            ("steps.score.output.customers", {("steps", "score", "output", "customers")}),
            ("steps['score'].output", {("steps", "score", "output")}),
            ("customers.filter(c, c.id > input.least)", {("customers",), ("input", "least")}),
            ("has(input.a.b)", {("input", "a", "b")}),
            ("[{'x': 1}].map(input, input.x)", set()),
            ("items[index].name", {("items",), ("index",)}),
            ("1 + 1", set()),
        ],
    )
    def test_an_expression_tells_what_it_reads(self, source: str, paths: set[tuple[str, ...]]) -> None:
        assert compile_expression(source).references == paths
