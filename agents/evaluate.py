"""Calls a step's code with its config and context, for one step or for all items of a chunk."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, transaction

from agents import answers, secrets
from agents.aside import together, within
from workflows.engine import signals
from workflows.engine.collect import collect, last_round
from workflows.engine.contention import is_contention
from workflows.engine.ledger import Ledger
from workflows.engine.program import Instruction
from workflows.engine.refs import StepRef, Task
from workflows.engine.scope import recall, scope_of, scopes_of_items
from workflows.states import FOR_ANSWER, WaitFor
from workflows.steps import JSON, Done, Effect, Outcome, StepConfig, StepContext, StepError

logger = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Earlier:
    """What an item of a chunk came to in an earlier try, while others of its chunk are tried again."""

    outcome: JSON


Result = Outcome | StepError | Earlier
# Of a step its outcome; of a chunk the outcomes by position, those that did not reach the step left out.
Evaluated = Result | Mapping[int, Result]
Call = tuple[StepContext, StepConfig]
TIMED_OUT = "timeout"


def evaluate(ledger: Ledger, task: Task) -> Evaluated:
    instruction = ledger.program.instructions[task.node]
    recall(ledger, task, instruction)
    if task.waited_for == WaitFor.ITEMS and not instruction.type.repeats:
        return collect(ledger, task, instruction)
    if instruction.node.in_map:
        return _evaluate_chunk(ledger, task, instruction)
    try:
        scope = scope_of(ledger, task, instruction)
        if instruction.type.repeats:
            scope |= last_round(ledger, task, instruction)
        call = _call(ledger, task, instruction, scope, 0)
    except StepError as error:
        return error
    return _run_one(instruction, call, task)


def _evaluate_chunk(ledger: Ledger, task: Task, instruction: Instruction) -> Mapping[int, Result]:
    earlier = signals.parts_of(StepRef(ledger.run.id, task.node, task.item)) if task.failures else {}
    results: dict[int, Result] = {position: Earlier(outcome) for position, outcome in earlier.items()}
    calls: list[tuple[int, Call]] = []
    for item in scopes_of_items(ledger, task, instruction):
        if item.position in earlier:
            continue
        try:
            calls.append((item.position, _call(ledger, task, instruction, item.scope, item.index)))
        except StepError as error:
            results[item.position] = error
    outcomes = _run_many(instruction, [call for _, call in calls], task)
    return {**results, **dict(zip((position for position, _ in calls), outcomes, strict=True))}


def _call(ledger: Ledger, task: Task, instruction: Instruction, scope: Mapping[str, JSON], index: int) -> Call:
    run_id = ledger.run.id
    signal = signals.newest(run_id, task.node, task.item) if instruction.type.waits and task.exists else None
    if signal is None and task.waited_for in FOR_ANSWER and instruction.node.policies.timeout_seconds:
        raise StepError("No answer came in time.", code=TIMED_OUT)
    step_context = StepContext(
        run=ledger.run_info,
        node=task.node,
        label=instruction.node.label,
        item=task.item,
        index=index,
        attempt=task.attempt,
        input=instruction.input_for(scope),
        idempotency_key=_idempotency_key(run_id.hex, task.node, index),
        signal=signal,
        waited=task.waited_for == WaitFor.TIME,
        waited_for_answer=task.waited_for in FOR_ANSWER,
        repeated=task.size if instruction.type.repeats else 0,
        last=scope.get("item") if instruction.type.repeats else None,
    )  # fmt: skip
    opening = instruction.type.repeats and task.size == 0
    return step_context, instruction.config_for(scope, opening=opening)


def _idempotency_key(run: str, node: str, index: int) -> str:
    """The same for every attempt; run ids can't be guessed, so neither can the key."""
    return hashlib.sha256(f"{run}/{node}/{index}".encode()).hexdigest()[:32]


def _run_one(instruction: Instruction, call: Call, task: Task) -> Result:
    probe = instruction.type.probe
    if probe is not None and task.waited_for == WaitFor.PROBE:
        answer = _guarded(instruction, lambda: probe(*call))
        if answer is not None:
            return answer
    minutes = instruction.node.policies.cache_minutes
    known = answers.find(instruction.type.key, call) if minutes else None
    if known is not None:
        return known
    result = _in_time(instruction, lambda: _guarded(instruction, lambda: instruction.type.run(*call)))
    if minutes and isinstance(result, Done):
        answers.keep(instruction.type.key, call, result, minutes * 60)
    return result


