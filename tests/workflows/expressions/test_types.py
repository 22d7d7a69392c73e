"""What is found wrong at save when the types of the names are known."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from workflows.expressions import ExpressionError, Schema, compile_expression, dyn

CUSTOMERS = {
    "type": "object",
    "properties": {
        "count": {"type": "integer"},
        "customers": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "name": {"type": "string"},
                    "probability": {"type": "number"},
                    "phone": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "status": {"enum": ["open", "closed"]},
                    "custom": {"type": "object"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
KNOWN = {
    "input": dyn,
    "steps": Schema(fields={"find": Schema(fields={"output": Schema.from_json_schema(CUSTOMERS)})}, closed=True),
    "now": Schema("timestamp"),
}
EACH = "steps.find.output.customers.filter(c, {})"


def fault(source: str, known: Any = KNOWN) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, known=known)
    return caught.value


@pytest.mark.parametrize(
    "source",
    [
        EACH.format("c.probability >= 0.7 && c.status == 'open'"),
        EACH.format("c.status in ['open', input.status]"),
        EACH.format("c.phone != null && c.phone.startsWith('+31')"),
        EACH.format("c.custom.anything.goes > 1"),
        EACH.format("has(c.phone)") + "[0].name",
        EACH.format("true") + ".map(c, c.name).join(', ')",
        "input.whatever.there['is'] + 1",
        "now - duration('1d') < timestamp(input.day)",
        "steps.find.output.count / 2 + 1.5",
        "[1, 'a', null].map(x, x == 1)",
        "{'a': {'b': 1}}.a.b + 1",
        "sum(steps.find.output.customers.map(c, c.probability)) > 3",
    ],
)
def test_what_fits_is_accepted(source: str) -> None:
    compile_expression(source, known=KNOWN)


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("inptu.amount", "no_such_name", "Did you mean 'input'?"),
        ("item.name", "no_such_name", "no 'item' here"),
        ("steps.fidn.output", "no_such_field", "Did you mean 'find'?"),
        ("steps.find.output.custmers", "no_such_field", "Did you mean 'customers'?"),
        ("has(steps.find.output.custmers)", "no_such_field", "Did you mean 'customers'?"),
        ("steps.find.output.customers.name", "no_such_field", "list.map(x, x.name)"),
        (EACH.format("c.probabilty > 0.7"), "no_such_field", "Did you mean 'probability'?"),
        (EACH.format("c.probability > '0.7'"), "wrong_type", "double(text)"),
        (EACH.format("c.probability == '0.7'"), "wrong_type", "never equals"),
        (EACH.format("c.probability"), "wrong_type", "must be yes or no"),
        (EACH.format("c.status == 'opne'"), "no_such_value", "Did you mean 'open'?"),
        (EACH.format("c.status in ['opne']"), "no_such_value", "Did you mean 'open'?"),
        (EACH.format("c.name + 1 == ''"), "wrong_type", "string(number)"),
        (EACH.format("c.name in c.name"), "wrong_type", "text.contains(part)"),
        (EACH.format("true") + ".map(c, c.nmae)", "no_such_field", "Did you mean 'name'?"),
        ("steps.find.output.count.contains('1')", "wrong_type", "takes two texts"),
        ("now > '2026-01-01'", "wrong_type", "timestamp(text)"),
        ("now + '36h'", "wrong_type", "duration(text)"),
        ("steps.find.output.count.map(x, x)", "wrong_type", "goes through a list"),
        ("min(steps.find.output.customers).nmae", "no_such_field", "Did you mean 'name'?"),
    ],
)
def test_what_can_not_work_is_found(source: str, code: str, words: str) -> None:
    error = fault(source)
    assert error.code == code
    assert words in error.message


def test_a_fault_points_at_its_place() -> None:
    assert fault("1 + steps.find.output.custmers").position == len("1 + steps.find.output.")


def test_the_type_of_the_result_is_told() -> None:
    assert compile_expression(EACH.format("true"), known=KNOWN).result.kind == "list"
    assert compile_expression("steps.find.output.count > 1", known=KNOWN).result.kind == "yes or no"
    assert compile_expression("input.x", known=KNOWN).result == dyn


def test_an_object_serves_as_the_names() -> None:
    names = Schema(fields=KNOWN)
    compile_expression("input.x", known=names)
    assert fault("inptu.x", names).code == "no_such_name"
    compile_expression("anything.goes", known=dyn)


class TestJsonSchema:
    def test_an_object_may_have_other_fields_unless_its_schema_says_not(self) -> None:
        raw = {"type": "object", "properties": {"a": {"type": "string"}}}
        compile_expression("x.b", known={"x": Schema.from_json_schema(raw)})
        fault("x.b", {"x": Schema.from_json_schema(raw, closed=True)})
        fault("x.b", {"x": Schema.from_json_schema({**raw, "additionalProperties": False})})

    def test_other_fields_have_their_type(self) -> None:
        raw = {"type": "object", "additionalProperties": {"type": "string"}}
        fault("x.any + 1", {"x": Schema.from_json_schema(raw)})

    def test_a_model_with_parts_of_its_own_is_read(self) -> None:
        class Line(BaseModel):
            model_config = ConfigDict(extra="forbid")
            price: float | None = None

        class Order(BaseModel):
            lines: list[Line]

        known = {"order": Schema.from_json_schema(Order.model_json_schema())}
        compile_expression("order.lines[0].price * 2", known=known)
        assert fault("order.lines[0].prize", known).code == "no_such_field"

    def test_a_schema_that_holds_itself_ends(self) -> None:
        raw = {"$ref": "#/$defs/node", "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}}
        compile_expression("x" + ".next" * 20, known={"x": Schema.from_json_schema(raw)})

    @pytest.mark.parametrize(
        "raw",
        [
            {},
            {"type": 7},
            {"$ref": "elsewhere"},
            {"$ref": "#/a/b"},
            {"anyOf": 1},
            {"type": ["string", "number"]},
            {"items": 3},
        ],
        ids=str,
    )
    def test_what_is_not_understood_may_be_anything(self, raw: dict[str, Any]) -> None:
        assert Schema.from_json_schema(raw) == dyn
