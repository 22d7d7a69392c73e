"""The list of workflows: what starts each, and whether a person can start it as it stands."""

from __future__ import annotations

from typing import Any

import pytest

from crm.actors import Actor
from tests.workflows.conftest import chain
from workflows.selectors.workflows import list_workflows
from workflows.services.versions import publish
from workflows.services.workflows import import_document

pytestmark = pytest.mark.django_db

DO = {"id": "do", "type": "set_values"}


@pytest.mark.parametrize(
    ("trigger", "words", "may_start"),
    [
        (None, [], True),
        ({"type": "trigger_person"}, [], True),
        ({"type": "trigger_schedule"}, ["At 02:00 every day"], True),
        ({"type": "trigger_webhook"}, ["Webhook"], False),
        ({"type": "trigger_record_updated", "config": {"when": "scored"}}, ["Customer scored"], False),
    ],
)
def test_a_trigger_is_told_in_words(
    builder: Actor, trigger: dict[str, Any] | None, words: list[str], may_start: bool
) -> None:
    steps = [{"id": "start", **trigger}, DO] if trigger else [DO]
    publish(actor=builder, workflow=import_document(actor=builder, document=chain(*steps)))
    (row,) = list_workflows(actor=builder)
    assert (row.starts, row.may_start) == (words, may_start)


@pytest.mark.parametrize(
    ("more", "may_start"),
    [
        ({}, False),
        ({"sample_input": {"order": 1}}, True),
        ({"sample_input": {"other": 1}}, False),
    ],
)
def test_one_that_needs_input_is_not_started_without(builder: Actor, more: dict[str, Any], may_start: bool) -> None:
    document = {**chain({**DO, "inputs": ["order"]}), **more}
    publish(actor=builder, workflow=import_document(actor=builder, document=document))
    (row,) = list_workflows(actor=builder)
    assert row.may_start is may_start


def test_a_draft_that_was_never_published_is_not_started(builder: Actor) -> None:
    import_document(actor=builder, document=chain(DO))
    (row,) = list_workflows(actor=builder)
    assert (row.may_start, row.has_changes, row.last_run) == (False, True, None)
