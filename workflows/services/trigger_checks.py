"""Checks of triggers that only the installation can answer: whether the segment, field or workflow is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crm.errors import RapportError
from crm.models.fields import FieldType, RecordKind
from crm.selectors.conditions import condition_query
from crm.selectors.fields import custom_fields
from crm.services.customers import FIELDS as OF_CUSTOMERS
from crm.services.requests import FIELDS as OF_REQUESTS
from crm.services.services import FIELDS as OF_SERVICES
from workflows.engine.moments import DATES
from workflows.engine.segments import find_segment
from workflows.graph.config import find_expressions
from workflows.graph.document import Document, Node, Problem, problem
from workflows.models import Workflow

Config = Mapping[str, Any]
_CUSTOM = "custom."
FIELDS: Mapping[str, tuple[str, ...]] = {
    "customer": (*OF_CUSTOMERS, "owner_id", "tag"),
    "service": OF_SERVICES,
    "request": (*OF_REQUESTS, "service_id", "assignee_id"),
}


def check_trigger(document: Document, node: Node) -> Iterator[Problem]:
    """A trigger is read when there is no run yet, so nothing in it can be an expression but a record's condition."""
    if not node.type.startswith("trigger_"):
        return
    for path, _ in find_expressions(node.config):
        if path[0] != "condition":
            message = "A trigger takes fixed values: there is no run yet that an expression could read."
            yield problem("bad_config", message, node=node.id, field=".".join(map(str, path)))
            return
    check = _CHECKS.get(node.type)
    if check is not None:
        for field, message in check(document, node.config):
            yield problem("bad_config", message, node=node.id, field=field)


def _segment(document: Document, config: Config) -> Iterator[tuple[str, str]]:
    named = config.get("segment")
    if not isinstance(named, (int, str)) or not named:
        return  # its schema says so already
    segment = find_segment(named)
    if segment is None:
        yield "segment", f"There is no segment {named!r}; it may have been deleted. Choose another."
        return
    try:
        condition_query(segment.condition)
    except RapportError as error:
        yield "segment", f"The condition of “{segment.name}” can't be asked: {error.detail}"


def _field(document: Document, config: Config) -> Iterator[tuple[str, str]]:
    record, name = config.get("record", "customer"), config.get("field", "lifecycle")
    known = [*FIELDS.get(record, ()), *(f"{_CUSTOM}{key}" for key in _custom(record))]
    if record in FIELDS and isinstance(name, str) and name not in known:
        yield "field", f"A {record} has no field {name!r}. It has: {', '.join(known)}."


def _date(document: Document, config: Config) -> Iterator[tuple[str, str]]:
    record, name = config.get("record", "service"), config.get("field", "end_time")
    dates = [key for key, kind in _custom(record).items() if kind == FieldType.DATE]
    known = [*DATES.get(record, ()), *(f"{_CUSTOM}{key}" for key in dates)]
    if record in DATES and isinstance(name, str) and name not in known:
        yield "field", f"A {record} has no date {name!r}. It has: {', '.join(known)}."


def _custom(record: Any) -> dict[str, str]:
    if record not in RecordKind.values:
        return {}
    return {key: found.type for key, found in custom_fields(RecordKind(record)).items()}


def _workflow(document: Document, config: Config) -> Iterator[tuple[str, str]]:
    key = config.get("workflow")
    if isinstance(key, str) and key and not Workflow.objects.filter(key=key).exists():
        yield "workflow", f"There is no workflow {key!r}. Write its key, as in its address."


_CHECKS: Mapping[str, Callable[[Document, Config], Iterator[tuple[str, str]]]] = {
    "trigger_segment": _segment,
    "trigger_field_became": _field,
    "trigger_relative_date": _date,
    "trigger_workflow": _workflow,
}
