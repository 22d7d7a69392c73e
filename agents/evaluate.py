"""Calls a step's code with its config and context, for one step or for all items of a chunk."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, transaction

from agents import secrets
from workflows.engine import signals
from workflows.engine.collect import collect
from workflows.engine.contention import is_contention
from workflows.engine.ledger import Ledger
from workflows.engine.program import Instruction, actor_for
from workflows.engine.refs import Task
from workflows.engine.scope import recall, scope_of, scopes_of_items
from workflows.graph.compile import TOP
from workflows.states import WaitFor
from workflows.steps import JSON, Done, Effect, Outcome, RunInfo, StepConfig, StepContext, StepError

logger = logging.getLogger(__name__)
T = TypeVar("T")

Result = Outcome | StepError
# Of a step its outcome; of a chunk the outcomes by position, those that did not reach the step left out.
Evaluated = Result | Mapping[int, Result]
Call = tuple[StepContext, StepConfig]


def evaluate(ledger: Ledger, task: Task) -> Evaluated:
    instruction = ledger.program.instructions[task.node]
    recall(ledger, task, instruction)
    if task.waited_for == WaitFor.ITEMS:
        return collect(ledger, task, instruction)
    if instruction.node.scope != TOP:
        return _evaluate_chunk(ledger, task, instruction)
    try:
        call = _call(ledger, task, instruction, scope_of(ledger, task, instruction), 0)
    except StepError as error:
        return error
    return _run_one(instruction, call)


def _evaluate_chunk(ledger: Ledger, task: Task, instruction: Instruction) -> Mapping[int, Result]:
    results: dict[int, Result] = {}
    calls: list[tuple[int, Call]] = []
    for item in scopes_of_items(ledger, task, instruction):
        try:
            calls.append((item.position, _call(ledger, task, instruction, item.scope, item.index)))
        except StepError as error:
            results[item.position] = error
    outcomes = _run_many(instruction, [call for _, call in calls])
    return {**results, **dict(zip((position for position, _ in calls), outcomes, strict=True))}


def _call(ledger: Ledger, task: Task, instruction: Instruction, scope: Mapping[str, JSON], index: int) -> Call:
    run, program = ledger.run, ledger.program
    signal = signals.newest(run.id, task.node, task.item) if instruction.type.waits and task.exists else None
    step_context = StepContext(
        run=RunInfo(
            run.id, run.number, program.workflow_id, program.workflow, program.number, run.input, actor_for(program)
        ),
        node=task.node,
        label=instruction.node.label,
        item=task.item,
        index=index,
        attempt=task.attempt,
        input=instruction.input_for(scope),
        idempotency_key=_idempotency_key(run.id.hex, task.node, index),
        signal=signal,
        waited=task.waited_for == WaitFor.TIME,
    )
    return step_context, instruction.config_for(scope)


def _idempotency_key(run: str, node: str, index: int) -> str:
    """The same for every attempt; run ids can't be guessed, so neither can the key."""
    return hashlib.sha256(f"{run}/{node}/{index}".encode()).hexdigest()[:32]


def _run_one(instruction: Instruction, call: Call) -> Result:
    return _guarded(instruction, lambda: instruction.type.run(*call))


def _run_many(instruction: Instruction, calls: Sequence[Call]) -> Sequence[Result]:
    """A whole chunk at once where the type can; if that fails, item by item, so that one can't spoil the rest."""
    batch = instruction.type.run_batch
    if batch is None or len(calls) < 2:
        return [_run_one(instruction, call) for call in calls]
    whole: Sequence[Result] | StepError = _guarded(instruction, lambda: list(batch(calls)))
    if isinstance(whole, StepError):
        return [_run_one(instruction, call) for call in calls]
    return whole


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
    except InterfaceError:
        raise
    except DatabaseError as error:
        if effect is not Effect.LOCAL or is_contention(error):
            raise  # the transaction around is broken, or is to be tried again as a whole
        logger.exception("A step failed", extra={"node": instruction.node.id})
        return StepError("The database refused the step's change.", code="database_refused", retry=True)
    except Exception as error:
        return _in_words(instruction, error)


def _in_words(instruction: Instruction, error: Exception) -> StepError:
    """Errors of our own kinds are the user's to mend; any other is unexpected, may pass, and may follow an effect."""
    code, detail = getattr(error, "code", None), getattr(error, "detail", None)
    if isinstance(code, str) and isinstance(detail, str):
        return StepError(detail, code=code, retry=getattr(error, "status", 500) >= 500)
    logger.exception("A step failed unexpectedly", extra={"node": instruction.node.id})
    return StepError(f"{type(error).__name__}: {error}"[:500], code="unexpected", retry=True, uncertain=True)
