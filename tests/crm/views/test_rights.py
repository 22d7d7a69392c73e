"""Who may open which page: every page of the CRM, by every role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import Customer
from crm.services.requests import NewRequest, create_request
from crm.services.services import NewService, create_service
from crm.urls import urlpatterns
from tests.crm.conftest import Counts
from tests.crm.people import People
from tests.crm.views.conftest import Browse

OPEN_TO_ALL = (
    "home",
    "customer-list",
    "service-list",
    "request-list",
    "request-board",
    "segment-list",
    "search",
    "styleguide",
)
OF_RECORDS = ("customer-create", "service-create", "request-create")
OF_MANAGERS = ("import-list", "import-create", "audit-list")
WITHOUT_LOGIN = ("login", "logout")


@pytest.mark.parametrize("name", sorted({str(pattern.name) for pattern in urlpatterns} - set(WITHOUT_LOGIN)))
def test_without_a_log_in_every_page_leads_to_it(name: str, db: None) -> None:
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    values = {"pk": 1, "object_type": "customer"}
    url = reverse(name, kwargs={key: values[key] for key in pattern.pattern.converters})
    for answer in (Client().get(url), Client().post(url)):
        assert answer.status_code in (302, 405)
        if answer.status_code == 302:
            assert answer["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("name", OPEN_TO_ALL)
def test_every_role_may_open_what_is_open_to_all(name: str, people: People, browse: Browse) -> None:
    assert {browse(actor).get(reverse(name)).status_code for actor in people.all()} == {200}


@pytest.mark.parametrize("name", OF_RECORDS)
def test_only_who_may_create_records_gets_the_form(name: str, people: People, browse: Browse) -> None:
    assert browse(people.owner).get(reverse(name)).status_code == 200
    assert browse(people.manager).get(reverse(name)).status_code == 200
    assert browse(people.viewer).get(reverse(name)).status_code == 403
    assert browse(people.builder).get(reverse(name)).status_code == 403


@pytest.mark.parametrize("name", OF_MANAGERS)
def test_imports_and_audit_are_the_managers(name: str, people: People, browse: Browse) -> None:
    assert browse(people.manager).get(reverse(name)).status_code == 200
    for actor in (people.owner, people.builder, people.viewer):
        assert browse(actor).get(reverse(name)).status_code == 403


def test_a_refused_page_says_why(people: People, browse: Browse) -> None:
    answer = browse(people.viewer).get(reverse("audit-list"))
    assert "Your role (Viewer) may not read this audit." in answer.content.decode()


def test_the_rail_shows_what_the_member_may_open(people: People, browse: Browse) -> None:
    assert 'href="/audit/"' in browse(people.manager).get("/").content.decode()
    assert 'href="/audit/"' not in browse(people.viewer).get("/").content.decode()


@pytest.mark.parametrize(
    "page", ["customer-detail", "customer-edit", "service-detail", "service-edit", "request-detail", "request-edit"]
)
def test_the_records_of_another_team_are_not_there(
    page: str, customer: Customer, people: People, browse: Browse
) -> None:
    service = create_service(actor=people.owner, new=NewService(customer.pk, "Plus"))
    request = create_request(actor=people.owner, new=NewRequest(customer.pk, "Help"))
    pk = {"customer": customer.pk, "service": service.pk, "request": request.pk}[page.split("-")[0]]
    url = reverse(page, args=[pk])
    assert browse(people.colleague).get(url).status_code == 200
    assert browse(people.stranger).get(url).status_code == 404


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("customer-edit", {"name": "Other", "email": "other@example.com"}, "customer"),
        ("customer-delete", {}, "customer"),
        ("customer-note", {"text": "Hello"}, "customer"),
        ("customer-tags", {"tag": "VIP"}, "customer"),
        ("service-edit", {"type": "Other"}, "service"),
        ("service-delete", {}, "service"),
        ("request-edit", {"subject": "Other"}, "request"),
        ("request-move", {"status": "resolved"}, "request"),
        ("request-delete", {}, "request"),
    ],
)
def test_a_refused_write_changes_nothing(
    name: str,
    values: dict[str, str],
    kind: str,
    customer: Customer,
    people: People,
    browse: Browse,
    counts: Callable[[], Counts],
) -> None:
    service = create_service(actor=people.owner, new=NewService(customer.pk, "Plus"))
    request = create_request(actor=people.owner, new=NewRequest(customer.pk, "Help"))
    before = counts()
    url = reverse(name, args=[{"customer": customer.pk, "service": service.pk, "request": request.pk}[kind]])
    assert browse(people.viewer).post(url, values).status_code == 403
    assert browse(people.stranger).post(url, values).status_code in (403, 404)
    assert counts() == before
