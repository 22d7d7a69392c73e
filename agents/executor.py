"""Carries steps out: claims one, executes it and what follows, and records all of it.

A chain of steps that touch nothing outside runs in one transaction. A step with an outside effect is claimed
in one transaction, executed in none, and its finish opens the next.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, sleep
from uuid import UUID

from django.db import Error, InterfaceError, OperationalError, connection, transaction

from agents.evaluate import Evaluated, evaluate, is_success, unanswered
from agents.lease import renewed
from agents.settle import settle
from crm import context
from workflows.engine import backup, rows, wake
from workflows.engine.admission import Never, NotYet, admit
from workflows.engine.contention import is_contention, pause
from workflows.engine.failure import fail
from workflows.engine.ledger import Ledger
from workflows.engine.places import has_room
from workflows.engine.program import Program, VersionUnusable, program_of
from workflows.engine.refs import RunRow, StepRef, Task, WorkerInfo, engine_setting
from workflows.engine.sheet import Key
from workflows.steps import JSON, StepError

logger = logging.getLogger(__name__)

UNUSABLE_SECONDS = 30


@dataclass
class Chain:
    """A run in this process's hands."""

    run: RunRow
    program: Program
    worker: WorkerInfo
    memory: dict[Key, tuple[str, JSON]] = field(default_factory=dict)
    # Of a worker whose places are counted: those that the step in hand takes.
    held: int = 0

    @property
    def is_counted(self) -> bool:
        return self.worker.places() is not None

    def units(self, task: Task) -> int:
        return self.program.instructions[task.node].type.units

    def ledger(self) -> Ledger:
        return Ledger(self.run, self.program, self.worker, self.memory)

    def ref(self, task: Task) -> StepRef:
        return StepRef(self.run.id, task.node, task.item)

    def reload(self) -> None:
        """The run was paused, moved to another version, or its steps changed, while one of them was under way."""
        self.run = rows.run_row(self.run.id)
        self.program = program_of(self.run.version_id, self.run.graph_id)

    def reaches_outside(self, task: Task) -> bool:
        return self.program.instructions[task.node].type.effect.is_outside


@dataclass(frozen=True)
class Claimed:
    """A step that was claimed and committed, to be executed next."""

    chain: Chain
    task: Task


class Gone:
    """Another worker has the step, or it is not its turn."""


@dataclass(frozen=True)
class Spared:
    """A step that became ready, and whose message was kept back since we go on with it ourselves."""

    wake: wake.Wake


Next = StepRef | Spared | Claimed | Gone | None


def work(ref: StepRef, worker: WorkerInfo, *, careful: bool = False) -> bool:
    """Carries out a ready step and what follows from it; False if another worker had it.

    With `careful` the claim is committed before the step begins.
    """
    return _go_on(ref.run_id, ref, worker, careful=careful)


def back_up(ref: StepRef, worker: WorkerInfo) -> bool:
    """Carries out once more what another worker has had in hand for too long; False if it has ended by now."""
    if worker.id is None:
        return False
    with transaction.atomic():
        task = backup.begin(ref, worker.id)
        claimed = Claimed(_chain(ref, worker), task) if task else Gone()
    return _go_on(ref.run_id, claimed, worker)


def _go_on(run_id: UUID, upcoming: Next, worker: WorkerInfo, *, careful: bool = False) -> bool:
    worked = isinstance(upcoming, Claimed)
    token = context.run_id.set(run_id)
    try:
        while upcoming is not None and not isinstance(upcoming, Gone):
            if isinstance(upcoming, Spared):
                upcoming = _begin_spared(upcoming, worker)
            elif isinstance(upcoming, StepRef):
                upcoming, careful = _begin(upcoming, worker, careful), False
            else:
                upcoming = _proceed(upcoming)
            worked = worked or not isinstance(upcoming, Gone)
    finally:
        context.run_id.reset(token)
    return worked


def _begin_spared(spared: Spared, worker: WorkerInfo) -> Next:
    upcoming = _begin(spared.wake[1], worker)
    if isinstance(upcoming, Gone):
        # Who took it did so because of a message for another step, which now has none.
        wake.after_commit([spared.wake])
    return upcoming


