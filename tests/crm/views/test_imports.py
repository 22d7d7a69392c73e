"""The pages of an import, from the upload to its undoing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from crm.models import Customer, Import
from crm.services.imports import run_import
from tests.crm.people import People
from tests.crm.views.conftest import Browse

CSV = b"Name,Email,Level\nAnn,ann@example.com,Gold\nBen,ben@example.com,Gold\nNobody,,Gold\n"


def hear_nothing(job: str, argument: int) -> None:
    """The tests run the imports themselves."""


@pytest.fixture(autouse=True)
def _nobody_else_runs_it() -> Iterator[None]:
    with override_settings(BACKGROUND_DISPATCHER=f"{__name__}.hear_nothing"):
        yield


@pytest.fixture
def client(people: People, browse: Browse) -> Client:
    return browse(people.manager)


def upload(client: Client, content: bytes = CSV) -> Import:
    client.post("/imports/new/", {"file": SimpleUploadedFile("people.csv", content)})
    return Import.objects.get()


def check(client: Client, source: Import, *targets: str, **more: str) -> int:
    mapping = {f"target-{number}": target for number, target in enumerate(targets)}
    return client.post(f"/imports/{source.pk}/check/", {"match_key": "email", **mapping, **more}).status_code


def test_a_file_that_is_no_table_is_refused_in_words(client: Client, db: None) -> None:
    answer = client.post("/imports/new/", {"file": SimpleUploadedFile("x.csv", b"\x00\x01")})
    assert answer.status_code == 422
    assert "This is no text file" in answer.content.decode()
    assert not Import.objects.exists()


def test_the_mapping_is_proposed(client: Client, db: None) -> None:
    source = upload(client)
    shown = client.get(f"/imports/{source.pk}/").content.decode()
    assert '<option value="email" selected>' in shown
    assert '<option value="new.level" selected>' in shown


def test_the_dry_run_counts_and_writes_nothing(client: Client, db: None) -> None:
    source = upload(client)
    assert check(client, source, "name", "email", "new.level:text") == 302
    shown = " ".join(client.get(f"/imports/{source.pk}/").content.decode().split())
    assert '<dt>to create</dt><dd class="tone-ok">2</dd>' in shown
    assert "The row has no value to find its customer by." in shown
    assert not Customer.objects.exists()


def test_a_wrong_mapping_is_shown_at_its_column(client: Client, db: None) -> None:
    source = upload(client)
    assert check(client, source, "name", "name", "") == 422
    source.refresh_from_db()
    assert source.state == "uploaded"


def test_triggers_stay_silent_unless_asked(client: Client, db: None) -> None:
    source = upload(client)
    check(client, source, "name", "email", "")
    source.refresh_from_db()
    assert source.mute_triggers
    check(client, source, "name", "email", "", start_workflows="on")
    source.refresh_from_db()
    assert not source.mute_triggers


def test_progress_is_asked_for_while_it_runs_and_not_after(client: Client, db: None) -> None:
    source = upload(client)
    check(client, source, "name", "email", "")
    client.post(f"/imports/{source.pk}/start/")
    url, part = f"/imports/{source.pk}/", {"HX-Request": "true"}
    assert "every 1s" in client.get(url, headers=part).content.decode()
    run_import(source.pk)
    assert "every 1s" not in client.get(url, headers=part).content.decode()
    assert set(Customer.objects.values_list("name", flat=True)) == {"Ann", "Ben"}


def test_an_import_is_taken_back(client: Client, db: None) -> None:
    source = upload(client)
    check(client, source, "name", "email", "")
    client.post(f"/imports/{source.pk}/start/")
    run_import(source.pk)
    client.post(f"/imports/{source.pk}/undo/")
    assert not Customer.objects.exists()
    assert "2 customers were deleted again" in client.get(f"/imports/{source.pk}/").content.decode()


def test_an_operator_may_neither_upload_nor_start(client: Client, people: People, browse: Browse) -> None:
    source = upload(client)
    check(client, source, "name", "email", "")
    operator = browse(people.owner)
    assert operator.post("/imports/new/", {"file": SimpleUploadedFile("x.csv", CSV)}).status_code == 403
    assert operator.post(f"/imports/{source.pk}/start/").status_code in (403, 404)
    source.refresh_from_db()
    assert (source.state, Import.objects.count()) == ("checked", 1)
