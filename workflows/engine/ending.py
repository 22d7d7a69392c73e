"""The end of a run: first what it did is undone, if it failed; then everybody who waits for it is told."""

from __future__ import annotations

import json
from uuid import UUID

from django.db import connection

from crm import events
from workflows.engine import control, limits, run_rows
from workflows.engine.program import Program
from workflows.engine.refs import RunRow
from workflows.engine.run_rows import Ended
from workflows.engine.signals import send_signal
from workflows.engine.wake import Wake
from workflows.states import RunState
from workflows.steps import JSON


def next_undo(run_id: UUID, program: Program) -> str | None:
    """The compensation of the step that succeeded last and is not undone yet."""
    return next(iter(undo_order(run_id, program)), None)


def undo_order(run_id: UUID, program: Program) -> list[str]:
    """The compensations that are left to do: of the step that succeeded last first."""
    undone_by = program.graph.undone_by
    if not undone_by:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.node, r.finished_at FROM workflows_step s JOIN workflows_stepresult r"
            " ON r.run_id = s.run_id AND r.node = s.node AND r.item = s.item"
            " WHERE s.run_id = %s AND s.node = ANY(%s) AND s.item = 0 AND s.state = 'SUCCEEDED'",
            [run_id, list(undone_by)],
        )
        succeeded = cursor.fetchall()
        cursor.execute(
            "SELECT node FROM workflows_step WHERE run_id = %s AND node = ANY(%s)", [run_id, list(undone_by.values())]
        )
        begun = {node for (node,) in cursor.fetchall()}
    # Steps of one transaction have one time; among them the graph's order decides.
    left = [(at, program.graph.rank[node], node) for node, at in succeeded if undone_by[node] not in begun]
    return [undone_by[node] for _, _, node in sorted(left, reverse=True)]


def close(run: RunRow, program: Program, state: str, output: str | None) -> tuple[Ended, list[Wake]] | None:
    """Ends the run and tells whoever waits for that; answers also whom to wake, or None if it had ended before."""
    ended = run_rows.end_run(run.id, state, output)
    if ended is None:
        return None
    if program.graph.settings.deadline_seconds is not None or state != RunState.SUCCEEDED:
        control.withdraw(run.id)
    if state != RunState.SUCCEEDED:
        control.cancel_children(run.id)
    if ended.parent and ended.parent_node:
        answer = {
            "run": str(run.id), "number": run.number, "state": state, "error": ended.error,
            "output": None if output is None else json.loads(output),
        }  # fmt: skip
        send_signal(
            run_id=ended.parent, node=ended.parent_node, item=ended.parent_item, key=f"run:{run.id}", payload=answer
        )
    if state == RunState.FAILED and program.graph.settings.on_failure:
        _tell_of_failure(run, program, ended.error)
    return ended, limits.leave_all(run.id) if ended.holds else []


def _tell_of_failure(run: RunRow, program: Program, error: JSON) -> None:
    events.publish(
        events.Topic.RUN_FAILED,
        {
            "start": program.graph.settings.on_failure,
            "run": {"id": str(run.id), "number": run.number, "workflow": program.workflow, "version": program.number},
            "input": run.input,
            "error": error,
            "caused_by": str(run.id),
        },
    )