def _begin(ref: StepRef, worker: WorkerInfo, careful: bool = False) -> Next:
    try:
        return _claim_and_run(ref, worker, careful)
    except Exception as error:
        if is_contention(error):
            rows.postpone(ref, pause())
            return None
        if isinstance(error, VersionUnusable):
            # Another worker may know its step types, or this one will after its next start.
            logger.warning("%s", error, extra={"node": ref.node})
            rows.postpone(ref, UNUSABLE_SECONDS)
            return None
        # The whole chain was rolled back. Once more, each step by itself, so that the culprit is recorded.
        logger.exception("A chain of steps was rolled back", extra={"node": ref.node})
        return _begin_carefully(ref, worker)


def _begin_carefully(ref: StepRef, worker: WorkerInfo) -> Next:
    try:
        return _claim_carefully(ref, worker)
    except Exception as error:
        if is_contention(error):
            rows.postpone(ref, pause())
            return None
        if isinstance(error, (InterfaceError, OperationalError)):
            raise  # the database is away, which is not the step's fault; it stays ready
        logger.exception("A step could not be begun", extra={"node": ref.node})
        return _claim_carefully(ref, worker, _unexpected(error))


def _unexpected(error: Exception, *, retry: bool = False) -> StepError:
    return StepError(f"{type(error).__name__}: {error}"[:500], code="unexpected", retry=retry)


def _claim_and_run(ref: StepRef, worker: WorkerInfo, careful: bool = False) -> Next:
    with transaction.atomic():
        if not _has_room(ref, worker):
            return Gone()
        claimed = rows.claim(ref, worker.id, datetime.now(UTC))
        if claimed is None:
            return Gone()
        task, late = claimed
        chain = _chain(ref, worker)
        if chain.run.paused and rows.hold_back(ref, task.attempt):
            return None
        ledger = chain.ledger()
        if turned_away(ledger, task):
            return _carry_on(chain, ledger)
        # Where workers are lost, a step that lay ready for long may be why: the claim is committed first, and counts.
        suspect = (late or careful) and worker.is_alarmed()
        if suspect or chain.is_counted or task.crashes or chain.reaches_outside(task):
            wake.after_commit(ledger.wakes)
            return Claimed(chain, task)
        settle(ledger, task, evaluate(ledger, task))
        return _carry_on(chain, ledger)


def _has_room(ref: StepRef, worker: WorkerInfo) -> bool:
    places = worker.places()
    return places is None or worker.id is None or has_room(ref, worker.id, places.number, places.large)


def _claim_carefully(ref: StepRef, worker: WorkerInfo, failure: StepError | None = None) -> Next:
    """Claims the step to be executed after the commit; one that can't even be begun fails at once."""
    with transaction.atomic():
        if not _has_room(ref, worker):
            return Gone()
        claimed = rows.claim(ref, worker.id, datetime.now(UTC))
        if claimed is None:
            return Gone()
        task = claimed[0]
        task.crashes = max(task.crashes, 1)
        chain = _chain(ref, worker)
        if chain.run.paused and rows.hold_back(ref, task.attempt):
            return None
        ledger = chain.ledger()
        if failure is not None:
            fail(ledger, task, failure)
            return _carry_on(chain, ledger, alone=True)
        if turned_away(ledger, task):
            return _carry_on(chain, ledger, alone=True)
        wake.after_commit(ledger.wakes)
        return Claimed(chain, task)


def _chain(ref: StepRef, worker: WorkerInfo) -> Chain:
    run = rows.run_row(ref.run_id)
    return Chain(run, program_of(run.version_id, run.graph_id), worker)


def _proceed(claimed: Claimed) -> Next:
    chain, task = claimed.chain, claimed.task
    chain.held = chain.units(task)
    with renewed(chain.ref(task), task.attempt):
        if chain.reaches_outside(task):
            return _finish_surely(chain, task, _evaluate_outside(chain, task))
        try:
            return _finish(chain, task, None)
        except Exception as error:
            if is_contention(error):
                rows.postpone(chain.ref(task), pause(), task.attempt)
                return None
            logger.exception("A step was rolled back", extra={"node": task.node})
            return _finish(chain, task, _unexpected(error, retry=True))


def _evaluate_outside(chain: Chain, task: Task) -> Evaluated:
    try:
        return evaluate(chain.ledger(), task)
    except Error:
        connection.close()
        return unanswered(chain.program.instructions[task.node])


# Seconds before each new try to record what happened outside.
_AFTER_A_FAULT = (0.2, 1.0, 5.0)
# These pass, and are not among those.
_TRIES_AGAINST_LOCKS = 40


