"""The history checker: silent about what the engine did, and loud about each thing that it must never do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from crm.actors import Actor
from tests.workflows.engine.conftest import Publish, Start, work_off
from workflows.engine.history import check_history
from workflows.engine.history_rules import RULES
from workflows.models import Run
from workflows.services.runs import cancel_run, start_run

pytestmark = pytest.mark.django_db(transaction=True)

DIAMOND = {
    "a": ("if", {"condition": {"$expr": "input.left"}}),
    "left": "test_mark",
    "right": "test_mark",
    "both": "test_mark",
}
WAYS = ("a yes left", "a no right", "left both", "right both")
EACH: dict[str, Any] = {
    "each": ("map", {"items": {"$expr": "input.items"}, "chunk_size": 2}),
    "mark": {"type": "test_mark", "parent": "each", "config": {}},
    "bad": {"type": "test_mark", "parent": "each", "config": {"text": {"$expr": "item"}, "fail_on": "bad"}},
    "mend": {"type": "test_mark", "parent": "each", "config": {}},
}
EACH_WAYS = ("mark bad", "bad error mend")


@pytest.fixture
def diamond(started: Start) -> Run:
    run = started(DIAMOND, *WAYS, given={"left": True})
    work_off()
    return run


@pytest.fixture
def each(started: Start) -> Run:
    run = started(EACH, *EACH_WAYS, given={"items": ["good", "bad", "good", "good", "bad"]})
    work_off()
    return run


@pytest.fixture
def asking(started: Start) -> Run:
    """Two branches, one of which waits for a person, and a join that has been reached by the other."""
    run = started({"a": "test_mark", "b": "test_mark", "ask": "test_ask", "join": "test_mark"}, "a join", "ask join")
    work_off()
    return run


@contextmanager
def planted(*statements: str, run: Run) -> Iterator[None]:
    """The tables with something wrong in them, for a moment."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for statement in statements:
                cursor.execute(statement, {"run": run.pk})
        yield
        transaction.set_rollback(True)


def broken_rules() -> set[str]:
    return {violation.rule for violation in check_history().violations}


def test_nothing_is_wrong_with_what_the_engine_did(diamond: Run, each: Run, asking: Run) -> None:
    report = check_history()
    assert report.violations == []
    assert (report.runs, report.steps) == (3, 4 + (1 + 3 * 3) + 5)


def test_a_cancelled_run_is_in_order(asking: Run, manager: Actor) -> None:
    cancel_run(actor=manager, run=asking)
    assert broken_rules() == set()


def test_a_failed_run_is_in_order(started: Start) -> None:
    started({"a": "test_fail", "b": "test_mark"}, "a b")
    started({"a": "test_fail", "b": "test_mark"}, "a error b")
    work_off()
    assert Run.objects.filter(state="FAILED").count() == 1
    assert broken_rules() == set()


OF_DIAMOND = [
    ("no_result", "DELETE FROM workflows_stepresult WHERE run_id = %(run)s AND node = 'left'"),
    ("wrong_winner", "UPDATE workflows_stepresult SET attempt = 7 WHERE run_id = %(run)s AND node = 'left'"),
    ("wrong_winner", "DELETE FROM workflows_stepattempt WHERE run_id = %(run)s AND node = 'left'"),
    (
        "two_winners",
        "INSERT INTO workflows_stepattempt (run_id, node, item, attempt, started_at, ended_at, outcome)"
        " VALUES (%(run)s, 'left', 0, 2, now(), now(), 'SUCCEEDED')",
    ),
    (
        "result_of_open_step",
        "INSERT INTO workflows_stepresult (run_id, node, item, attempt) VALUES (%(run)s, 'right', 0, 1)",
    ),
    ("lost_step", "DELETE FROM workflows_step WHERE run_id = %(run)s AND node = 'right'"),
    ("wrong_way", "UPDATE workflows_step SET state = 'SKIPPED' WHERE run_id = %(run)s AND node = 'both'"),
    (
        "wrong_way",
        "UPDATE workflows_step SET state = 'SUCCEEDED' WHERE run_id = %(run)s AND node = 'right'",
    ),
    (
        "unknown_step",
        "INSERT INTO workflows_step (run_id, node, kind, state) VALUES (%(run)s, 'other', 'if', 'SKIPPED')",
    ),
    ("not_ended", "UPDATE workflows_run SET state = 'RUNNING', finished_at = NULL WHERE id = %(run)s"),
    ("wrong_end", "UPDATE workflows_run SET state = 'FAILED' WHERE id = %(run)s"),
    ("no_run", "DELETE FROM workflows_run WHERE id = %(run)s"),
    ("empty_run", "DELETE FROM workflows_step WHERE run_id = %(run)s"),
    (
        "open_in_ended_run",
        "UPDATE workflows_step SET state = 'WAITING', wake_at = now() WHERE run_id = %(run)s AND node = 'both'",
    ),
    (
        "wrong_key",
        "INSERT INTO workflows_runkey (workflow_id, key, run_id)"
        " SELECT workflow_id, k, %(run)s FROM workflows_run, (VALUES ('one'), ('two')) AS v(k) WHERE id = %(run)s",
    ),
]


@pytest.mark.parametrize(("rule", "statement"), OF_DIAMOND)
def test_what_is_wrong_with_a_plain_run_is_found(diamond: Run, rule: str, statement: str) -> None:
    with planted(statement, run=diamond):
        assert rule in broken_rules()
    assert broken_rules() == set()


