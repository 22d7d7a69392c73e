"""Bodies that are JSON, but nothing to work with."""

from __future__ import annotations

import pytest

from crm.models import Customer
from tests.crm.api.conftest import Api
from tests.crm.people import People

BODIES = {
    "never ends": "[" * 20_000,
    "too deep": '{"name": ' * 101 + "1" + "}" * 101,
    "infinity": '{"name": "Ann", "email": 1e999}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_cannot_be_worked_with_is_malformed(api: Api, people: People, body: str) -> None:
    before = Customer.objects.count()
    answer = api(people.manager).post("/api/v1/customers", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert Customer.objects.count() == before


def test_values_a_hundred_levels_deep_are_read(api: Api, people: People) -> None:
    body = '{"name": ' * 98 + "1" + "}" * 98
    assert api(people.manager).post("/api/v1/customers", body, content_type="application/json").status_code == 422
