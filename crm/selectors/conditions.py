"""Checks conditions and turns them into queries: {"match": "all"|"any", "rules": [{"field", "op", "value"}]}."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from crm.models import Customer, CustomField, Service
from crm.models.fields import FieldType
from crm.models.services import ServiceStatus
from crm.selectors.rule_fields import EMPTY, Kind, RuleField, rule_fields
from crm.validation import Problems, clean_custom_value

MOST_RULES = 50
_MANY = ("in", "not_in")
_COMPARED = {"gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte"}
_SAID = {"contains": "icontains", "starts_with": "istartswith"}


def check_condition(condition: Any, problems: Problems) -> dict[str, Any]:
    """The condition in its stored form; what is wrong with it becomes problems that name the rule."""
    if not isinstance(condition, Mapping) or condition.keys() - {"match", "rules"}:
        problems.add("condition", 'Give {"match": "all" or "any", "rules": [{"field", "op", "value"}]}.')
        return {}
    match, rules = condition.get("match", "all"), condition.get("rules", [])
    if match not in ("all", "any"):
        problems.add("condition.match", "Choose all or any.")
    if not isinstance(rules, list) or len(rules) > MOST_RULES:
        problems.add("condition.rules", f"Give a list of at most {MOST_RULES} rules.")
        return {}
    fields = rule_fields()
    checked = [_check_rule(rule, fields, problems, f"condition.rules.{index}") for index, rule in enumerate(rules)]
    return {"match": match, "rules": checked}


def _check_rule(rule: Any, fields: Mapping[str, RuleField], problems: Problems, where: str) -> dict[str, Any]:
    if not isinstance(rule, Mapping) or rule.keys() - {"field", "op", "value"}:
        problems.add(where, 'Give {"field", "op", "value"}.')
        return {}
    name, op = rule.get("field"), rule.get("op", "is")
    rule_field = fields.get(name) if isinstance(name, str) else None
    if rule_field is None:
        problems.add(f"{where}.field", f"There is no field {name!r}; choose one of: {', '.join(fields)}.", "unknown")
        return {}
    if op not in rule_field.operators:
        choices = ", ".join(rule_field.operators)
        problems.add(f"{where}.op", f"{rule_field.label} can't be asked {op!r}; choose one of: {choices}.", "unknown")
        return {}
    if op in EMPTY:
        return {"field": name, "op": op}
    try:
        return {"field": name, "op": op, "value": _check_operand(rule_field, op, rule.get("value"))}
    except ValueError as error:
        problems.add(f"{where}.value", f"{rule_field.label}: {error}")
        return {}


def _check_operand(rule_field: RuleField, op: str, value: Any) -> Any:
    if op in _MANY:
        if not isinstance(value, list) or not 1 <= len(value) <= 200:
            raise ValueError("Give a list of 1 to 200 values.")
        return [_check_value(rule_field, item) for item in value]
    if op == "between":
        if not isinstance(value, list) or len(value) != 2:
            raise ValueError("Give a list of two values, the lower and the upper.")
        return [_check_value(rule_field, item) for item in value]
    if op == "in_last_days":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 36_500:
            raise ValueError("Give a number of days.")
        return value
    return _check_value(rule_field, value)


def _check_value(rule_field: RuleField, value: Any) -> Any:
    if rule_field.choices and value not in dict(rule_field.choices):
        raise ValueError(f"Choose one of: {', '.join(dict(rule_field.choices))}.")
    checked = clean_custom_value(CustomField(type=_TYPE_OF[rule_field.kind]), value)
    if checked is None:
        raise ValueError("Give a value.")
    return checked


_TYPE_OF = {
    Kind.TEXT: FieldType.TEXT,
    Kind.CHOICE: FieldType.TEXT,
    Kind.LINK: FieldType.TEXT,
    Kind.NUMBER: FieldType.NUMBER,
    Kind.BOOLEAN: FieldType.BOOLEAN,
    Kind.DATE: FieldType.DATE,
    Kind.MOMENT: FieldType.DATE,
}


def condition_query(condition: Mapping[str, Any]) -> Q:
    """The customers that a condition is true of. A condition without rules is true of all."""
    problems = Problems()
    checked = check_condition(condition, problems)
    problems.raise_if_any()
    fields, query = rule_fields(), Q()
    for rule in checked["rules"]:
        part = _rule_query(fields[rule["field"]], rule["op"], rule.get("value"))
        query = query | part if checked["match"] == "any" else query & part
    return query


def _rule_query(rule_field: RuleField, op: str, value: Any) -> Q:
    if op in ("is_not", "not_in", "not_contains", "is_not_empty"):
        positive = {"is_not": "is", "not_in": "in", "not_contains": "contains", "is_not_empty": "is_empty"}[op]
        return ~_true_query(rule_field, positive, value)
    return _true_query(rule_field, op, value)


def _true_query(rule_field: RuleField, op: str, value: Any) -> Q:
    """Never null, also where the field is: its negation has to mean "all others"."""
    if rule_field.kind is Kind.LINK:
        return _link_query(rule_field, op, value)
    if rule_field.custom is not None:
        return _custom_query(rule_field, op, value)
    path = rule_field.path
    if op == "is_empty":
        return Q(**{path: ""}) if rule_field.kind is Kind.TEXT else Q(**{f"{path}__isnull": True})
    comparison = Q(**_comparison(rule_field, op, value))
    nullable = rule_field.kind in (Kind.NUMBER, Kind.MOMENT)
    return comparison & Q(**{f"{path}__isnull": False}) if nullable else comparison


def _comparison(rule_field: RuleField, op: str, value: Any) -> dict[str, Any]:
    path, bound = rule_field.path, _moment if rule_field.kind is Kind.MOMENT else _same
    if op == "between":
        return {f"{path}__gte": bound(value[0]), f"{path}__lte": bound(value[1], upper=True)}
    if op == "in_last_days":
        since = timezone.now() - timedelta(days=value)
        return {f"{path}__gte": since if rule_field.kind is Kind.MOMENT else since.date().isoformat()}
    if op in _COMPARED:
        return {f"{path}__{_COMPARED[op]}": bound(value, upper=op in ("gt", "lte"))}
    if op in _SAID:
        return {f"{path}__{_SAID[op]}": value}
    if op == "in":
        return {f"{path}__in": value}
    return {f"{path}__iexact" if rule_field.kind is Kind.TEXT else path: value}


def _same(value: Any, *, upper: bool = False) -> Any:
    return value


def _moment(value: str, *, upper: bool = False) -> datetime:
    """The start of the day, or its end."""
    return timezone.make_aware(datetime.combine(date.fromisoformat(value), time.max if upper else time.min))


def _custom_query(rule_field: RuleField, op: str, value: Any) -> Q:
    key = rule_field.path.removeprefix("custom__")
    if op == "is_empty":
        return ~Q(custom__has_key=key)
    exact = rule_field.kind is not Kind.TEXT
    if op == "is" and exact:
        return Q(custom__contains={key: value})  # by the GIN index
    if op == "in" and exact:
        options = Q(pk__in=[])
        for item in value:
            options |= Q(custom__contains={key: item})
        return options
    return Q(**_comparison(rule_field, op, value)) & Q(custom__has_key=key)


def _link_query(rule_field: RuleField, op: str, value: Any) -> Q:
    inner = _links(rule_field.name)
    if op != "is_empty":
        inner = inner.filter(**{f"{rule_field.path}__in": value if op == "in" else [value]})
        return Q(Exists(inner))
    return ~Q(Exists(inner))


def _links(name: str) -> QuerySet[Any]:
    """The rows that link a customer of the outer query to owners, teams, tags or services."""
    customer = OuterRef("pk")
    if name == "team":
        return Customer.teams.through.objects.filter(customer=customer)
    if name == "tag":
        return Customer.tags.through.objects.filter(customer=customer)
    if name == "service":
        return Service.objects.filter(customer=customer, status=ServiceStatus.ACTIVE)
    return Customer.objects.filter(pk=customer, owner__isnull=False)
