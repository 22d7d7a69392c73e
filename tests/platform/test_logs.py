"""A log line is one JSON object that says which request and which run it belongs to."""

from __future__ import annotations

import json
import logging
import logging.config
from uuid import UUID

import pytest
from django.conf import settings

from crm import context


@pytest.fixture
def handler() -> logging.Handler:
    configured = logging.config.DictConfigurator(settings.LOGGING)
    configured.configure()
    return logging.getLogger().handlers[-1]


def line(handler: logging.Handler, message: str, **extra: object) -> dict[str, str]:
    record = logging.LogRecord("rapport", logging.INFO, __file__, 1, message, (), None)
    record.__dict__.update(extra)
    handler.filter(record)
    parsed: dict[str, str] = json.loads(handler.format(record))
    return parsed


def test_a_line_names_its_request_run_and_actor(handler: logging.Handler) -> None:
    tokens = (
        (context.request_id, context.request_id.set("abc-request")),
        (context.run_id, context.run_id.set(UUID(int=7))),
        (context.actor, context.actor.set("ann")),
    )
    written = line(handler, "It happened.")
    for variable, token in tokens:
        variable.reset(token)  # type: ignore[arg-type]
    assert written["request_id"] == "abc-request"
    assert written["run_id"] == str(UUID(int=7))
    assert written["actor"] == "ann"
    assert written["message"] == "It happened."
    assert written["level"] == "INFO"


def test_a_line_break_in_a_message_makes_no_second_line(handler: logging.Handler) -> None:
    assert line(handler, "one\ntwo")["message"] == "one\ntwo"


def test_the_address_of_a_request_stays_out(handler: logging.Handler) -> None:
    assert "request" not in line(handler, "Not found", request="<GET /customers/?q=0987654321>")