def _run_many(instruction: Instruction, calls: Sequence[Call], task: Task) -> Sequence[Result]:
    """A whole chunk at once where the type can; if that fails, item by item, so that one can't spoil the rest."""
    batch = instruction.type.run_batch
    if len(calls) > 1 and instruction.type.effect is Effect.KEYED:
        return together([partial(_run_one, instruction, call, task) for call in calls])
    if batch is None or len(calls) < 2 or instruction.node.policies.cache_minutes:
        return [_run_one(instruction, call, task) for call in calls]
    whole: Sequence[Result] | StepError = _guarded(instruction, lambda: list(batch(calls)))
    if isinstance(whole, StepError):
        return [_run_one(instruction, call, task) for call in calls]
    return whole


def _in_time(instruction: Instruction, run: Callable[[], Result]) -> Result:
    """A step that reaches outside and takes too long is given up; whether it happened all the same is not known."""
    seconds = instruction.node.policies.timeout_seconds
    if seconds is None or not instruction.type.effect.is_outside:
        return run()
    try:
        return within(seconds, run)
    except TimeoutError:
        message = f"It took longer than the {seconds:g} seconds that it is given."
        return StepError(message, code=TIMED_OUT, retry=True, uncertain=True)


def _guarded(instruction: Instruction, run: Callable[[], T]) -> T | StepError:
    """Runs a step's code; the secrets that it used are struck out of whatever comes of it."""
    with secrets.watching() as revealed:
        result = _caught(instruction, run)
    return _clean(result, revealed) if revealed else result


def _clean(result: Any, revealed: Collection[str]) -> Any:
    if isinstance(result, list):
        return [_clean(one, revealed) for one in result]
    if isinstance(result, Done):
        return replace(result, output=secrets.redact(result.output, revealed))
    if isinstance(result, StepError):
        words = secrets.redact(result.message, revealed), secrets.redact(result.details, revealed)
        return StepError(words[0], code=result.code, retry=result.retry, details=words[1], uncertain=result.uncertain)
    return result


def _caught(instruction: Instruction, run: Callable[[], T]) -> T | StepError:
    """A local effect that fails leaves nothing behind."""
    effect = instruction.type.effect
    savepoint: Any = transaction.atomic() if effect is Effect.LOCAL else nullcontext()
    try:
        with savepoint:
            return run()
    except StepError as error:
        return error
    except (InterfaceError, DatabaseError) as error:
        if effect.is_outside:
            return unanswered(instruction)
        if isinstance(error, InterfaceError) or effect is not Effect.LOCAL or is_contention(error):
            raise  # the transaction around is broken, or is to be tried again as a whole
        logger.exception("A step failed", extra={"node": instruction.node.id})
        return StepError("The database refused the step's change.", code="database_refused", retry=True)
    except Exception as error:
        return _in_words(instruction, error)


def unanswered(instruction: Instruction) -> StepError:
    """A step asks the database before it reaches outside and not after, so nothing has happened yet."""
    logger.warning("The database gave no answer to a step", extra={"node": instruction.node.id}, exc_info=True)
    return StepError("The database gave no answer.", code="database_away", retry=True)


def _in_words(instruction: Instruction, error: Exception) -> StepError:
    """Errors of our own kinds are the user's to mend; any other is unexpected, may pass, and may follow an effect."""
    code, detail = getattr(error, "code", None), getattr(error, "detail", None)
    if isinstance(code, str) and isinstance(detail, str):
        return StepError(detail, code=code, retry=getattr(error, "status", 500) >= 500)
    logger.exception("A step failed unexpectedly", extra={"node": instruction.node.id})
    return StepError(f"{type(error).__name__}: {error}"[:500], code="unexpected", retry=True, uncertain=True)


def is_success(evaluated: Evaluated) -> bool:
    """Of a chunk: of every item."""
    results = evaluated.values() if isinstance(evaluated, Mapping) else (evaluated,)
    return all(isinstance(one, Done) for one in results)
