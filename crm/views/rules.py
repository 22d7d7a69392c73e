"""The lines of the rule builder: from a condition to inputs, from the inputs back, and into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from crm.selectors.rule_fields import EMPTY, Kind, RuleField, rule_fields

_WORDS: Mapping[str, Any] = {
    "is": _("is"),
    "is_not": _("is not"),
    "contains": _("contains"),
    "not_contains": _("does not contain"),
    "starts_with": _("starts with"),
    "in": _("is one of"),
    "not_in": _("is none of"),
    "gt": _("is more than"),
    "gte": _("is at least"),
    "lt": _("is less than"),
    "lte": _("is at most"),
    "between": _("is between"),
    "in_last_days": _("is within the last days"),
    "is_empty": _("is empty"),
    "is_not_empty": _("is not empty"),
}
_LISTS = ("in", "not_in", "between")
_YES_NO = (("yes", _("Yes")), ("no", _("No")))


@dataclass(frozen=True)
class Rule:
    """A line of the builder."""

    field: RuleField
    op: str
    operators: Sequence[tuple[str, Any]]
    value: str
    kind: str  # of the input: text, number, date, select, or none where nothing is asked
    choices: Sequence[tuple[str, Any]] = ()
    problem: str = ""


def lines_of(condition: Mapping[str, Any], problems: Mapping[str, str] | None = None) -> list[Rule]:
    fields = rule_fields()
    return [
        line_of(rule, fields, _problem(problems or {}, index)) for index, rule in enumerate(condition.get("rules", []))
    ]


def _problem(problems: Mapping[str, str], index: int) -> str:
    prefix = f"condition.rules.{index}"
    return next((text for key, text in problems.items() if key == prefix or key.startswith(f"{prefix}.")), "")


def line_of(rule: Mapping[str, Any], fields: Mapping[str, RuleField], problem: str = "") -> Rule:
    field = fields.get(str(rule.get("field"))) or fields["lifecycle"]
    op = rule.get("op") if rule.get("op") in field.operators else field.operators[0]
    kind, choices = _input_of(field, str(op))
    operators = [(name, _WORDS[name]) for name in field.operators]
    return Rule(field, str(op), operators, _text(rule.get("value")), kind, choices, problem)


def _input_of(field: RuleField, op: str) -> tuple[str, Sequence[tuple[str, Any]]]:
    if op in EMPTY:
        return "none", ()
    if op in _LISTS:
        return "text", ()
    if op == "in_last_days" or field.kind is Kind.NUMBER:
        return "number", ()
    if field.kind is Kind.BOOLEAN:
        return "select", _YES_NO
    if field.choices:
        return "select", field.choices
    return ("date" if field.kind in (Kind.DATE, Kind.MOMENT) else "text"), ()


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def read_condition(post: QueryDict, fields: Mapping[str, RuleField]) -> dict[str, Any]:
    """Each line sends its field, operator and value, in their order."""
    given = zip(post.getlist("field"), post.getlist("op"), post.getlist("value"), strict=False)
    rules = [_read_rule(name, op, value.strip(), fields) for name, op, value in given]
    return {"match": post.get("match", "all"), "rules": rules}


def _read_rule(name: str, op: str, text: str, fields: Mapping[str, RuleField]) -> dict[str, Any]:
    if op in EMPTY:
        return {"field": name, "op": op}
    value: Any = text
    if op in _LISTS:
        value = [_number(one.strip(), name, fields) for one in text.replace("，", ",").split(",") if one.strip()]
    elif op == "in_last_days":
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else text
    return {"field": name, "op": op, "value": value}


def _number(text: str, name: str, fields: Mapping[str, RuleField]) -> Any:
    """The label of a choice stands for the choice."""
    field = fields.get(name)
    choices = {str(label).lower(): value for value, label in field.choices} if field else {}
    return choices.get(text.lower(), text)


def in_words(condition: Mapping[str, Any], fields: Mapping[str, RuleField]) -> list[tuple[str, Any, str]]:
    """Field, operator and value of each rule, as people say them."""
    return [_said(rule, fields.get(rule["field"])) for rule in condition.get("rules", [])]


def _said(rule: Mapping[str, Any], field: RuleField | None) -> tuple[str, Any, str]:
    choices = dict(field.choices) if field else {}
    value = rule.get("value")
    values = value if isinstance(value, list) else [] if value is None else [value]
    shown = ", ".join(str(choices.get(one, _text(one))) for one in values)
    return (field.label if field else rule["field"], _WORDS.get(rule["op"], rule["op"]), shown)