OF_MAP = [
    ("wrong_chunks", "UPDATE workflows_step SET pending = 1 WHERE run_id = %(run)s AND node = 'each'"),
    ("lost_step", "DELETE FROM workflows_step WHERE run_id = %(run)s AND node = 'mark' AND item = 2"),
    ("lost_step", "DELETE FROM workflows_step WHERE run_id = %(run)s AND node = 'mend' AND item = 3"),
    (
        "wrong_way",
        "UPDATE workflows_step SET state = 'SKIPPED' WHERE run_id = %(run)s AND node = 'mend' AND item = 1",
    ),
    (
        "result_of_open_step",
        "INSERT INTO workflows_stepresult (run_id, node, item, attempt) VALUES (%(run)s, 'mark', 9, 1)",
    ),
]


@pytest.mark.parametrize(("rule", "statement"), OF_MAP)
def test_what_is_wrong_with_a_map_is_found(each: Run, rule: str, statement: str) -> None:
    with planted(statement, run=each):
        assert rule in broken_rules()


OF_JOIN = [
    ("wrong_count", "UPDATE workflows_step SET pending = 2 WHERE run_id = %(run)s AND node = 'join'"),
    (
        "wrong_count",
        "UPDATE workflows_step SET state = 'READY', pending = 0, wake_at = now()"
        " WHERE run_id = %(run)s AND node = 'join'",
    ),
    ("lost_step", "DELETE FROM workflows_step WHERE run_id = %(run)s AND node = 'join'"),
    (
        "ended_early",
        "UPDATE workflows_run SET state = 'SUCCEEDED', finished_at = now() WHERE id = %(run)s",
    ),
]


@pytest.mark.parametrize(("rule", "statement"), OF_JOIN)
def test_what_is_wrong_with_a_waiting_join_is_found(asking: Run, rule: str, statement: str) -> None:
    with planted(statement, run=asking):
        assert rule in broken_rules()


def test_a_step_that_came_before_its_time_is_found(started: Start) -> None:
    run = started({"ask": "test_ask", "after": "test_mark"}, "ask after")
    work_off()
    early = (
        "INSERT INTO workflows_step (run_id, node, kind, state, wake_at)"
        " VALUES (%(run)s, 'after', 'test_mark', 'READY', now())"
    )
    with planted(early, run=run):
        assert broken_rules() == {"early_step"}


def test_a_failure_that_leads_into_a_waiting_join_is_in_order(started: Start) -> None:
    started({"bad": "test_fail", "ask": "test_ask", "join": "test_mark"}, "bad join", "ask join")
    work_off()
    assert broken_rules() == set()


def test_an_open_step_that_nobody_will_look_at_is_found(asking: Run) -> None:
    statements = (
        "ALTER TABLE workflows_step DROP CONSTRAINT step_open_has_wake_at",
        "UPDATE workflows_step SET wake_at = NULL WHERE run_id = %(run)s AND node = 'ask'",
    )
    with planted(*statements, run=asking):
        assert broken_rules() == {"no_wake_at"}


def test_a_fire_that_started_a_run_of_another_fire_is_found(published: Publish, manager: Actor) -> None:
    schedule = {"cron": "0 3 * * *", "timezone": "UTC"}
    workflow = published({"nightly": ("trigger_schedule", schedule), "mark": "test_mark"}, "nightly mark")
    run = start_run(actor=manager, workflow=workflow)
    twice = (
        "INSERT INTO workflows_schedulefire (trigger_id, fire_at, run_id)"
        " SELECT id, now() + days * interval '1 day', %(run)s FROM workflows_trigger, (VALUES (1), (2)) AS v(days)"
    )
    with planted(twice, run=run):
        assert broken_rules() == {"wrong_fire"}


def test_a_chunk_whose_results_are_in_a_blob_is_read_whole(started: Start) -> None:
    items = ["good"] * 40 + ["bad"]
    nodes = {**EACH, "each": ("map", {"items": {"$expr": "input.items"}, "chunk_size": 50})}
    nodes["mark"] = {"type": "set_values", "parent": "each", "config": {"values": {"much": "x" * 10_000}}}
    nodes["bad"]["inputs"] = ["mark.output"]
    started(nodes, *EACH_WAYS, given={"items": items})
    work_off()
    assert Run.objects.get().state == "SUCCEEDED"
    assert broken_rules() == set()


def run_command(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_history", *arguments, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_tells_that_all_is_well(diamond: Run) -> None:
    code, said = run_command()
    assert (code, said) == (0, "1 runs, 4 steps: every rule holds.\n")


def test_the_command_names_the_run_and_the_rule(diamond: Run) -> None:
    with planted("DELETE FROM workflows_stepresult WHERE run_id = %(run)s AND node = 'left'", run=diamond):
        code, said = run_command()
        as_json = json.loads(run_command("--json")[1])
    assert code == 1
    assert f"Run {diamond.number} ({diamond.pk}), step left: no_result: SUCCEEDED without a result." in said
    assert as_json["violations"][0]["rule"] == "no_result"


def test_only_runs_since_a_time_are_looked_at(diamond: Run) -> None:
    assert run_command("--since", "2999-01-01")[1] == "0 runs, 0 steps: every rule holds.\n"


def test_a_run_that_left_what_it_did_is_found(started: Start) -> None:
    undo = {"type": "test_mark", "undoes": "a", "config": {}}
    run = started({"a": "test_mark", "undo": undo, "b": "test_fail"}, "a b")
    work_off()
    assert broken_rules() == set()
    statements = [
        f"DELETE FROM workflows_{table} WHERE run_id = %(run)s AND node = 'undo'"
        for table in ("step", "stepresult", "stepattempt")
    ]
    with planted(*statements, run=run):
        assert broken_rules() == {"not_undone"}


def test_every_rule_is_shown_to_be_broken_somewhere_here() -> None:
    shown = {rule for rule, _ in [*OF_DIAMOND, *OF_MAP, *OF_JOIN]}
    assert shown | {"early_step", "no_wake_at", "wrong_fire", "not_undone"} == set(RULES)
