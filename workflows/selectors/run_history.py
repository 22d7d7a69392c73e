"""What people did to a run, what it repeats, and what it undoes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm.models import AuditEntry
from workflows.engine.ending import undo_order
from workflows.engine.program import VersionUnusable, program_of
from workflows.models import Run
from workflows.states import StepState

JSON = Any
SHOWN = 30
_WORDS = {
    "run.started": "started it",
    "run.repeated": "repeated a run",
    "run.restarted": "began it anew",
    "run.cancelled": "cancelled it",
    "run.paused": "paused it",
    "run.resumed": "let it go on",
    "run.moved": "moved it to another version",
    "run.step_left_out": "left a step out",
    "run.step_decided": "decided on a step",
}
_VERDICTS = {"retry": "let it be tried again", "done": "says that it is done", "failed": "says that it failed"}


@dataclass(frozen=True)
class Deed:
    at: Any
    who: str
    words: str
    reason: str


def history_of_run(run: Run) -> list[Deed]:
    """The newest first."""
    entries = AuditEntry.objects.filter(object_type="run", object_id=str(run.pk), action__startswith="run.")
    return [_deed(entry) for entry in entries.order_by("-pk")[:SHOWN]]


def _deed(entry: AuditEntry) -> Deed:
    after = entry.after or {}
    words = _WORDS.get(entry.action, entry.action)
    if entry.action == "run.step_decided":
        words = f"of “{after.get('node')}” {_VERDICTS.get(after.get('verdict', ''), 'decided')}"
    elif entry.action == "run.step_left_out":
        words = f"left “{after.get('node')}” out"
    elif entry.action == "run.repeated" and after.get("repeats"):
        begin = f" from “{after['from']}”" if after.get("from") else ""
        words = f"repeated run #{after['repeats']}{begin}"
    elif entry.action == "run.moved":
        words = f"moved it from version {(entry.before or {}).get('version')} to {after.get('version')}"
    return Deed(entry.at, entry.actor_name, words, str(after.get("reason") or ""))


def repeated_run(run: Run) -> Run | None:
    return Run.objects.filter(pk=run.repeats_run).first() if run.repeats_run else None


def undoing(run: Run, steps: Sequence[dict[str, JSON]]) -> list[dict[str, JSON]]:
    """The compensations in the order in which they are done; before it comes to that, none."""
    lines = {step["node"]: step for step in steps if step["undoes"]}
    begun = [line for line in lines.values() if line["state"] not in (StepState.PENDING, StepState.SKIPPED)]
    if not lines or not (begun or run.ending):
        return []
    begun.sort(key=lambda line: (line["started_at"] is None, line["started_at"]))
    ahead = [line for node in _ahead(run) if (line := lines.get(node)) and line not in begun]
    labels = {step["node"]: step["label"] for step in steps}
    return [{**line, "of": labels.get(line["undoes"], line["undoes"])} for line in [*begun, *ahead]]


def _ahead(run: Run) -> list[str]:
    if not run.ending:
        return []
    try:
        return undo_order(run.pk, program_of(run.version_id, run.graph_id))
    except VersionUnusable:
        return []


def is_not_reached(step: dict[str, JSON]) -> bool:
    return step["state"] in (StepState.PENDING, StepState.READY, StepState.WAITING) and not step["attempts"]
