"""What a churn model sees of a customer: the installation's own fields, none named here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crm.models import Customer

Row = dict[str, object]
CUSTOM = "custom."


def rows_of(customers: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Rows of `values("id", "kind", "custom")` as the model reads them."""
    for customer in customers:
        yield {"kind": customer["kind"], **customer["custom"]}


def row_of(customer: Customer) -> Row:
    return {"kind": customer.kind, **customer.custom}


def fingerprint(row: Row) -> str:
    text = json.dumps(row, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
