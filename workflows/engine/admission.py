"""Whether a step may begin now: limits of its key, its rate, and the line that its whole run may stand in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from workflows.engine import control, limits
from workflows.engine.ledger import Ledger
from workflows.engine.program import Instruction
from workflows.engine.refs import StepRef, Task
from workflows.engine.scope import recall, scope_of, scopes_of_items
from workflows.expressions import ExpressionError
from workflows.graph.policies import Limit
from workflows.states import WaitFor
from workflows.steps import StepError

LONGEST_KEY = 200


@dataclass(frozen=True)
class NotYet:
    """It waits for its turn: until a place is handed to it, or for so many seconds."""

    seconds: float | None = None


@dataclass(frozen=True)
class Never:
    """Others are at it, and it is left out."""

    reason: str


Verdict = NotYet | Never | StepError | None


def admit(ledger: Ledger, task: Task) -> Verdict:
    """None if the step may begin. In the transaction that carries it out or claims it."""
    instruction = ledger.program.instructions[task.node]
    if task.waited_for == WaitFor.REPLACED:
        return _replaced(instruction)
    if task.waited_for == WaitFor.LIMIT and (whole := ledger.program.graph.settings.limit):
        try:
            verdict = _admit_run(ledger, whole)
        except ExpressionError as error:  # moved to a version whose key its input does not have
            verdict = StepError(str(error), code="expression_failed")
        if verdict is not None:
            return verdict
    limit = instruction.node.policies.limit
    if limit is None:
        return None
    ref = StepRef(ledger.run.id, task.node, task.item)
    try:
        key = key_of(f"step:{ledger.program.workflow_id}:{task.node}", _value(ledger, task, instruction))
    except ExpressionError as error:
        return StepError(str(error), code="expression_failed")
    return _admit_step(ledger, limit, key, ref, task)


def key_of(prefix: str, value: object) -> str:
    key = f"{prefix}:{value}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"{prefix}:{hashlib.sha256(key.encode()).hexdigest()}"


def _value(ledger: Ledger, task: Task, instruction: Instruction) -> object:
    recall(ledger, task, instruction)
    if instruction.node.in_map:
        scope = next(scopes_of_items(ledger, task, instruction)).scope
    else:
        scope = scope_of(ledger, task, instruction)
    return instruction.limit_key.resolve(scope) if instruction.limit_key else ""


def _replaced(instruction: Instruction) -> Verdict:
    limit = instruction.node.policies.limit
    if limit and limit.when_full == "debounce":
        return Never("superseded")
    return StepError("A newer step for the same key took its place.", code="replaced")


def _admit_step(ledger: Ledger, limit: Limit, key: str, ref: StepRef, task: Task) -> Verdict:
    priority = ledger.run.priority
    if limit.when_full == "debounce" and (verdict := _quiet(ledger, limit, key, ref)):
        return verdict
    if limit.at_once is not None:
        place = f"{key}:at"
        if not limits.enter(place, ref, limit.at_once, priority):
            if limit.when_full == "skip":
                limits.stand_down(place, ref)
                return Never("limit_reached")
            if limit.when_full == "replace":
                _replace(ledger, place, ref)
            return NotYet()
    if limit.rate is not None:
        return _paced(limit, limit.rate, f"{key}:rate", ref, task)
    return None


def _quiet(ledger: Ledger, limit: Limit, key: str, ref: StepRef) -> Verdict:
    """The newest waits for its quiet time; those before it are left out."""
    line = f"{key}:quiet"
    limits.lock(line)
    if not limits.stand_by(line, ref):
        limits.stand_down(line, ref)
        return None
    for older in limits.rivals(line, ref).waiting:
        limits.stand_down(line, older)
        ledger.wakes += limits.replace(older)
    return NotYet(limit.seconds)


def _replace(ledger: Ledger, key: str, ref: StepRef) -> None:
    rivals = limits.rivals(key, ref)
    for older in [*rivals.holders[:1], *rivals.waiting]:
        ledger.wakes += limits.replace(older)


def _paced(limit: Limit, rate: int, key: str, ref: StepRef, task: Task) -> Verdict:
    """A turn is taken once; who comes back for it goes on."""
    if limits.stand_down(key, ref) or task.waited_for not in ("", WaitFor.RETRY, WaitFor.LIMIT):
        return None
    seconds = limits.pace(key, rate, limit.per_seconds)
    if seconds <= 0:
        return None
    limits.stand_by(key, ref)
    return NotYet(seconds)


def stand_in_line(ledger: Ledger) -> NotYet | Never | None:
    """At a run's start: None if it may begin, else what its workflow's limit says."""
    limit = ledger.program.graph.settings.limit
    if limit is None:
        return None
    key, ref = run_key(ledger, limit), StepRef(ledger.run.id, limits.WHOLE_RUN, 0)
    limits.lock(key)
    others = limits.rivals(key, ref)
    if limit.when_full == "debounce":
        limits.stand_by(key, ref)
        for older in others.waiting:
            control.order(older.run_id, control.CANCEL)
        return NotYet(limit.seconds)
    if limits.enter(key, ref, limit.at_once or 1, ledger.run.priority):
        return None
    if limit.when_full == "skip":
        limits.stand_down(key, ref)
        return Never("limit_reached")
    if limit.when_full == "replace":
        for older in [*others.holders[:1], *others.waiting]:
            control.order(older.run_id, control.CANCEL)
    return NotYet()


def _admit_run(ledger: Ledger, limit: Limit) -> Verdict:
    """The first steps of a run that stands in line: its place came, or its quiet time is over."""
    key = run_key(ledger, limit)
    ref = StepRef(ledger.run.id, limits.WHOLE_RUN, 0)
    if limit.when_full == "debounce":
        limits.stand_down(key, ref)
        return None
    entered = limits.enter(key, ref, limit.at_once or 1, ledger.run.priority)
    return None if entered else NotYet()


def run_key(ledger: Ledger, limit: Limit) -> str:
    value = ledger.program.run_key.resolve({"input": ledger.run.input}) if ledger.program.run_key else ""
    return key_of(f"workflow:{ledger.program.workflow_id}", value)
