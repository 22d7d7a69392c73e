"""Steps handed to a person: with the evidence, by page and API, and with a trail."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.actors import Actor
from crm.models import Tag
from tests.workflows.engine.conftest import Start, states, work_off
from tests.workflows.operations.test_pausing import at_once, client_of
from workflows.engine.evidence import HIDDEN, MOST_BYTES, shortened
from workflows.models import Run, StepAttempt
from workflows.panels import count_waiting
from workflows.selectors.decisions import count_to_decide, evidence_of, list_to_decide

pytestmark = pytest.mark.django_db(transaction=True)
Actors = Callable[[str], Actor]
MARK: tuple[str, dict[str, Any]] = ("test_mark", {})


@pytest.fixture
def run(started: Start) -> Run:
    """A step between others failed for good; a step before it can be undone."""
    nodes = {
        "z": MARK,
        "a": {"type": "test_fail", "label": "Ask the bank", "config": {}, "on_failure": "ask"},
        "b": {"type": "test_mark", "label": "Tell the customer", "config": {}},
        "u": {"type": "test_mark", "label": "Refund", "undoes": "z"},
    }
    found = started(nodes, "z a", "a b", given={"name": "Ada", "api_key": "s3cret"})
    work_off()
    return found


def address(run: Run, last: str = "decision") -> str:
    return f"/runs/{run.pk}/steps/a/0/{last}/"


class TestEvidence:
    def test_a_failed_attempt_keeps_what_the_step_was_given(self, run: Run) -> None:
        failed = StepAttempt.objects.get(run_id=run.pk, node="a")
        assert (failed.input or {})["input"] == {"marked": "mark"}
        assert not StepAttempt.objects.filter(run_id=run.pk, node="z", input__isnull=False).exists()

    def test_it_is_short_and_without_secrets(self) -> None:
        value = {"password": "x", "nested": [{"Authorization": "y"}], "rows": [{"n": n} for n in range(9000)]}
        kept = shortened({**value, "long": "é" * 9000})
        text = json.dumps(kept, ensure_ascii=False)
        assert len(text.encode()) <= MOST_BYTES
        assert (kept["password"], kept["nested"][0]["Authorization"]) == (HIDDEN, HIDDEN)
        assert len(json.dumps(shortened([["é" * 500] * 50] * 50), ensure_ascii=False).encode()) <= MOST_BYTES

    def test_it_says_what_follows_on_each_verdict(self, run: Run, manager: Actor) -> None:
        follows = evidence_of(actor=manager, run_id=run.pk, node="a", item=0).follows
        assert follows is not None
        assert "Tell the customer" in " ".join(follows.done)
        assert "“Refund”" in " ".join(follows.failed)
        assert "again" in follows.retry[0]

    def test_the_page_shows_all_of_it_to_who_decides(self, run: Run, actors: Actors) -> None:
        shown = client_of(actors("builder")).get(address(run)).content.decode()
        for words in ("Told to fail.", "told_to_fail", "Tell the customer", "Refund", 'value="retry"', "marked"):
            assert words in shown
        assert 'value="retry"' not in client_of(actors("viewer")).get(address(run)).content.decode()
        assert Client().get(address(run)).status_code == 302


class TestInbox:
    def test_it_stands_in_the_inbox_and_counts_in_the_rail(self, run: Run, actors: Actors) -> None:
        assert [one.label for one in list_to_decide(actor=actors("builder"))] == ["Ask the bank"]
        assert (count_to_decide(actors("builder")), count_waiting(actors("builder"))) == (1, 1)
        assert address(run) in client_of(actors("builder")).get("/approvals/decisions/").content.decode()
        assert address(run) in client_of(actors("builder")).get(f"/runs/{run.pk}/").content.decode()

    def test_for_others_there_is_nothing(self, run: Run, actors: Actors) -> None:
        for role in ("viewer", "operator"):
            assert (list_to_decide(actor=actors(role)), count_to_decide(actors(role))) == ([], 0)


class TestForm:
    def test_done_with_an_output_goes_on_with_it(self, run: Run, actors: Actors) -> None:
        client = client_of(actors("builder"))
        given = {"verdict": "done", "output": '{"paid": true}', "reason": "Paid by phone", "port": "out"}
        assert client.post(address(run, "decide"), given).status_code == 302
        work_off()
        run.refresh_from_db()
        assert (run.state, states(run)["b"]) == ("SUCCEEDED", "SUCCEEDED")
        shown = client.get(f"/runs/{run.pk}/").content.decode()
        assert "Paid by phone" in shown
        assert "Paid by phone" in client.get(address(run)).content.decode()
        assert count_to_decide(actors("builder")) == 0

    def test_failed_undoes_what_was_done_and_the_run_says_so(self, run: Run, actors: Actors) -> None:
        client = client_of(actors("manager"))
        client.post(address(run, "decide"), {"verdict": "failed", "reason": "The bank says no"})
        assert client.get(f"/api/v1/runs/{run.pk}").json()["state"] == "ROLLING_BACK"
        assert "Rolling back" in client.get(f"/runs/{run.pk}/").content.decode()
        work_off()
        shown = client.get(f"/runs/{run.pk}/").content.decode()
        assert "What was undone" in shown
        assert Tag.objects.count() == 2

    @pytest.mark.parametrize(
        "wrong",
        [
            {"verdict": "done", "output": "{no", "reason": "x"},
            {"verdict": "done", "port": "sideways", "reason": "x"},
            {"verdict": "perhaps", "reason": "x"},
            {"verdict": "retry", "reason": "  "},
        ],
    )
    def test_what_can_not_be_taken_is_said_and_changes_nothing(
        self, run: Run, actors: Actors, wrong: dict[str, str]
    ) -> None:
        assert client_of(actors("manager")).post(address(run, "decide"), wrong).status_code == 422
        assert states(run)["a"] == "WAITING"

    def test_of_two_who_decide_at_once_one_does(self, run: Run, actors: Actors) -> None:
        client = client_of(actors("manager"))
        api = f"/api/v1/runs/{run.pk}/steps/a/decide"
        body = {"verdict": "retry", "reason": "Again"}
        found = at_once(lambda: client.post(api, body, content_type="application/json").status_code, 2)
        assert sorted(map(str, found)) == ["200", "409"]

    def test_a_viewer_is_not_heard(self, run: Run, actors: Actors) -> None:
        answer = client_of(actors("viewer")).post(address(run, "decide"), {"verdict": "done", "reason": "x"})
        assert (answer.status_code, states(run)["a"]) == (403, "WAITING")
