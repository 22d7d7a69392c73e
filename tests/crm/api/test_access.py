"""Every route, for every role and for nobody. A route that is not in the table fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient
from rest_framework.views import APIView

from crm.actors import Actor
from crm.api.access import CanByRole
from crm.api.urls import urlpatterns
from crm.models import Customer, Member, Segment, Tag
from crm.services.requests import NewRequest, create_request
from crm.services.services import NewService, create_service
from tests.crm.api.conftest import Api
from tests.crm.conftest import Counts
from tests.crm.people import People

EVERYBODY = {"admin", "manager", "builder", "operator", "viewer"}
WRITERS = {"admin", "manager", "operator"}
HEADS = {"admin", "manager"}
SHAPERS = {"admin", "manager", "builder"}
OPEN = {"anonymous", *EVERYBODY}

TABLE: dict[str, dict[str, set[str]]] = {
    "auth/token": {"POST": OPEN},
    "auth/refresh": {"POST": OPEN},
    "auth/revoke": {"POST": OPEN},
    "auth/me": {"GET": EVERYBODY},
    "customers": {"GET": EVERYBODY, "POST": WRITERS},
    "customers/<int:customer_id>": {"GET": EVERYBODY, "PATCH": WRITERS, "DELETE": HEADS},
    "customers/<int:customer_id>/owner": {"PUT": WRITERS},
    "customers/<int:customer_id>/tags": {"POST": WRITERS},
    "customers/<int:customer_id>/tags/<str:tag>": {"DELETE": WRITERS},
    "customers/<int:customer_id>/timeline": {"GET": EVERYBODY, "POST": WRITERS},
    "customers/<int:customer_id>/history": {"GET": EVERYBODY},
    "services": {"GET": EVERYBODY, "POST": WRITERS},
    "services/<int:service_id>": {"GET": EVERYBODY, "PATCH": WRITERS, "DELETE": HEADS},
    "requests": {"GET": EVERYBODY, "POST": WRITERS},
    "requests/<int:request_id>": {"GET": EVERYBODY, "PATCH": WRITERS, "DELETE": HEADS},
    "segments": {"GET": EVERYBODY, "POST": SHAPERS},
    "segments/<int:segment_id>": {"GET": EVERYBODY, "PATCH": SHAPERS, "DELETE": HEADS},
    "segments/<int:segment_id>/customers": {"GET": EVERYBODY},
    "tags": {"GET": EVERYBODY, "POST": HEADS},
    "tags/<int:tag_id>": {"PATCH": HEADS, "DELETE": HEADS},
    "fields": {"GET": EVERYBODY, "POST": HEADS},
    "members": {"GET": EVERYBODY},
    "teams": {"GET": EVERYBODY},
    "imports": {"GET": HEADS, "POST": HEADS},
    "imports/<int:import_id>": {"GET": HEADS},
    "imports/<int:import_id>/check": {"POST": HEADS},
    "imports/<int:import_id>/start": {"POST": HEADS},
    "imports/<int:import_id>/undo": {"POST": HEADS},
    "audit": {"GET": HEADS},
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CELLS = [(route, method) for route in TABLE for method in METHODS]
# Routes about one customer's records, which a stranger must not find.
OF_THE_CUSTOMER = [
    (route, method)
    for route, methods in TABLE.items()
    for method in methods
    if route.startswith(("customers/", "services/", "requests/")) and "operator" in methods[method]
]


@pytest.fixture
def ids(people: People, customer: Customer) -> dict[str, Any]:
    service = create_service(actor=people.owner, new=NewService(customer.pk, "Phone"))
    request = create_request(actor=people.owner, new=NewRequest(customer.pk, "Help"))
    return {
        "customer_id": customer.pk,
        "service_id": service.pk,
        "request_id": request.pk,
        "segment_id": Segment.objects.create(name="All", condition={"match": "all", "rules": []}).pk,
        "tag_id": Tag.objects.create(name="vip").pk,
        "import_id": 1,
        "tag": "vip",
    }


def address(route: str, ids: dict[str, Any]) -> str:
    for name, value in ids.items():
        route = route.replace(f"<int:{name}>", str(value)).replace(f"<str:{name}>", str(value))
    return f"/api/v1/{route}"


def call(client: APIClient, method: str, path: str) -> int:
    return int(client.generic(method, path, "{}", content_type="application/json").status_code)


def test_every_route_is_in_the_table() -> None:
    assert {str(pattern.pattern) for pattern in urlpatterns} == set(TABLE)


@pytest.mark.parametrize(("route", "method"), CELLS)
def test_a_route_is_open_to_whom_the_table_says_and_closed_to_all_others(
    people: People, api: Api, ids: dict[str, Any], counts: Callable[[], Counts], route: str, method: str
) -> None:
    allowed, path = TABLE[route].get(method), address(route, ids)
    callers: dict[str, Actor | None] = {
        "anonymous": None,
        "viewer": people.viewer,
        "builder": people.builder,
        "operator": people.owner,
        "manager": people.manager,
        "admin": people.admin,
    }
    for name, actor in callers.items():
        client = api(actor) if actor else APIClient()
        before = counts()
        status = call(client, method, path)
        if allowed is None:
            assert status in (401, 403, 405), name
        elif name in allowed:
            # 401 of the open routes is about the missing password, not about the role.
            assert status not in (403, 405, 500) and (status != 401 or allowed is OPEN), name
        else:
            assert status == (401 if actor is None else 403), name
        if allowed is None or name not in allowed:
            assert counts() == before, name


@pytest.mark.parametrize(("route", "method"), OF_THE_CUSTOMER)
def test_a_stranger_does_not_find_the_records_of_another_team(
    people: People, api: Api, ids: dict[str, Any], counts: Callable[[], Counts], route: str, method: str
) -> None:
    body = {
        "customers/<int:customer_id>/owner": '{"member": null}',
        "customers/<int:customer_id>/tags": '{"tag": "x"}',
        "customers/<int:customer_id>/timeline": '{"text": "x"}',
    }.get(route, "{}")
    client, before = api(people.stranger), counts()
    before["AuditEntry"] += 0
    answer = client.generic(method, address(route, ids), body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert counts() == before


def test_a_view_that_says_nothing_is_closed_to_the_admin_too(people: People, api: Api) -> None:
    class Silent(APIView):
        def get(self, request: object) -> None: ...

    class Asking:
        method = "GET"
        user: Any = None

    asking = Asking()
    asking.user = Member.objects.get(pk=people.admin.member_id or 0)
    assert not CanByRole().has_permission(asking, Silent())  # type: ignore[arg-type]
