"""Imports from upload to undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from crm.errors import Conflict, InvalidInput, NotAllowed
from crm.models import Activity, Customer, CustomField, Event, Import, Score, Service
from crm.models.imports import ImportState
from crm.services import import_batch, imports
from crm.services.activities import add_note
from crm.services.customers import NewCustomer, create_customer
from crm.services.scores import NewScore, record_scores
from tests.crm.conftest import Counts
from tests.crm.people import People

announced: list[tuple[str, int]] = []


def announce(job: str, argument: int) -> None:
    announced.append((job, argument))


@pytest.fixture(autouse=True)
def _nobody_else_runs_it() -> Iterator[None]:
    announced.clear()
    with override_settings(BACKGROUND_DISPATCHER=f"{__name__}.announce"):
        yield


def csv_of(rows: int, start: int = 0) -> bytes:
    lines = [f"Person {index},p{index}@example.com,{index},Yes" for index in range(start, start + rows)]
    return "\n".join(["name,email,seats,phone", *lines]).encode()


def checked(people: People, content: bytes, **options: object) -> Import:
    source = imports.upload_import(actor=people.manager, file_name="people.csv", content=content)
    mapping = source.mapping | ({"phone": "service:Phone"} if "phone" in source.mapping else {})
    if mapping.get("seats") == "new.seats":
        mapping["seats"] = "new.seats:number"
    return imports.check_import(actor=people.manager, import_id=source.pk, mapping=mapping, **options)  # type: ignore[arg-type]


def imported(people: People, content: bytes, **options: object) -> Import:
    source = checked(people, content, **options)
    imports.start_import(actor=people.manager, import_id=source.pk)
    imports.run_import(source.pk)
    source.refresh_from_db()
    return source


def test_a_dry_run_counts_and_writes_nothing(people: People, counts: Callable[[], Counts]) -> None:
    create_customer(actor=people.manager, new=NewCustomer("Person 0", "P0@example.com"))
    before = counts()
    content = (
        csv_of(3) + b"\n,nobody@example.com,1,No\nX,no address,1,No\nTwice,p1@example.com,1,No\nS,s@example.com,many,No"
    )
    source = checked(people, content, mute_triggers=False)
    after = counts()
    after["AuditEntry"] -= 1  # the upload's
    assert source.counts == {"create": 2, "update": 1, "unchanged": 0, "error": 4}
    assert [(error["row"], error["column"]) for error in source.errors] == [
        (5, "name"),
        (6, "email"),
        (7, "email"),
        (8, "seats"),
    ]
    assert after == before
    assert not CustomField.objects.exists()


def test_an_import_creates_fields_customers_and_services(people: People) -> None:
    source = imported(people, csv_of(3))
    assert (source.state, source.done, source.counts["create"]) == (ImportState.DONE, 3, 3)
    assert Customer.objects.get(email="p2@example.com").custom == {"seats": 2}
    assert Service.objects.filter(type="Phone", status="active").count() == 3
    assert Activity.objects.first().summary == "Imported from people.csv"  # type: ignore[union-attr]
    assert announced == []


def test_starting_announces_the_import_once_it_is_committed(
    people: People, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    source = checked(people, csv_of(1))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        imports.start_import(actor=people.manager, import_id=source.pk)
    assert announced == [("import", source.pk)]


def test_triggers_are_muted_unless_asked_for(people: People) -> None:
    imported(people, csv_of(2))
    assert set(Event.objects.values_list("topic", flat=True)) == {"muted"}
    imported(people, csv_of(2, start=2), mute_triggers=False)
    assert Event.objects.filter(topic="customer.created").count() == 2


def test_the_same_file_again_changes_nothing(people: People) -> None:
    imported(people, csv_of(3))
    assert imported(people, csv_of(3)).counts == {"create": 0, "update": 0, "unchanged": 3, "error": 0}
    assert Service.objects.count() == 3


def test_an_empty_cell_takes_nothing_away(people: People) -> None:
    imported(people, csv_of(1))
    imported(people, b"name,email,seats\nRenamed,p0@example.com,\n")
    stored = Customer.objects.get()
    assert (stored.name, stored.custom) == ("Renamed", {"seats": 0})


def test_customers_are_found_by_a_custom_key(people: People) -> None:
    content = b"number,name,email\nK1,Ann,ann@example.com\n"
    imported(people, content, match_key="custom.number")
    source = imported(people, b"number,name,email\nk1,Ann,new@example.com\n", match_key="custom.number")
    assert source.counts["update"] == 1
    assert Customer.objects.get().email == "new@example.com"


def test_a_killed_import_goes_on_where_it_stood(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH", 2)
    source = checked(people, csv_of(7))
    imports.start_import(actor=people.manager, import_id=source.pk)
    carry_out, left = import_batch.carry_out, [3]

    class Killed(BaseException):
        pass

    def dying(*args: object) -> None:
        left[0] -= 1
        carry_out(*args)  # type: ignore[arg-type]
        if left[0] == 0:
            raise Killed

    monkeypatch.setattr(imports, "carry_out", dying)
    with pytest.raises(Killed):
        imports.run_import(source.pk)
    source.refresh_from_db()
    assert (source.state, source.done, Customer.objects.count()) == (ImportState.RUNNING, 4, 4)

    assert imports.run_pending_imports() == 0  # it was heard of a moment ago
    Import.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    assert imports.run_pending_imports() == 1
    source.refresh_from_db()
    assert (source.state, source.done, Customer.objects.count()) == (ImportState.DONE, 7, 7)
    assert source.counts["create"] == 7
    assert source.records.count() == 7


def test_running_a_finished_import_again_does_nothing(people: People) -> None:
    source = imported(people, csv_of(2))
    imports.run_import(source.pk)
    assert Customer.objects.count() == 2


def test_an_import_of_somebody_who_left_fails_and_says_so(people: People) -> None:
    source = checked(people, csv_of(2))
    imports.start_import(actor=people.manager, import_id=source.pk)
    assert source.created_by
    source.created_by.is_active = False
    source.created_by.save()
    imports.run_import(source.pk)
    source.refresh_from_db()
    assert source.state == ImportState.FAILED
    assert "can't log in" in source.errors[0]["message"]
    assert not Customer.objects.exists()


def test_undo_removes_what_was_created_and_keeps_what_was_touched(people: People) -> None:
    source = imported(people, csv_of(4))
    touched, scored = Customer.objects.order_by("pk")[:2]
    add_note(actor=people.manager, customer_id=touched.pk, text="Talked")
    record_scores(actor=people.manager, scores=[NewScore(scored.pk, 0.5, 0.1, [], "churn v1")])
    undone = imports.undo_import(actor=people.manager, import_id=source.pk)
    assert (undone.state, undone.counts["undone"], undone.counts["kept"]) == (ImportState.UNDONE, 3, 1)
    assert list(Customer.objects.all()) == [touched]
    assert not Score.objects.exists()


def test_undo_leaves_customers_that_were_there_before(people: People) -> None:
    create_customer(actor=people.manager, new=NewCustomer("Old", "p0@example.com"))
    source = imported(people, csv_of(2))
    imports.undo_import(actor=people.manager, import_id=source.pk)
    assert list(Customer.objects.values_list("email", flat=True)) == ["p0@example.com"]


def test_an_import_is_undone_once(people: People) -> None:
    source = imported(people, csv_of(1))
    imports.undo_import(actor=people.manager, import_id=source.pk)
    with pytest.raises(Conflict):
        imports.undo_import(actor=people.manager, import_id=source.pk)


def test_a_key_that_no_column_is_mapped_to_is_refused(people: People) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked(people, csv_of(1), match_key="custom.number")
    assert caught.value.errors[0]["field"] == "match_key"


@pytest.mark.parametrize("who", ["builder", "viewer", "owner"])
def test_only_managers_and_admins_import(people: People, who: str) -> None:
    with pytest.raises(NotAllowed):
        imports.upload_import(actor=getattr(people, who), file_name="x.csv", content=csv_of(1))
    assert not Import.objects.exists()
