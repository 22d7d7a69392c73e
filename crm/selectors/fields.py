"""Reads the definitions of custom fields."""

from __future__ import annotations

from crm.models import CustomField
from crm.models.fields import RecordKind


def custom_fields(record: RecordKind = RecordKind.CUSTOMER) -> dict[str, CustomField]:
    """The custom fields of a kind of record by key, in their order on the screen."""
    return {field.key: field for field in CustomField.objects.filter(record=record)}
