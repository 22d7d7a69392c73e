"""Two who are at the same run at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import UUID

import pytest
from django.db import connection, transaction

from agents import executor
from crm.events import Topic, publish
from tests.workflows.engine.conftest import Start, work_off
from workflows.engine.cancel import cancel
from workflows.engine.drain import drain_events
from workflows.engine.history import check_history
from workflows.engine.refs import StepRef, WorkerInfo
from workflows.engine.signals import send_signal
from workflows.models import Run, Step
from workflows.states import OPEN

pytestmark = pytest.mark.django_db(transaction=True)

ONLY_ASKS = WorkerInfo(None, "asker", lambda kind: kind == "test_ask")


def cancel_apart(run: UUID) -> bool:
    try:
        return cancel(run)
    finally:
        connection.close()


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_cancel_sees_what_a_step_brought_forth_while_it_waited(started: Start) -> None:
    run = started({"ask": "test_ask", "after": "test_mark"}, "ask after")
    work_off()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            send_signal(run_id=run.pk, node="ask", item=0, key="answer", payload=1)
            executor.work(StepRef(run.pk, "ask"), ONLY_ASKS)
            cancelled = pool.submit(cancel_apart, run.pk)
            while not somebody_waits_for_a_lock():
                assert not cancelled.done()
        assert cancelled.result()
    assert not Step.objects.filter(run_id=run.pk, state__in=OPEN).exists()
    assert check_history().violations == []


def test_an_answer_that_came_before_the_question_counts(started: Start) -> None:
    run = started({"first": "test_mark", "ask": "test_ask"}, "first ask")
    send_signal(run_id=run.pk, node="ask", item=0, key="answer", payload={"yes": True})
    work_off()
    assert Run.objects.get().state == "SUCCEEDED"


def test_an_answer_in_the_moment_of_the_question_counts(started: Start) -> None:
    run = started({"first": "test_mark", "ask": "test_ask"}, "first ask")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            executor.work(StepRef(run.pk, "first"), WorkerInfo(None, "all", lambda kind: True))
            answered = pool.submit(answer_apart, run.pk)
            while not somebody_waits_for_a_lock():
                assert not answered.done()
        assert answered.result()
    work_off()
    assert Run.objects.get().state == "SUCCEEDED"


def answer_apart(run: UUID) -> bool:
    try:
        return send_signal(run_id=run, node="ask", item=0, key="answer", payload=1)
    finally:
        connection.close()


def drain_apart() -> int:
    try:
        return drain_events()
    finally:
        connection.close()


def publish_apart(has_begun: Event, may_end: Event) -> None:
    try:
        with transaction.atomic():
            publish(Topic.REQUEST_UPDATED, {"id": 5, "changed": [], "before": {}, "after": {}})
            has_begun.set()
            assert may_end.wait(10)
    finally:
        connection.close()


@pytest.mark.parametrize("since_start", [False, True])
def test_an_event_in_the_moment_in_which_a_step_begins_to_wait_counts(started: Start, since_start: bool) -> None:
    waits = {"record": "request", "equals": {"$expr": "5"}, "since_start": since_start}
    run = started({"first": "test_mark", "wait": ("wait_for_event", waits)}, "first wait")
    has_begun, may_end = Event(), Event()
    with ThreadPoolExecutor(2) as pool:
        published = pool.submit(publish_apart, has_begun, may_end)
        assert has_begun.wait(10)
        with transaction.atomic():
            executor.work(StepRef(run.pk, "first"), WorkerInfo(None, "all", lambda kind: True))
            may_end.set()
            published.result()
            drained = pool.submit(drain_apart)
            while not somebody_waits_for_a_lock():
                assert not drained.done()
        assert drained.result() == 1
    work_off()
    assert Run.objects.get().state == "SUCCEEDED"


BEFORE_A_JOIN = {"ask": "test_ask", "bad": "test_fail", "join": "test_mark"}


def test_a_failure_before_a_join_counts_though_the_other_branch_ends_later(started: Start) -> None:
    run = started(BEFORE_A_JOIN, "ask join", "bad join")
    work_off()
    send_signal(run_id=run.pk, node="ask", item=0, key="answer", payload=1)
    work_off()
    assert Run.objects.get().state == "FAILED"
    assert check_history().violations == []


def test_so_it_does_for_an_item_of_a_map(started: Start) -> None:
    body = {node: {"type": kind, "parent": "each", "config": {}} for node, kind in BEFORE_A_JOIN.items()}
    run = started({"each": ("map", {"items": [1, 2]}), **body}, "ask join", "bad join")
    work_off()
    for item in (1, 2):
        send_signal(run_id=run.pk, node="ask", item=item, key="answer", payload=1)
        work_off()
    output = Run.objects.get().output
    assert output
    assert (output["succeeded"], output["failed"]) == (0, 2)
    assert check_history().violations == []
