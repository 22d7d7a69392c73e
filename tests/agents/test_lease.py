"""Leases of long steps: renewed while the step is under way, and only then."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from agents import lease
from agents.lease import Keeper
from tests.workflows.engine.conftest import Publish, Start, _kinds, manager, published, started
from workflows.engine import rows
from workflows.engine.refs import StepRef
from workflows.models import Step

__all__ = ["Publish", "_kinds", "manager", "published", "started"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claimed(started: Start, settings: Any) -> StepRef:
    settings.ENGINE = {**settings.ENGINE, "RENEW_SECONDS": 0.1}
    ref = StepRef(started({"a": "test_mark"}).pk, "a")
    rows.claim(ref, None, datetime.now(UTC))
    return ref


def end_of_lease(ref: StepRef) -> datetime:
    moment = Step.objects.get(run_id=ref.run_id, node=ref.node).wake_at
    assert moment is not None
    return moment


def becomes_true(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_lease_is_renewed_again_and_again(claimed: StepRef) -> None:
    keeper = Keeper()
    keeper.keep((claimed, 1))
    for _ in range(2):
        before = end_of_lease(claimed)
        assert becomes_true(lambda before=before: end_of_lease(claimed) > before)  # type: ignore[misc]
    keeper.let_go((claimed, 1))


def test_a_lease_that_was_let_go_is_not_renewed(claimed: StepRef) -> None:
    keeper = Keeper()
    keeper.keep((claimed, 1))
    keeper.let_go((claimed, 1))
    before = end_of_lease(claimed)
    time.sleep(0.4)
    assert end_of_lease(claimed) == before


def test_the_lease_of_an_attempt_that_was_taken_over_is_not_renewed(claimed: StepRef) -> None:
    Step.objects.update(attempt=2)
    keeper = Keeper()
    keeper.keep((claimed, 1))
    before = end_of_lease(claimed)
    time.sleep(0.4)
    assert end_of_lease(claimed) == before


def test_a_process_that_is_forked_keeps_leases_with_a_thread_of_its_own() -> None:
    kept = lease._keeper
    child = os.fork()
    if child == 0:
        os._exit(0 if lease._keeper is not kept else 1)
    assert os.waitpid(child, 0)[1] == 0
