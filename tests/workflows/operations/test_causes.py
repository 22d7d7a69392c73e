"""Failed runs by cause, and retries of all of a kind: each run once, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from crm.actors import Actor
from crm.errors import Conflict, NotAllowed
from crm.models import AuditEntry, Member
from tests.workflows.engine.conftest import Publish, work_off
from tests.workflows.operations.test_pausing import at_once, client_of
from workflows.models import BatchState, Run, RunBatch, Workflow
from workflows.selectors.causes import _first_id, failed_by_cause
from workflows.services import run_batches
from workflows.services.run_batches import retry_all, run_batch, run_pending_batches
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timezone.now() - timedelta(hours=1)
Actors = Callable[[str], Actor]


@pytest.fixture
def broken(published: Publish, manager: Actor) -> Workflow:
    """Three runs that failed at one step."""
    workflow = published({"a": ("test_mark", {}), "b": ("test_fail", {"times": 1})}, "a b")
    for _ in range(3):
        start_run(actor=manager, workflow=workflow)
    work_off()
    return workflow


def retry(actor: Actor, workflow: Workflow) -> RunBatch:
    return retry_all(actor=actor, workflow=workflow, node="b", code="told_to_fail")


def repeats() -> int:
    return Run.objects.filter(repeats_run__isnull=False).count()


class TestCauses:
    def test_runs_that_failed_alike_stand_together(self, broken: Workflow, published: Publish, manager: Actor) -> None:
        start_run(actor=manager, workflow=published({"z": ("test_fail", {})}))
        work_off()
        found = failed_by_cause(actor=manager)
        assert [(one.node, one.code, one.count) for one in found.causes] == [
            ("b", "told_to_fail", 3), ("z", "told_to_fail", 1),
        ]  # fmt: skip
        first = found.causes[0]
        assert (first.message, first.first is not None, found.is_complete) == ("Told to fail.", True, True)
        assert first.runs == sorted(first.runs, reverse=True)

    def test_the_api_and_the_page_list_them(self, broken: Workflow, actors: Actors) -> None:
        client = client_of(actors("builder"))
        one = client.get("/api/v1/runs/causes").json()["results"][0]
        assert (one["workflow_key"], one["node"], one["count"], one["repeated"]) == (broken.key, "b", 3, 0)
        assert "Retry all 3" in client.get("/runs/causes/").content.decode()
        assert "Retry all" not in client_of(actors("viewer")).get("/runs/causes/").content.decode()

    def test_it_is_read_through_the_index_on_state(self, broken: Workflow, manager: Actor) -> None:
        plan = Run.objects.filter(state="FAILED", id__gte=_first_id(broken.created_at)).order_by("-id")[:10].explain()
        assert "state" in plan


class TestRetryAll:
    def test_each_is_repeated_from_the_step_that_failed(self, broken: Workflow, manager: Actor) -> None:
        batch = retry(manager, broken)
        run_batch(batch.pk)
        work_off()
        batch.refresh_from_db()
        assert (batch.state, batch.done, batch.refused, repeats()) == ("done", 3, [], 3)
        assert failed_by_cause(actor=manager).causes[0].repeated == 3
        assert AuditEntry.objects.filter(action="run.repeated").count() == 3

    def test_a_second_time_there_is_nothing_left(self, broken: Workflow, manager: Actor) -> None:
        run_batch(retry(manager, broken).pk)
        with pytest.raises(Conflict, match="already"):
            retry(manager, broken)
        assert repeats() == 3

    def test_a_double_click_retries_each_once(self, broken: Workflow, manager: Actor) -> None:
        results = at_once(lambda: retry(manager, broken), 2)
        assert sorted(type(one).__name__ for one in results) == ["Conflict", "RunBatch"]
        for batch in RunBatch.objects.all():
            run_batch(batch.pk)
        assert repeats() == 3

    def test_two_workers_at_one_batch_repeat_each_once(self, broken: Workflow, manager: Actor) -> None:
        batch = retry(manager, broken)
        RunBatch.objects.update(state=BatchState.RUNNING, touched_at=LONG_AGO)
        at_once(lambda: run_pending_batches(), 2)
        batch.refresh_from_db()
        assert (batch.state, repeats()) == ("done", 3)

    def test_a_worker_that_is_killed_in_the_middle_is_followed_by_another(
        self, broken: Workflow, manager: Actor
    ) -> None:
        batch = retry(manager, broken)
        run_batches._take(batch.pk)
        run_batches._treat_next(batch.pk)
        with transaction.atomic():
            run_batches._treat_next(batch.pk)
            transaction.set_rollback(True)  # killed
        assert repeats() == 1
        assert run_pending_batches() == 0  # its worker was heard of a moment ago
        RunBatch.objects.update(touched_at=LONG_AGO)
        assert run_pending_batches() == 1
        batch.refresh_from_db()
        assert (batch.state, batch.done, repeats()) == ("done", 3, 3)

    def test_a_run_that_can_not_be_repeated_does_not_keep_the_others(self, broken: Workflow, manager: Actor) -> None:
        batch = retry(manager, broken)
        batch.runs = ["01890000-0000-7000-8000-000000000000", *batch.runs]
        batch.save()
        run_batch(batch.pk)
        batch.refresh_from_db()
        assert (batch.done, repeats(), batch.refused[0]["why"]) == (4, 3, "The run is not there any more.")

    def test_with_the_rights_that_whoever_asked_has_by_then(self, broken: Workflow, actors: Actors) -> None:
        batch = retry(actors("builder"), broken)
        Member.objects.filter(pk=actors("builder").member_id or 0).update(role="viewer")
        run_batch(batch.pk)
        batch.refresh_from_db()
        assert (len(batch.refused), repeats()) == (3, 0)

    def test_a_viewer_and_an_operator_may_not(self, broken: Workflow, actors: Actors) -> None:
        for role in ("viewer", "operator"):
            with pytest.raises(NotAllowed):
                retry(actors(role), broken)
        body: dict[str, Any] = {"workflow": broken.key, "node": "b", "code": "told_to_fail"}
        answer = client_of(actors("viewer")).post("/api/v1/runs/retry", body, content_type="application/json")
        assert (answer.status_code, RunBatch.objects.count()) == (403, 0)

    def test_a_builder_asks_over_the_api_and_sees_how_far_it_is(self, broken: Workflow, actors: Actors) -> None:
        client = client_of(actors("builder"))
        body = {"workflow": broken.key, "node": "b", "code": "told_to_fail"}
        answer = client.post("/api/v1/runs/retry", body, content_type="application/json")
        assert (answer.status_code, answer.json()["total"]) == (202, 3)
        run_batch(answer.json()["id"])
        assert client.get(f"/api/v1/runs/batches/{answer.json()['id']}").json()["done"] == 3
