"""Locks that others hold, and a database that is away: both pass, and are nobody's failure."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection

from agents import executor
from agents.worker import STRANGER
from crm.actors import Actor
from crm.models import Customer
from tests.workflows.engine import kinds
from tests.workflows.engine.conftest import Start, code_of, states, sweep_now, work_off
from tests.workflows.engine.test_rollback import with_settings
from workflows.engine.refs import StepRef, WorkerInfo
from workflows.engine.sweep import sweep
from workflows.models import Run, Step, StepAttempt

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def holding(statement: str) -> Iterator[None]:
    """Another session with the lock that the statement takes."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(statement)
            yield
            cursor.execute("ROLLBACK")
    finally:
        other.close()


def be_impatient() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")


def work_impatiently(run: Run) -> bool:
    try:
        be_impatient()
        return executor.work(StepRef(run.pk, "a"), STRANGER)
    finally:
        connection.close()


def test_a_step_that_others_locks_keep_out_is_put_off_and_not_counted_as_failed(started: Start) -> None:
    customer = Customer.objects.create(name="C", email="c@example.com")
    run = started({"a": ("tag_customer", {"customer": customer.pk, "tag": "t"})})
    with holding(f"SELECT 1 FROM crm_customer WHERE id = {customer.pk} FOR UPDATE"):
        executor.work(StepRef(run.pk, "a"), STRANGER)
        step = Step.objects.get(run_id=run.pk, node="a")
        assert (step.state, step.failures, step.attempt) == ("WAITING", 0, 0)
    sweep_now()
    work_off()
    assert states(run) == {"a": "SUCCEEDED"}
    assert customer.tags.count() == 1


def test_what_happened_outside_is_recorded_however_long_others_hold_its_row(
    started: Start, caplog: pytest.LogCaptureFixture
) -> None:
    run = started({"a": "test_probed"})
    with ThreadPoolExecutor(1) as pool:
        with holding(f"SELECT 1 FROM workflows_run WHERE id = '{run.pk}' FOR UPDATE"):
            worked = pool.submit(work_impatiently, run)
            while sum("The record of a step failed" in text for text in caplog.messages) < 5:
                assert not worked.done()
        assert worked.result()
    run.refresh_from_db()
    assert (run.state, len(kinds.sent)) == ("SUCCEEDED", 1)
    assert list(StepAttempt.objects.values_list("outcome", flat=True)) == ["SUCCEEDED"]


def test_a_step_that_others_hold_keeps_no_other_from_its_care(manager: Actor) -> None:
    held, free = (with_settings(manager, name, {"w": "test_ask"}, deadline_seconds=3600) for name in ("Held", "Free"))
    work_off()
    be_impatient()
    with holding(f"SELECT 1 FROM workflows_step WHERE run_id = '{held.pk}' AND node = 'w' FOR UPDATE"):
        pass_deadlines()
        assert [Run.objects.get(pk=run.pk).state for run in (held, free)] == ["RUNNING", "FAILED"]
    pass_deadlines()
    assert Run.objects.get(pk=held.pk).state == "FAILED"
    connection.close()


def pass_deadlines() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET wake_at = clock_timestamp() WHERE kind = 'control' AND wake_at IS NOT NULL"
        )
    sweep()


def test_a_step_that_cannot_even_be_begun_fails_and_says_why(started: Start) -> None:
    large = ("set_values", {"values": {"text": "x" * 300_000}})
    limited = {"type": "test_mark", "limit": {"key": "{{ steps.a.output.text }}", "at_once": 1}}
    run = started({"a": large, "b": limited}, "a b")
    executor.work(StepRef(run.pk, "a"), WorkerInfo(None, "sets values", lambda kind: kind == "set_values"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM workflows_blob WHERE run_id = %s", [run.pk])
    work_off()
    run.refresh_from_db()
    assert (run.state, states(run)["b"], code_of(run)) == ("FAILED", "FAILED", "unexpected")


@contextmanager
def dying_at_claims(times: int) -> Iterator[None]:
    """The database lets go of whoever claims a step, so often."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE dying")
        cursor.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF nextval('dying') <= {times} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;"
            " RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER dying BEFORE UPDATE ON workflows_step FOR EACH ROW WHEN (NEW.state = 'RUNNING')"
            " EXECUTE FUNCTION die()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER dying ON workflows_step; DROP FUNCTION die(); DROP SEQUENCE dying")


def test_a_step_is_not_failed_because_the_database_is_away(started: Start) -> None:
    run = started({"a": "test_mark"})
    with dying_at_claims(2):
        with pytest.raises(OperationalError):
            executor.work(StepRef(run.pk, "a"), STRANGER)
        assert states(run) == {"a": "READY"}
        work_off()
    run.refresh_from_db()
    assert run.state == "SUCCEEDED"
