"""The audit trail is append-only, and says for which request or run."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from crm import context
from crm.models import AuditEntry, Customer
from crm.services.activities import add_note
from tests.crm.people import People


@pytest.mark.parametrize(
    "statement",
    ["UPDATE crm_auditentry SET actor_name = 'nobody'", "DELETE FROM crm_auditentry", "TRUNCATE crm_auditentry"],
)
def test_the_database_refuses_to_change_it(customer: Customer, statement: str) -> None:
    before = list(AuditEntry.objects.values_list("pk", "actor_name"))
    refused = pytest.raises((InternalError, IntegrityError), match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(AuditEntry.objects.values_list("pk", "actor_name")) == before


def test_an_entry_names_the_request_and_the_run(people: People, customer: Customer) -> None:
    run = uuid.uuid4()
    tokens = context.request_id.set("request-1"), context.run_id.set(run)
    try:
        add_note(actor=people.owner, customer_id=customer.pk, text="Hello")
    finally:
        context.request_id.reset(tokens[0])
        context.run_id.reset(tokens[1])
    entry = AuditEntry.objects.latest("pk")
    assert (entry.request_id, entry.run_id) == ("request-1", run)