def _finish_surely(chain: Chain, task: Task, outcome: Evaluated) -> Next:
    """What happened outside has happened: its record is tried again; after that the lease runs out."""
    pauses, locked = iter(_AFTER_A_FAULT), 0
    alone = False
    while True:
        try:
            return _finish(chain, task, outcome, alone=alone)
        except Error as error:
            logger.warning("The record of a step failed; trying again", extra={"node": task.node}, exc_info=True)
            alone = True  # a step after it may be at fault, and must not take the record along
            if is_contention(error) and locked < _TRIES_AGAINST_LOCKS:
                locked += 1
                sleep(pause())
                continue
            seconds = next(pauses, None)
            if seconds is None:
                raise
            connection.close()
            sleep(seconds)


def _finish(chain: Chain, task: Task, outcome: Evaluated | None, *, alone: bool = False) -> Next:
    known = dict(chain.memory)
    try:
        with transaction.atomic():
            held = rows.hold(chain.ref(task), task.attempt)
            if held is None:
                logger.warning("Another worker took this step over; nothing was written", extra={"node": task.node})
                return None
            if task.is_backup:
                if outcome is None or not is_success(outcome):
                    return None  # the first may still do better
                backup.promote(chain.ref(task), task.attempt, chain.worker.id)
            if held != (chain.run.version_id, chain.run.graph_id, chain.run.paused):
                chain.reload()
            ledger = chain.ledger()
            settle(ledger, task, evaluate(ledger, task) if outcome is None else outcome)
            return _carry_on(chain, ledger, alone=alone or task.crashes > 0)
    except Exception:
        chain.memory = known  # outputs that were rolled back are not to be read again
        raise


def _carry_on(chain: Chain, ledger: Ledger, *, alone: bool = False) -> Next:
    mine = advance(chain, ledger, alone=alone)
    chain.run, chain.program = ledger.run, ledger.program  # a step may have added others to the run
    upcoming: Next = Claimed(chain, mine) if mine else _take_one(ledger, chain.worker)
    wake.after_commit(ledger.wakes)
    return upcoming


def advance(chain: Chain, ledger: Ledger, *, alone: bool = False) -> Task | None:
    """Executes what became ready while the transaction may last, claims one outside step, leaves the rest ready."""
    until = monotonic() + engine_setting("CHAIN_MILLISECONDS") / 1000
    steps, most = 1, 1 if alone else int(engine_setting("CHAIN_STEPS"))
    mine: Task | None = None
    while ledger.ready:
        task = ledger.ready.popleft()
        # Of a paused run whoever claims the step holds it back.
        if chain.run.paused or not chain.worker.serves(chain.program.graph.nodes[task.node].type):
            ledger.hand_on(task)
        elif chain.is_counted and chain.units(task) > chain.held:
            ledger.hand_on(task)  # it needs places that have to be free first
        elif turned_away(ledger, task):
            continue
        elif chain.reaches_outside(task):
            if mine is None:
                mine = task
                ledger.claim(task)
            else:
                ledger.hand_on(task)
        elif steps >= most or monotonic() > until:
            ledger.hand_on(task)
        else:
            settle(ledger, task, evaluate(ledger, task))
            steps += 1
    ledger.write()
    if mine is not None and ledger.has_dropped and rows.hold(chain.ref(mine), mine.attempt) is None:
        return None  # another step of the chain ended the run, or its branch
    return mine


def turned_away(ledger: Ledger, task: Task) -> bool:
    """True if it is not to be carried out now: for its limits, as it was taken out, or as another branch was faster."""
    if task.node in ledger.program.left_out:
        ledger.pass_by(task)
        return True
    if ledger.has_lost(task):
        ledger.lose_out(task)
        return True
    verdict = admit(ledger, task)
    match verdict:
        case NotYet(seconds):
            ledger.put_off(task, seconds)
        case Never(reason):
            ledger.skip(task, reason)
        case StepError():
            fail(ledger, task, verdict)
    return verdict is not None


def _take_one(ledger: Ledger, worker: WorkerInfo) -> Spared | None:
    """Keeps one of the steps that became ready, and spares its message."""
    for position, (kind, _) in enumerate(ledger.wakes):
        if worker.serves(kind):
            return Spared(ledger.wakes.pop(position))
    return None
