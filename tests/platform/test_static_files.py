"""Scripts and styles are served whole, typed, and to our own pages only."""

from __future__ import annotations

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

FILE = "admin/css/base.css"


@pytest.fixture
def path() -> str:
    found = finders.find(FILE)
    assert isinstance(found, str)
    return found


def test_a_file_is_served_whole(client: Client, path: str) -> None:
    answer = client.get(f"/static/{FILE}")
    with open(path, "rb") as file:
        assert answer.content == file.read()
    assert answer.headers["Content-Type"].startswith("text/css")


def test_a_file_that_the_browser_has_is_not_sent_again(client: Client) -> None:
    tag = client.get(f"/static/{FILE}").headers["ETag"]
    answer = client.get(f"/static/{FILE}", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_a_part_of_a_file_is_served(client: Client, path: str) -> None:
    answer = client.get(f"/static/{FILE}", headers={"Range": "bytes=2-5"})
    with open(path, "rb") as file:
        assert (answer.status_code, answer.content) == (206, file.read()[2:6])


def test_other_sites_get_no_leave_to_read(client: Client) -> None:
    assert "Access-Control-Allow-Origin" not in client.get(f"/static/{FILE}").headers


@pytest.mark.parametrize("path", ["../manage.py", "..%2fmanage.py", "%2e%2e/config/env.py", "/etc/passwd"])
def test_nothing_outside_the_folders_is_served(client: Client, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404
