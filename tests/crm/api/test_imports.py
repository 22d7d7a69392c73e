"""Imports through the API."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from crm.models import Customer, Import
from crm.services.imports import run_import
from tests.crm.api.conftest import Api
from tests.crm.people import People

PATH = "/api/v1/imports"


def nobody(job: str, argument: int) -> None:
    """The test runs the import itself."""


@override_settings(BACKGROUND_DISPATCHER=f"{__name__}.nobody")
def test_a_file_goes_from_upload_to_undo(people: People, api: Api) -> None:
    client = api(people.manager)
    file = SimpleUploadedFile("people.csv", b"name,email\nAnn,ann@example.com\n", content_type="text/csv")
    made = client.post(PATH, {"file": file}, format="multipart").json()
    assert (made["state"], made["mapping"]) == ("uploaded", {"name": "name", "email": "email"})
    path = f"{PATH}/{made['id']}"
    assert client.post(f"{path}/check", {"match_key": "email"}).json()["counts"]["create"] == 1
    assert client.post(f"{path}/start").status_code == 202
    run_import(made["id"])
    assert client.get(path).json()["state"] == "done"
    assert client.post(f"{path}/undo").json()["counts"]["undone"] == 1
    assert client.post(f"{path}/undo").status_code == 409
    assert not Customer.objects.exists()


def test_a_file_that_is_no_table_is_refused(people: People, api: Api) -> None:
    file = SimpleUploadedFile("picture.csv", b"\x89PNG\x00\x00", content_type="text/csv")
    answer = api(people.manager).post(PATH, {"file": file}, format="multipart")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "file")
    assert not Import.objects.exists()


def test_a_wrong_mapping_names_its_column(people: People, api: Api) -> None:
    client = api(people.manager)
    file = SimpleUploadedFile("people.csv", b"name,email\nAnn,ann@example.com\n")
    made = client.post(PATH, {"file": file}, format="multipart").json()
    answer = client.post(f"{PATH}/{made['id']}/check", {"mapping": {"name": "password", "email": "email"}})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "mapping.name")
