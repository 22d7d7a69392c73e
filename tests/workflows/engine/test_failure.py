"""What happens when a step fails, waits, is lost or is cancelled."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents import executor
from agents.evaluate import evaluate
from agents.worker import STRANGER
from crm.actors import Actor
from crm.errors import Conflict
from crm.models import AuditEntry, Tag
from tests.workflows.engine import kinds
from tests.workflows.engine.conftest import Start, make_due, output, states, sweep_now, work_off
from workflows.engine import rows
from workflows.engine.decisions import Decision, Verdict
from workflows.engine.refs import StepRef
from workflows.engine.signals import send_signal
from workflows.engine.sweep import sweep
from workflows.models import Step, StepAttempt
from workflows.services.runs import cancel_run, decide_step

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_failing_step_fails_the_run_and_says_why(started: Start) -> None:
    run = started({"a": "test_fail", "b": "test_mark"}, "a b")
    work_off()
    run.refresh_from_db()
    assert run.state == "FAILED"
    assert run.error == {"node": "a", "code": "told_to_fail", "message": "Told to fail."}
    assert states(run) == {"a": "FAILED", "b": "SKIPPED"}


def test_what_a_failing_step_wrote_is_undone_and_what_came_before_stays(started: Start) -> None:
    run = started({"a": "test_mark", "b": ("test_mark", {"text": "x", "fail_on": "x"})}, "a b")
    work_off()
    assert list(Tag.objects.values_list("name", flat=True)) == [f"{run.number}/a/0"]


def test_an_error_edge_handles_the_failure(started: Start) -> None:
    run = started(
        {"a": "test_fail", "b": ("set_values", {"values": {"why": {"$expr": "steps.a.output.error.code"}}})},
        "a error b",
    )
    work_off()
    run.refresh_from_db()
    assert (run.state, output(run, "b")) == ("SUCCEEDED", {"why": "told_to_fail"})


def test_a_passing_failure_is_tried_again_with_a_pause(started: Start) -> None:
    run = started(
        {
            "a": {
                "type": "test_fail",
                "config": {"retry": True, "times": 2},
                "retry": {"max_attempts": 3, "backoff_seconds": 60},
            }
        }
    )  # fmt: skip
    work_off()
    assert states(run) == {"a": "WAITING"}
    for _ in range(2):
        sweep_now()
        work_off()
    run.refresh_from_db()
    assert (run.state, run.output) == ("SUCCEEDED", {"attempt": 3})


def test_retries_come_to_an_end(started: Start) -> None:
    run = started(
        {"a": {"type": "test_fail", "config": {"retry": True}, "retry": {"max_attempts": 2, "backoff_seconds": 60}}}
    )
    work_off()
    sweep_now()
    work_off()
    assert states(run) == {"a": "FAILED"}


def test_a_delay_waits_for_its_time(started: Start) -> None:
    run = started({"a": ("test_pause", {"seconds": 3600})})
    work_off()
    assert states(run) == {"a": "WAITING"}
    assert sweep() == 0
    sweep_now()
    work_off()
    run.refresh_from_db()
    assert run.state == "SUCCEEDED"


def test_a_person_s_answer_resumes_the_step(started: Start) -> None:
    run = started({"a": "test_ask"})
    work_off()
    assert send_signal(run_id=run.pk, node="a", item=0, key="answer", payload={"yes": True})
    work_off()
    run.refresh_from_db()
    assert run.output == {"yes": True}


def test_the_same_answer_counts_once(started: Start) -> None:
    run = started({"a": "test_ask"})
    work_off()
    assert send_signal(run_id=run.pk, node="a", item=0, key="answer", payload=1)
    assert not send_signal(run_id=run.pk, node="a", item=0, key="answer", payload=2)


def test_a_step_of_a_lost_worker_is_taken_over(started: Start) -> None:
    run = started({"a": "test_mark"})
    assert rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
    sweep_now()
    work_off()
    assert states(run) == {"a": "SUCCEEDED"}
    assert list(StepAttempt.objects.filter(run_id=run.pk).order_by("attempt").values_list("outcome", flat=True)) == [
        "LOST",
        "SUCCEEDED",
    ]


def test_a_worker_that_comes_back_too_late_writes_nothing(started: Start) -> None:
    run = started({"a": "test_send"})
    claimed = rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
    assert claimed
    late = executor.Claimed(executor._chain(StepRef(run.pk, "a"), STRANGER), claimed[0])
    sweep_now()
    work_off()
    before = list(StepAttempt.objects.filter(run_id=run.pk).values_list("attempt", "outcome"))
    executor._proceed(late)
    assert list(StepAttempt.objects.filter(run_id=run.pk).values_list("attempt", "outcome")) == before


def test_every_try_of_a_keyed_step_shows_the_same_key(started: Start) -> None:
    run = started({"a": "test_send"})
    claimed = rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
    assert claimed
    evaluate(executor._chain(StepRef(run.pk, "a"), STRANGER).ledger(), claimed[0])
    sweep_now()
    work_off()
    assert len(kinds.sent) == 2
    assert len(set(kinds.sent)) == 1


def test_a_lost_mail_is_left_to_a_person(started: Start) -> None:
    run = started({"a": "test_mail"})
    rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
    sweep_now()
    work_off()
    assert states(run) == {"a": "UNCERTAIN"}
    assert kinds.sent == []


def test_a_mail_step_that_fails_unexpectedly_is_left_to_a_person(started: Start) -> None:
    run = started({"a": ("test_mail", {"fail_on": "fault"})})
    work_off()
    sweep_now()
    work_off()
    assert (states(run), len(kinds.sent)) == ({"a": "UNCERTAIN"}, 1)


@pytest.mark.parametrize(
    ("verdict", "state", "sent"), [("done", "SUCCEEDED", 0), ("failed", "FAILED", 0), ("retry", "SUCCEEDED", 1)]
)
def test_a_person_decides_what_became_of_a_lost_mail(
    started: Start, manager: Actor, verdict: str, state: str, sent: int
) -> None:
    run = started({"a": "test_mail"})
    rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
    sweep_now()
    decide_step(
        actor=manager,
        run=run,
        ref=StepRef(run.pk, "a", 0),
        decision=Decision(Verdict(verdict), by="meg", reason="Looked it up"),
    )
    work_off()
    run.refresh_from_db()
    assert (states(run), run.state, len(kinds.sent)) == ({"a": state}, state, sent)
    assert AuditEntry.objects.filter(action="run.step_decided").count() == 1


def test_of_two_who_decide_one_is_told_so(started: Start, manager: Actor) -> None:
    run = started({"a": "test_mail"})
    rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
    sweep_now()
    decide_step(
        actor=manager,
        run=run,
        ref=StepRef(run.pk, "a", 0),
        decision=Decision(Verdict.DONE, by="meg", reason="Looked it up"),
    )
    with pytest.raises(Conflict):
        decide_step(
            actor=manager,
            run=run,
            ref=StepRef(run.pk, "a", 0),
            decision=Decision(Verdict.FAILED, by="meg", reason="Looked it up"),
        )
    assert AuditEntry.objects.filter(action="run.step_decided").count() == 1


def test_a_step_that_breaks_the_transaction_does_not_take_the_record_of_a_mail_along(started: Start) -> None:
    run = started({"a": "test_mail", "b": "test_break"}, "a b")
    work_off()
    assert states(run) == {"a": "SUCCEEDED", "b": "WAITING"}
    assert len(kinds.sent) == 1


def test_a_step_that_takes_its_workers_down_is_dead_after_five(started: Start) -> None:
    run = started({"a": "test_mark"})
    for _ in range(5):
        assert rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
        sweep_now()
    run.refresh_from_db()
    assert (states(run), run.state) == ({"a": "DEAD"}, "FAILED")


def test_a_lost_wake_up_is_sent_again(started: Start, settings: object) -> None:
    run = started({"a": "test_mark"})
    make_due()
    assert sweep() == 1
    assert states(run) == {"a": "READY"}


def test_a_doubled_message_does_nothing(started: Start) -> None:
    run = started({"a": "test_mark"})
    for _ in range(3):
        executor.work(StepRef(run.pk, "a"), STRANGER)
    assert Tag.objects.count() == 1


def test_after_a_cancel_no_step_starts(started: Start, manager: Actor) -> None:
    run = started({"a": "test_pause", "b": "test_mark"}, "a b")
    work_off()
    cancel_run(actor=manager, run=run)
    make_due()
    sweep()
    work_off()
    run.refresh_from_db()
    assert (run.state, states(run), Tag.objects.count()) == ("CANCELLED", {"a": "CANCELLED"}, 0)


def test_an_ended_run_can_t_be_cancelled(started: Start, manager: Actor) -> None:
    run = started({"a": "test_mark"})
    work_off()
    before = AuditEntry.objects.count()
    with pytest.raises(Conflict):
        cancel_run(actor=manager, run=run)
    assert AuditEntry.objects.count() == before
    assert Step.objects.get(run_id=run.pk, node="a").state == "SUCCEEDED"
