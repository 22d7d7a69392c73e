"""Remote workers claim steps over REST and finish them under the same fence as our own agents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agents import routing
from agents.services.agents import AgentSettings, create_agent
from crm.errors import InvalidInput
from tests.agents.fixtures import ActorAs, ApiAs, As, MemberAs
from tests.agents.remote.fixtures import install
from tests.workflows.engine.conftest import make_due, output, states, sweep_now, work_off
from workflows.engine import program
from workflows.engine.sweep import sweep
from workflows.models import Run, Step, StepAttempt, StepResult
from workflows.services.runs import cancel_run, start_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
Start = Callable[..., Run]
AFTER = ("set_values", {"values": {"seen": {"$expr": "steps.far.output"}}})
OWNERS = ("admin", "worker")
OTHERS = ("manager", "builder", "operator", "viewer")


def call(client: APIClient, what: str, **body: Any) -> Any:
    return client.post(f"/api/v1/worker/{what}", body)


def claim(client: APIClient, **body: Any) -> dict[str, Any]:
    answer = call(client, "claim", **body)
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["step"])


def lease(step: dict[str, Any]) -> dict[str, Any]:
    return {name: step[name] for name in ("run_id", "node", "item", "attempt")}


@pytest.fixture
def begun(actor_as: ActorAs) -> Start:
    """A run whose step `far` is for a remote worker."""

    def start(given: Any = None, **config: Any) -> Run:
        admin = actor_as("admin")
        nodes = {"far": ("remote_task", config), "after": AFTER}
        return start_run(actor=admin, workflow=install(admin, "Far", nodes, "far after"), input=given or {"n": 2})

    return start


@pytest.fixture
def worker(api_as: ApiAs) -> APIClient:
    return api_as("worker")


def test_a_worker_claims_a_step_and_its_result_carries_the_run_on(begun: Start, worker: APIClient) -> None:
    run = begun()
    step = claim(worker)
    assert (step["run_id"], step["node"], step["item"], step["attempt"]) == (str(run.pk), "far", 0, 1)
    assert (step["type"], step["input"], step["config"]["queue"]) == ("remote_task", {"n": 2}, "default")
    assert len(step["idempotency_key"]) == 32
    assert step["lease_seconds"] == 60
    assert states(run) == {"far": "RUNNING"}
    assert call(worker, "renew", **lease(step)).json() == {"lease_seconds": 60}
    assert call(worker, "finish", **lease(step), output={"n": 4}).status_code == 204
    work_off()
    run.refresh_from_db()
    assert (run.state, run.output) == ("SUCCEEDED", {"seen": {"n": 4}})
    attempt = StepAttempt.objects.get(run_id=run.pk, node="far")
    assert (attempt.outcome, attempt.agent) == ("SUCCEEDED", "remote: worker")


def test_no_agent_of_ours_ever_serves_it(actor_as: ActorAs) -> None:
    agent = create_agent(actor=actor_as("admin"), new=AgentSettings(name="all", kinds=["*", "connect", "remote_task"]))
    assert "remote_task" not in routing.kinds_of(agent)


def test_with_nothing_to_do_the_answer_is_empty(begun: Start, worker: APIClient) -> None:
    assert call(worker, "claim").status_code == 204
    begun(queue="gpu")
    assert call(worker, "claim").status_code == 204
    assert claim(worker, queues=["default", "gpu"])["config"]["queue"] == "gpu"


@pytest.mark.parametrize("queue", ["{{ input.queue }}", {"$expr": "input.queue"}, "Not A Slug"])
def test_a_queue_that_no_worker_could_name_is_not_published(queue: Any, begun: Start) -> None:
    with pytest.raises(InvalidInput):
        begun(queue=queue)
    assert not Run.objects.exists()


def test_a_claim_waits_for_work_no_longer_than_it_says(worker: APIClient) -> None:
    assert call(worker, "claim", wait_seconds=1).status_code == 204


def test_the_step_that_waited_longest_comes_first(begun: Start, worker: APIClient) -> None:
    runs = [str(begun({"n": n}).pk) for n in range(3)]
    assert [claim(worker)["run_id"] for _ in runs] == runs


def test_a_step_has_one_worker(begun: Start, worker: APIClient, api_as: ApiAs) -> None:
    begun()
    step = claim(worker)
    assert call(api_as("admin"), "claim").status_code == 204
    stolen = call(api_as("admin"), "finish", **lease(step), output=1)
    assert (stolen.status_code, stolen.json()["code"]) == (409, "fence_lost")
    assert not StepResult.objects.filter(node="far").exists()


def test_a_worker_that_vanished_loses_its_step_to_the_next(begun: Start, worker: APIClient) -> None:
    run = begun()
    lost = claim(worker)
    sweep_now()
    again = claim(worker)
    assert (again["attempt"], again["idempotency_key"]) == (2, lost["idempotency_key"])
    for what in ("renew", "finish"):
        answer = call(worker, what, **lease(lost))
        assert (answer.status_code, answer.json()["code"]) == (409, "fence_lost")
    assert call(worker, "fail", **lease(lost), code="x", message="x").status_code == 409
    assert states(run) == {"far": "RUNNING"}
    assert call(worker, "finish", **lease(again), output=1).status_code == 204
    assert output(run, "far") == 1
    assert list(StepAttempt.objects.filter(node="far").order_by("attempt").values_list("outcome", flat=True)) == [
        "LOST", "SUCCEEDED"
    ]  # fmt: skip


def test_a_renewed_lease_does_not_run_out(begun: Start, worker: APIClient) -> None:
    run = begun()
    step = claim(worker)
    make_due()
    call(worker, "renew", **lease(step))
    sweep()
    assert Step.objects.get(run_id=run.pk, node="far").state == "RUNNING"


def test_a_finish_that_is_sent_twice_counts_once(begun: Start, worker: APIClient) -> None:
    run = begun()
    step = claim(worker)
    call(worker, "finish", **lease(step), output=1)
    assert call(worker, "finish", **lease(step), output=2).json()["code"] == "fence_lost"
    assert output(run, "far") == 1


def test_of_a_cancelled_run_nothing_can_be_recorded(begun: Start, worker: APIClient, actor_as: ActorAs) -> None:
    run = begun()
    step = claim(worker)
    cancel_run(actor=actor_as("admin"), run=run)
    assert call(worker, "renew", **lease(step)).json()["code"] == "fence_lost"
    assert call(worker, "finish", **lease(step), output=1).json()["code"] == "fence_lost"
    assert not StepResult.objects.filter(run_id=run.pk, node="far").exists()


def test_a_failure_that_may_pass_is_tried_again(begun: Start, worker: APIClient) -> None:
    run = begun()
    told = {"code": "gpu_busy", "message": "The GPU is busy.", "retry": True}
    assert call(worker, "fail", **lease(claim(worker)), **told).status_code == 204
    assert states(run) == {"far": "WAITING"}
    sweep_now()
    assert call(worker, "fail", **lease(claim(worker)), **{**told, "retry": False}).status_code == 204
    run.refresh_from_db()
    assert run.error is not None
    assert (run.state, run.error["code"], run.error["message"]) == ("FAILED", "gpu_busy", "The GPU is busy.")


def test_a_worker_chooses_the_way_out_of_those_there_are(actor_as: ActorAs, worker: APIClient) -> None:
    admin = actor_as("admin")
    nodes = {"far": ("remote_task", {"ports": [{"name": "odd"}]}), "even": "set_values", "odd": "set_values"}
    workflow = install(admin, "Far", nodes, "far even", "far odd odd")
    run = start_run(actor=admin, workflow=workflow, input={})
    step = claim(worker)
    for port in ("nowhere", "error"):
        refused = call(worker, "finish", **lease(step), port=port)
        assert (refused.status_code, refused.json()["code"]) == (422, "no_port")
    assert call(worker, "finish", **lease(step), port="odd").status_code == 204
    work_off()
    assert states(run) | {"far": "SUCCEEDED", "even": "SKIPPED", "odd": "SUCCEEDED"} == states(run)


def test_under_a_for_each_every_item_is_a_step_of_its_own(actor_as: ActorAs, worker: APIClient) -> None:
    admin = actor_as("admin")
    nodes = {
        "each": ("map", {"items": {"$expr": "input.all"}}),
        "far": {"type": "remote_task", "parent": "each", "config": {"input": {"n": {"$expr": "item"}}}},
    }
    run = start_run(actor=admin, workflow=install(admin, "Each", nodes), input={"all": [5, 6, 7]})
    work_off()
    seen = {}
    for _ in range(2):
        step = claim(worker)
        seen[step["item"]] = step["input"]["n"]
        call(worker, "finish", **lease(step), output=step["input"]["n"] ** 2)
    last = claim(worker)
    call(worker, "fail", **lease(last), code="too_hard", message="No.")
    work_off()
    run.refresh_from_db()
    assert run.state == "SUCCEEDED"
    assert seen == {1: 5, 2: 6}
    gathered = output(run, "each")
    assert (gathered["count"], gathered["succeeded"], gathered["failed"]) == (3, 2, 1)


@pytest.fixture
def planned(actor_as: ActorAs) -> Callable[[dict[str, Any]], Run]:
    """A run that added a step for a remote worker to itself."""
    admin = actor_as("admin")
    plan = {"allowed": ["remote_task"], "nodes": {"$expr": "input.steps"}}
    workflow = install(admin, "Planned", {"plan": ("plan", plan)})

    def start(config: dict[str, Any]) -> Run:
        steps = [{"id": "far", "type": "remote_task", "config": config}]
        run = start_run(actor=admin, workflow=workflow, input={"steps": steps})
        work_off()
        return run

    return start


def test_a_planned_step_is_claimed_from_the_queue_it_names(
    planned: Callable[[dict[str, Any]], Run], worker: APIClient
) -> None:
    usual, gpu = planned({}), planned({"queue": "gpu"})
    assert call(worker, "claim", queues=["other"]).status_code == 204
    assert claim(worker, queues=["gpu"])["run_id"] == str(gpu.pk)
    assert claim(worker)["run_id"] == str(usual.pk)
    assert call(worker, "claim", queues=["gpu", "default"]).status_code == 204


def test_planned_and_drawn_steps_of_a_queue_are_claimed_in_one_order(
    planned: Callable[[dict[str, Any]], Run], begun: Start, worker: APIClient
) -> None:
    runs = [begun(queue="gpu"), planned({"queue": "gpu"}), begun(queue="gpu")]
    assert [claim(worker, queues=["gpu"])["run_id"] for _ in runs] == [str(run.pk) for run in runs]


def test_a_claim_reads_as_much_whatever_the_number_of_planned_runs(
    planned: Callable[[dict[str, Any]], Run], worker: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def statements() -> int:
        # As in a process that carried none of them out.
        monkeypatch.setattr(program, "_programs", type(program._programs)())
        with CaptureQueriesContext(connection) as asked:
            assert call(worker, "claim", queues=["other"]).status_code == 204
        return len(asked)

    planned({"queue": "gpu"})
    statements()
    one = statements()
    for _ in range(3):
        planned({"queue": "gpu"})
    monkeypatch.setattr(
        program, "_programs", type(program._programs)()
    )  # as in a process that carried none of them out
    assert statements() == one


def test_a_step_whose_input_can_not_be_had_fails_and_hands_nothing_out(actor_as: ActorAs, worker: APIClient) -> None:
    admin = actor_as("admin")
    workflow = install(admin, "Far", {"far": ("remote_task", {"input": {"$expr": "input.a.b"}})})
    run = start_run(actor=admin, workflow=workflow, input={"a": 1})
    assert call(worker, "claim").status_code == 204
    run.refresh_from_db()
    assert run.state == "FAILED"


def test_a_worker_that_takes_longer_than_the_step_may_take_loses_it(actor_as: ActorAs, worker: APIClient) -> None:
    admin = actor_as("admin")
    node = {"type": "remote_task", "config": {}, "timeout_seconds": 0.001}
    run = start_run(actor=admin, workflow=install(admin, "Far", {"far": node}), input={})
    step = claim(worker)
    assert call(worker, "renew", **lease(step)).json()["code"] == "fence_lost"
    assert states(run) == {"far": "WAITING"}
    assert (StepAttempt.objects.get(run_id=run.pk, node="far").error or {})["code"] == "timeout"


@pytest.mark.parametrize("role", OTHERS)
def test_who_has_not_the_right_claims_nothing(role: str, begun: Start, api_as: ApiAs) -> None:
    run = begun()
    assert call(api_as(role), "claim").status_code == 403
    assert states(run) == {"far": "READY"}


@pytest.mark.parametrize("role", OTHERS)
def test_who_has_not_the_right_ends_nothing(role: str, begun: Start, worker: APIClient, api_as: ApiAs) -> None:
    run = begun()
    step = claim(worker)
    for what, more in (("renew", {}), ("finish", {"output": 1}), ("fail", {"code": "x", "message": "x"})):
        assert call(api_as(role), what, **lease(step), **more).status_code == 403
    assert states(run) == {"far": "RUNNING"}


def test_a_stranger_is_asked_for_a_token(client: Any) -> None:
    for what in ("claim", "renew", "finish", "fail"):
        assert client.post(f"/api/v1/worker/{what}", {}, content_type="application/json").status_code == 401


def test_a_worker_s_role_opens_nothing_else(begun: Start, worker: APIClient, member_as: MemberAs) -> None:
    run = begun()
    for path in ("customers", "workflows", "runs", f"runs/{run.pk}", "members", "connections", "agents", "audit"):
        assert worker.get(f"/api/v1/{path}").status_code == 403, path


@pytest.mark.parametrize(
    "wrong",
    [
        {"queues": []}, {"queues": "x"}, {"queues": ["A B"]}, {"wait_seconds": 21}, {"wait_seconds": -1}, {"more": 1},
    ],
)  # fmt: skip
def test_a_claim_that_makes_no_sense_is_refused(wrong: dict[str, Any], begun: Start, worker: APIClient) -> None:
    run = begun()
    assert call(worker, "claim", **wrong).status_code == 422
    assert states(run) == {"far": "READY"}


def test_an_output_that_can_not_be_kept_is_refused_and_the_step_stays_the_worker_s(
    begun: Start, worker: APIClient
) -> None:
    run = begun()
    step = claim(worker)
    refused = call(worker, "finish", **lease(step), output={"text": "\x00"})
    assert (refused.status_code, refused.json()["code"]) == (422, "output_not_json")
    assert states(run) == {"far": "RUNNING"}
    assert call(worker, "finish", **lease(step), output={"text": ""}).status_code == 204


def test_too_many_calls_are_put_off(begun: Start, worker: APIClient, settings: Any) -> None:
    settings.REMOTE = {**settings.REMOTE, "WORKER_CALLS_PER_MINUTE": 0}
    run = begun()
    assert call(worker, "claim").status_code == 429
    assert states(run) == {"far": "READY"}


def test_the_description_of_the_api_tells_of_it(client: Any) -> None:
    paths = client.get("/api/schema/?format=json").json()["paths"]
    assert {f"/api/v1/worker/{what}" for what in ("claim", "renew", "finish", "fail")} <= set(paths)


def test_a_worker_s_member_who_opens_the_pages_is_told_or_turned_away(logged_in: As) -> None:
    for page in ("/", "/customers/", "/workflows/", "/runs/", "/admin/"):
        assert logged_in("worker").get(page).status_code in (200, 302, 403, 404), page
