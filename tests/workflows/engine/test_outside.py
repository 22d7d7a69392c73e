"""Steps that reach outside, and a database that is away before they do."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.workflows.engine.conftest import Start, sweep_now, work_off
from workflows import registry
from workflows.models import Run, Step
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType

pytestmark = pytest.mark.django_db(transaction=True)

asked: list[int] = []
sent: list[int] = []


class Nothing(StepConfig):
    pass


def ask_and_send(context: StepContext, config: Nothing) -> Outcome:
    asked.append(context.attempt)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / %s", [len(asked) - 1])
    sent.append(context.attempt)
    return Done()


@pytest.fixture
def _mailing() -> None:
    asked.clear()
    sent.clear()
    kind = StepType(
        key="test_ask_and_send", title="x", family=Family.CONNECT, description="x", effect=Effect.UNKEYED,
        config=Nothing, run=ask_and_send,
    )  # fmt: skip
    if registry.find(kind.key) is None:
        registry.register(kind)


@pytest.mark.usefixtures("_mailing")
def test_a_mail_that_was_not_sent_for_want_of_the_database_is_tried_again_and_asked_of_nobody(started: Start) -> None:
    run = started({"mail": "test_ask_and_send"})
    work_off()
    assert (Step.objects.get(run_id=run.pk, node="mail").waits_for, sent) == ("retry", [])
    sweep_now()
    work_off()
    assert (Run.objects.get().state, len(sent)) == ("SUCCEEDED", 1)
