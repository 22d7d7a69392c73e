"""What all pages share: looks, logging in and out, headers, errors, and that no value becomes markup."""

from __future__ import annotations

import re

import pytest
from django.test import Client, override_settings

from crm import panels
from crm.actors import Actor
from crm.models import Customer
from crm.panels import Panel
from crm.services.activities import add_note
from crm.services.customers import NewCustomer, create_customer
from crm.services.requests import NewRequest, create_request
from crm.services.segments import create_segment
from crm.services.services import NewService, create_service
from crm.services.tags import tag_customers
from crm.services.views import save_view
from crm.templatetags import shown
from tests.crm.people import PASSWORD, People
from tests.crm.views.conftest import Browse

EVIL = "\"'><img src=x onerror=alert(1)>{{ 7|add:7 }}"


def test_the_theme_that_was_chosen_is_rendered(people: People, browse: Browse) -> None:
    client = browse(people.viewer)
    client.cookies["theme"], client.cookies["density"] = "dark", "compact"
    assert '<html lang="en" data-theme="dark" data-density="compact">' in client.get("/").content.decode()


def test_a_forged_theme_counts_as_none(people: People, browse: Browse) -> None:
    client = browse(people.viewer)
    client.cookies["theme"] = "x onload=alert(1)"
    assert '<html lang="en">' in client.get("/").content.decode()


def test_scripts_and_styles_come_from_here_alone(people: People, browse: Browse) -> None:
    policy = browse(people.viewer).get("/")["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy


def test_a_member_logs_in_and_out(people: People) -> None:
    client = Client()
    assert client.post("/login/", {"username": "vic", "password": PASSWORD})["Location"] == "/"
    assert client.get("/").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/").status_code == 302


def test_a_wrong_password_says_no_more_than_that(people: People) -> None:
    for username in ("vic", "nobody"):
        answer = Client().post("/login/", {"username": username, "password": "wrong"})
        assert "The username or the password is wrong." in answer.content.decode()


@pytest.mark.parametrize("shown_at_all", [True, False])
def test_demo_log_ins_are_shown_in_a_demo_only(shown_at_all: bool, db: None) -> None:
    with override_settings(DEMO_LOGINS=shown_at_all):
        assert ("rapport-demo" in Client().get("/login/").content.decode()) is shown_at_all


def test_after_the_log_in_nobody_is_led_away(people: People) -> None:
    answer = Client().post("/login/?next=//evil.example/", {"username": "vic", "password": PASSWORD})
    assert answer["Location"] == "/"


def test_what_is_not_there_is_said_in_the_frame(people: People, browse: Browse) -> None:
    answer = browse(people.viewer).get("/customers/999999/")
    assert answer.status_code == 404
    assert "There is no customer 999999; it may have been deleted." in answer.content.decode()
    assert 'class="rail"' in answer.content.decode()


def test_the_error_pages_need_no_log_in(db: None) -> None:
    answer = Client().get("/nothing/here/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def one_panel(actor: Actor) -> Panel:
    return Panel("crm/customers/choices.html", {"found": []})


def no_panel(actor: Actor) -> None:
    return None


def test_higher_layers_put_panels_on_the_home_page(people: People) -> None:
    with override_settings(RAPPORT_HOME_PANELS=[f"{__name__}.one_panel", f"{__name__}.no_panel"]):
        assert [panel.template for panel in panels.home_panels(people.viewer)] == ["crm/customers/choices.html"]


def test_no_value_becomes_markup(people: People, browse: Browse) -> None:
    actor = people.manager
    customer = create_customer(actor=actor, new=NewCustomer(EVIL, "evil@example.com", EVIL[:40], notes=EVIL))
    service = create_service(actor=actor, new=NewService(customer.pk, EVIL))
    request = create_request(actor=actor, new=NewRequest(customer.pk, EVIL, EVIL, kind=EVIL, service_id=service.pk))
    tag_customers(actor=actor, customer_ids=[customer.pk], tag=EVIL)
    add_note(actor=actor, customer_id=customer.pk, text=f"{EVIL}\n{EVIL}")
    rule = {"field": "name", "op": "is", "value": EVIL}
    segment = create_segment(actor=actor, name=EVIL, description=EVIL, condition={"rules": [rule]})
    save_view(actor=actor, page="customers", name=EVIL, query="sort=name")
    client = browse(actor)
    for url in (
        "/",
        "/customers/",
        f"/customers/{customer.pk}/",
        f"/customers/{customer.pk}/edit/",
        "/services/",
        f"/services/{service.pk}/",
        f"/services/{service.pk}/edit/",
        "/requests/",
        "/requests/board/",
        f"/requests/{request.pk}/",
        f"/requests/{request.pk}/edit/",
        "/segments/",
        f"/segments/{segment.pk}/",
        f"/segments/{segment.pk}/edit/",
        "/audit/",
        f"/history/customer/{customer.pk}/",
        f"/search/?q={EVIL[3:7]}",
    ):
        page = client.get(url).content.decode()
        assert "onerror" in page, url
        assert "<img" not in page, url
        assert not re.search(r"14(?=[^<]*</h1>)", page), url


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Wang Fang 王芳", "WF"), ("Alice", "A"), ("王芳", "王"), ("Anna Maria Berg", "AB"), ("", "?")],
)
def test_initials_of_a_name(name: str, letters: str) -> None:
    assert shown.initials(name) == letters


@pytest.mark.parametrize(("risk", "tone"), [(0.7, "danger"), (0.69, "warn"), (0.4, "warn"), (0.39, "ok")])
def test_a_risk_has_a_tone(risk: float, tone: str) -> None:
    assert shown.risk_tone(risk) == tone


def test_a_customer_without_a_score_has_no_risk(people: People, browse: Browse, customer: Customer) -> None:
    assert "Not scored yet." in browse(people.manager).get(f"/customers/{customer.pk}/").content.decode()


def test_what_was_done_to_many_is_told_once(people: People, browse: Browse, customers: list[Customer]) -> None:
    tag_customers(actor=people.manager, customer_ids=[customer.pk for customer in customers], tag="VIP")
    shown_once = " ".join(browse(people.manager).get("/").content.decode().split())
    assert shown_once.count("Tagged “VIP”") == 1
    assert "and 9 more" in shown_once


def test_a_locked_out_member_is_told_when_to_try_again(people: People, empty_cache: None) -> None:
    client = Client()
    for _ in range(6):
        answer = client.post("/login/", {"username": "vic", "password": "wrong"})
    assert answer.status_code == 429
    assert "Try again in 15 minutes" in answer.content.decode()
