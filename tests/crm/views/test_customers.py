"""The pages of customers: list, detail, forms, many at once."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import Activity, AuditEntry, Customer, SavedView
from crm.models.fields import FieldType
from crm.services.customers import update_customer
from crm.services.fields import NewField, create_field
from crm.services.scores import NewScore, record_scores
from tests.crm.people import People
from tests.crm.views.conftest import Browse

PART = {"HX-Request": "true"}


@pytest.fixture
def client(people: People, browse: Browse) -> Client:
    return browse(people.manager)


def text(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_list_answers_the_page_and_its_part(client: Client, customers: list[Customer]) -> None:
    whole, part = text(client, "/customers/"), text(client, "/customers/", **PART)
    assert "<html" in whole
    assert "<html" not in part
    assert all(customer.name in part for customer in customers)


def test_a_page_that_the_browser_restores_is_whole(client: Client, db: None) -> None:
    assert "<html" in text(client, "/customers/", **PART, **{"HX-History-Restore-Request": "true"})


def test_the_answer_depends_on_who_asks_for_a_part(client: Client, db: None) -> None:
    assert "HX-Request" in client.get("/customers/")["Vary"]


def test_the_search_narrows_the_list(client: Client, customers: list[Customer]) -> None:
    part = text(client, "/customers/?search=c3%40example", **PART)
    assert "Customer 03" in part
    assert "Customer 04" not in part


def test_a_filter_by_risk_shows_those_at_risk(client: Client, customers: list[Customer], people: People) -> None:
    record_scores(actor=people.manager, scores=[NewScore(customers[0].pk, 0.9, -1, [], "m")])
    part = text(client, "/customers/?min_risk=0.7", **PART)
    assert "Customer 00" in part
    assert "Customer 01" not in part


def test_a_filter_that_makes_no_sense_is_refused_in_words(client: Client, db: None) -> None:
    answer = client.get("/customers/?min_risk=much")
    assert answer.status_code == 422
    assert "Give a number from 0 to 1." in answer.content.decode()


def test_the_next_page_is_rows_alone(client: Client, people: People) -> None:
    Customer.objects.bulk_create(
        Customer(name=f"Person {index:03}", email=f"p{index}@example.com") for index in range(60)
    )
    answer = client.get("/customers/", headers=PART)
    cursor = answer.context["page"].next
    rest = text(client, f"/customers/?cursor={cursor}", **PART)
    assert "Person 050" in rest
    assert "Person 049" not in rest
    assert "<table" not in rest


def test_a_view_is_kept_under_its_name(client: Client, people: People) -> None:
    client.post(reverse("view-save"), {"page": "customers", "name": "Hot", "query": "min_risk=0.9&cursor=x"})
    assert SavedView.objects.get().query == "min_risk=0.9"
    assert '<a href="/customers/?min_risk=0.9" aria-current="page">Hot' in text(client, "/customers/?min_risk=0.9")


def test_a_customer_is_added_by_the_form(client: Client, db: None) -> None:
    given = {"name": "Dana", "email": "dana@example.com", "kind": "person", "lifecycle": "lead"}
    answer = client.post("/customers/new/", given)
    customer = Customer.objects.get()
    assert answer["Location"] == f"/customers/{customer.pk}/"
    assert customer.lifecycle == "lead"


def test_a_refused_form_keeps_what_was_given(client: Client, customer: Customer) -> None:
    given = {"name": "Dana", "email": customer.email, "kind": "person", "lifecycle": "lead", "notes": "keep me"}
    answer = client.post("/customers/new/", given)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert Customer.objects.count() == 1
    assert 'aria-describedby=" field-email-error"' in shown
    assert "Another customer has this address." in shown
    assert "keep me" in shown


def test_custom_fields_are_asked_and_stored_in_their_types(client: Client, customer: Customer, people: People) -> None:
    create_field(actor=people.admin, new=NewField("seats", "Seats", FieldType.NUMBER))
    create_field(actor=people.admin, new=NewField("paper", "Paper bills", FieldType.BOOLEAN))
    url = f"/customers/{customer.pk}/edit/"
    assert "Paper bills" in text(client, url)
    given = {"name": customer.name, "email": customer.email, "kind": "person", "lifecycle": "active"}
    client.post(url, given | {"custom.seats": "12", "custom.paper": "no"})
    customer.refresh_from_db()
    assert customer.custom == {"seats": 12, "paper": False}
    assert "Seats" in text(client, f"/customers/{customer.pk}/")


def test_emptying_a_custom_field_removes_its_value(client: Client, customer: Customer, people: People) -> None:
    create_field(actor=people.admin, new=NewField("seats", "Seats", FieldType.NUMBER))
    given = {"name": customer.name, "email": customer.email, "kind": "person", "lifecycle": "active"}
    client.post(f"/customers/{customer.pk}/edit/", given | {"custom.seats": "12"})
    client.post(f"/customers/{customer.pk}/edit/", given | {"custom.seats": ""})
    customer.refresh_from_db()
    assert customer.custom == {}


def test_the_newest_score_shows_with_its_reasons(client: Client, customer: Customer, people: People) -> None:
    reasons = [
        {"field": "contract", "value": "Month-to-month", "contribution": 0.9},
        {"field": "tech_support", "value": True, "contribution": -0.3},
    ]
    record_scores(actor=people.manager, scores=[NewScore(customer.pk, 0.86, -1, reasons, "churn v7")])
    shown = text(client, f"/customers/{customer.pk}/")
    assert "Associated with" in shown
    assert "Month-to-month" in shown
    assert "churn v7" in shown
    assert "+15&nbsp;pts" in shown  # 0.86 against 0.714 without the contract


def test_a_note_comes_onto_the_timeline(client: Client, customer: Customer) -> None:
    client.post(f"/customers/{customer.pk}/note/", {"kind": "call", "text": "Rang\nStays.", "outcome": "Reached"})
    entry = Activity.objects.get(kind="call")
    assert (entry.summary, entry.data["outcome"]) == ("Rang", "Reached")
    assert "Rang" in text(client, f"/customers/{customer.pk}/?kind=call", **PART)
    assert "Rang" not in text(client, f"/customers/{customer.pk}/?kind=note", **PART)


def test_many_customers_are_tagged_at_once(client: Client, customers: list[Customer]) -> None:
    chosen = [customer.pk for customer in customers[:3]]
    client.post("/customers/bulk/", {"customer": chosen, "act": "tag", "tag": "VIP", "back": "/customers/?search=c"})
    assert Customer.objects.filter(tags__name="VIP").count() == 3


def test_many_customers_change_together_or_not_at_all(
    customers: list[Customer], customer: Customer, people: People, browse: Browse
) -> None:
    chosen = [customers[0].pk, customer.pk]  # the second belongs to another team
    browse(people.stranger).post("/customers/bulk/", {"customer": chosen, "act": "lifecycle", "value": "churned"})
    assert not Customer.objects.filter(lifecycle="churned").exists()


def test_a_change_of_many_leads_back_into_the_product_only(client: Client, customers: list[Customer]) -> None:
    given = {"customer": [customers[0].pk], "act": "tag", "tag": "VIP"}
    for back in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        assert client.post("/customers/bulk/", given | {"back": back})["Location"] == "/customers/"


def test_saving_a_form_as_it_was_changes_nothing(client: Client, customer: Customer, people: People) -> None:
    update_customer(actor=people.manager, customer_id=customer.pk, changes={"notes": "One\nTwo"})
    before = AuditEntry.objects.count()
    form = client.get(f"/customers/{customer.pk}/edit/").context["form"]
    given = {one.name: one.value for one in form.inputs} | {"notes": "One\r\nTwo"}
    client.post(f"/customers/{customer.pk}/edit/", given)
    assert AuditEntry.objects.count() == before


def test_the_history_shows_what_changed(client: Client, customer: Customer) -> None:
    given = {"name": "Wang Fang 王芳", "email": customer.email, "kind": "person", "lifecycle": "at_risk"}
    client.post(f"/customers/{customer.pk}/edit/", given)
    shown = text(client, f"/history/customer/{customer.pk}/")
    assert "<del>Active</del>" in shown
    assert "<ins>At risk</ins>" in shown


def test_deleting_leads_to_the_list(client: Client, customer: Customer) -> None:
    assert client.post(f"/customers/{customer.pk}/delete/")["Location"] == "/customers/"
    assert not Customer.objects.exists()
