"""Records as runs are given them: what events say of them, with the customer they belong to."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from django.db.models import Model

from crm import bulk
from crm.models import Customer, Service, ServiceRequest
from crm.services.customers import snapshot as customer_snapshot
from crm.services.requests import snapshot as request_snapshot
from crm.services.services import snapshot as service_snapshot

JSON = Any
_MODELS: dict[str, tuple[type[Model], Any]] = {
    "customer": (Customer, customer_snapshot),
    "service": (Service, service_snapshot),
    "request": (ServiceRequest, request_snapshot),
}


def facts_of(record: str, ids: Collection[int]) -> dict[int, dict[str, JSON]]:
    """By id; a record that is gone is left out."""
    model, snapshot = _MODELS[record]
    rows = model._default_manager.filter(pk__in=ids)
    if model is not Customer:
        rows = rows.select_related("customer")
    return {row.pk: _facts(record, row, snapshot) for row in rows}


def _facts(record: str, row: Any, snapshot: Any) -> dict[str, JSON]:
    customer = row if record == "customer" else row.customer
    of = {"id": customer.pk, "name": customer.name, "email": customer.email}
    after = json.loads(json.dumps(snapshot(row), default=bulk.plain))
    return {"record": record, "id": row.pk, "after": after, "customer": of}
