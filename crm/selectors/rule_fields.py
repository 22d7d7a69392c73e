"""The fields of customers that rules and filters may ask about, and the operators of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from crm.models import CustomField, Lifecycle
from crm.models.customers import CustomerKind
from crm.models.fields import FieldType
from crm.selectors.fields import custom_fields


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"
    CHOICE = "choice"
    LINK = "link"  # tag, team, owner, service: has it or has it not


EMPTY = ("is_empty", "is_not_empty")
_ORDER = ("gt", "gte", "lt", "lte", "between")
OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("is", "is_not", "contains", "not_contains", "starts_with", "in", "not_in", *EMPTY),
    Kind.NUMBER: ("is", "is_not", *_ORDER, *EMPTY),
    Kind.BOOLEAN: ("is", *EMPTY),
    Kind.DATE: ("is", *_ORDER, "in_last_days", *EMPTY),
    Kind.MOMENT: (*_ORDER, "in_last_days", *EMPTY),
    Kind.CHOICE: ("is", "is_not", "in", "not_in", *EMPTY),
    Kind.LINK: ("is", "is_not", "in", "not_in", *EMPTY),
}


@dataclass(frozen=True)
class RuleField:
    """A field that rules may ask about."""

    name: str
    label: str
    kind: Kind
    path: str
    choices: tuple[tuple[str, str], ...] = ()
    custom: CustomField | None = field(default=None, compare=False)

    @property
    def operators(self) -> tuple[str, ...]:
        return OPERATORS[self.kind]


_OWN = (
    RuleField("name", "Name", Kind.TEXT, "name"),
    RuleField("email", "Email", Kind.TEXT, "email"),
    RuleField("phone_number", "Phone", Kind.TEXT, "phone_number"),
    RuleField("kind", "Kind", Kind.CHOICE, "kind", tuple(CustomerKind.choices)),
    RuleField("lifecycle", "Lifecycle", Kind.CHOICE, "lifecycle", tuple(Lifecycle.choices)),
    RuleField("owner", "Owner", Kind.LINK, "owner__username"),
    RuleField("team", "Team", Kind.LINK, "team__name"),
    RuleField("tag", "Tag", Kind.LINK, "tag__name"),
    RuleField("service", "Active service", Kind.LINK, "type"),
    RuleField("churn_risk", "Churn risk", Kind.NUMBER, "churn_risk"),
    RuleField("churn_scored_at", "Scored", Kind.MOMENT, "churn_scored_at"),
    RuleField("created_at", "Added", Kind.MOMENT, "created_at"),
    RuleField("updated_at", "Changed", Kind.MOMENT, "updated_at"),
)
_KIND_OF = {
    FieldType.TEXT: Kind.TEXT,
    FieldType.NUMBER: Kind.NUMBER,
    FieldType.BOOLEAN: Kind.BOOLEAN,
    FieldType.DATE: Kind.DATE,
    FieldType.CHOICE: Kind.CHOICE,
}


def rule_fields() -> dict[str, RuleField]:
    """All fields that rules may ask about: the allow-list."""
    fields = {rule_field.name: rule_field for rule_field in _OWN}
    for key, definition in custom_fields().items():
        choices = tuple((str(choice), str(choice)) for choice in definition.choices)
        kind = _KIND_OF[FieldType(definition.type)]
        name = f"custom.{key}"
        fields[name] = RuleField(name, definition.label, kind, f"custom__{key}", choices, definition)
    return fields
