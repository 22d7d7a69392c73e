"""Stragglers: a slow call to a real server is carried out once more, and exactly one of the two is recorded."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection

from agents import executor, tallies
from agents.models import NodeFigures
from agents.routing import Profile, profile_of
from agents.stragglers import back_up_one
from tests.agents.scheduling.conftest import Flood, Fresh, MakeAgent, age, refs, state_of
from workflows.engine.refs import WorkerInfo
from workflows.models import Run, Step, StepAttempt, StepResult


class Slow:
    """Answers each call when it is let go; the n-th call is answered with n."""

    def __init__(self) -> None:
        self.keys: list[str | None] = []
        self.gates = [threading.Event() for _ in range(5)]
        self.came = [threading.Event() for _ in range(5)]
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                number = len(slow.keys)
                slow.keys.append(self.headers.get("Idempotency-Key"))
                slow.came[number].set()
                slow.gates[number].wait(60)
                body = json.dumps({"call": number + 1}).encode()
                self.send_response(500 if number in slow.failing else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.failing: set[int] = set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def slow(settings: Any) -> Iterator[Slow]:
    server = Slow()
    settings.OUTGOING_ALLOWED = [f"127.0.0.1:{server.server.server_port}"]
    yield server
    server.server.shutdown()
    server.server.server_close()


Elsewhere = Callable[..., "Future[bool]"]


@pytest.fixture
def elsewhere(slow: Slow) -> Iterator[Elsewhere]:
    """Runs something as another process would, on a connection of its own."""
    with ThreadPoolExecutor() as pool:

        def run(act: Callable[[], bool]) -> Future[bool]:
            def acted() -> bool:
                try:
                    return act()
                finally:
                    connection.close()

            return pool.submit(acted)

        yield run
        for gate in slow.gates:
            gate.set()


@pytest.fixture
def late(slow: Slow, flood: Flood, make_agent: MakeAgent, fresh: Fresh, elsewhere: Elsewhere) -> Any:
    """A run whose only step hangs in its first worker, though its like take a tenth of a second."""
    (run,) = flood("Calls", 1, ("http_request", {"method": "POST", "url": slow.address, "timeout": 60}))
    NodeFigures.objects.create(
        workflow_id=run.workflow_id, node="a", count=50, mean=0.1,
        took=[0] * tallies.size_of(0.1) + [50], newest="2026-01-01T00:00:00Z",
    )  # fmt: skip
    agent = make_agent()
    first = elsewhere(lambda: executor.work(refs([run])[0], fresh(agent)))
    assert slow.came[0].wait(30)
    return run, first, profile_of(agent), fresh(agent)


Late = tuple[Run, "Future[bool]", Profile, WorkerInfo]


def what_is_recorded(run: Run) -> tuple[str, int, list[tuple[int, str]]]:
    """State, which call's answer, and the attempts."""
    result = StepResult.objects.get(run_id=run.pk, node="a")
    tries = StepAttempt.objects.filter(run_id=run.pk, node="a").order_by("attempt")
    run.refresh_from_db()
    assert result.output is not None
    return run.state, result.output["body"]["call"], list(tries.values_list("attempt", "outcome"))


def test_the_second_is_first_and_the_first_can_record_nothing(late: Late, slow: Slow) -> None:
    run, first, profile, other = late
    age(run, 30)
    slow.gates[1].set()
    assert back_up_one(profile, other)
    recorded = what_is_recorded(run)
    assert recorded == ("SUCCEEDED", 2, [(2, "SUCCEEDED")])
    slow.gates[0].set()
    first.result(60)
    assert what_is_recorded(run) == recorded
    assert slow.keys[0] == slow.keys[1]  # the other side can tell that it is one


def test_the_first_is_first_after_all(late: Late, slow: Slow, elsewhere: Elsewhere) -> None:
    run, first, profile, other = late
    age(run, 30)
    second = elsewhere(lambda: back_up_one(profile, other))
    assert slow.came[1].wait(30)
    slow.gates[0].set()
    assert first.result(60)
    recorded = what_is_recorded(run)
    assert recorded == ("SUCCEEDED", 1, [(1, "SUCCEEDED")])
    slow.gates[1].set()
    second.result(60)
    assert what_is_recorded(run) == recorded


def test_a_second_that_fails_leaves_it_to_the_first(late: Late, slow: Slow) -> None:
    run, first, profile, other = late
    age(run, 30)
    slow.failing = {1}
    slow.gates[1].set()
    back_up_one(profile, other)
    assert state_of(run) == "RUNNING"
    slow.gates[0].set()
    first.result(60)
    assert what_is_recorded(run) == ("SUCCEEDED", 1, [(1, "SUCCEEDED")])


def test_after_the_first_failed_no_number_is_given_twice(late: Late, slow: Slow, elsewhere: Elsewhere) -> None:
    run, first, profile, other = late
    age(run, 30)
    second = elsewhere(lambda: back_up_one(profile, other))
    assert slow.came[1].wait(30)
    slow.failing = {0}
    slow.gates[0].set()
    first.result(60)
    assert state_of(run) == "WAITING"
    Step.objects.filter(run_id=run.pk).update(state="READY")
    third = elsewhere(lambda: executor.work(refs([run])[0], other))
    assert slow.came[2].wait(30)
    slow.gates[1].set()  # ends now, when its number is nobody's
    second.result(60)
    assert state_of(run) == "RUNNING"
    slow.gates[2].set()
    third.result(60)
    assert what_is_recorded(run) == ("SUCCEEDED", 3, [(1, "FAILED"), (3, "SUCCEEDED")])


def test_there_is_one_second_and_no_third(late: Late, slow: Slow, elsewhere: Elsewhere) -> None:
    run, _, profile, other = late
    age(run, 30)
    second = elsewhere(lambda: back_up_one(profile, other))
    assert slow.came[1].wait(30)
    assert not back_up_one(profile, other)
    slow.gates[1].set()
    second.result(60)
    assert len(slow.keys) == 2


def test_what_is_not_late_has_no_second(late: Late, fresh: Fresh) -> None:
    run, _, profile, other = late
    assert not back_up_one(profile, other)  # not for ten seconds, however fast its like are
    age(run, 30)
    NodeFigures.objects.update(took=[0] * tallies.size_of(20) + [50])
    assert not back_up_one(profile, other)  # 30 s are usual where 20 s are
    NodeFigures.objects.update(took=[0] * tallies.size_of(0.1) + [50], count=3)
    assert not back_up_one(profile, other)  # three are not enough to tell
    assert Step.objects.get(run_id=run.pk, node="a").backup is None


def test_its_own_worker_is_no_other(late: Late) -> None:
    run, _, profile, other = late
    age(run, 30)
    holder = Step.objects.get(run_id=run.pk, node="a").worker_id
    assert not back_up_one(profile, WorkerInfo(holder, other.agent, other.serves))


def test_what_may_not_be_doubled_has_no_second(flood: Flood, make_agent: MakeAgent, fresh: Fresh) -> None:
    agent = make_agent()
    (run,) = flood("Mail", 1, ("test_mail", {}))
    NodeFigures.objects.create(workflow_id=run.workflow_id, node="a", count=50, took=[50], newest="2026-01-01T00:00Z")
    Step.objects.filter(run_id=run.pk).update(state="RUNNING", attempt=1, worker_id=fresh(agent).id)
    age(run, 60)
    assert not back_up_one(profile_of(agent), fresh(agent))
