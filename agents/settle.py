"""Turns what a step's code answered into what the ledger records: success, wait, retry, failure."""

from __future__ import annotations

import random
from collections.abc import Mapping

from agents.evaluate import Earlier, Evaluated, Result
from workflows.engine import signals
from workflows.engine.evidence import note_input
from workflows.engine.failure import fail
from workflows.engine.ledger import UNHANDLED, Ledger
from workflows.engine.refs import StepRef, Task
from workflows.graph.document import ERROR_PORT
from workflows.graph.policies import Retry
from workflows.states import WaitFor
from workflows.steps import JSON, Done, Expand, OnUncertain, StepError, Stop, Wait

# For failures that may pass by themselves, where the step says nothing else.
DEFAULT_RETRY = Retry(max_attempts=3, backoff_seconds=5)
LONGEST_BACKOFF = 3600.0


def settle(ledger: Ledger, task: Task, evaluated: Evaluated) -> None:
    if isinstance(evaluated, Mapping):
        _settle_chunk(ledger, task, evaluated)
    else:
        try:
            _settle_one(ledger, task, evaluated)
        except StepError as error:  # the output can't be kept
            note_input(ledger, task)
            fail(ledger, task, error)


def _settle_one(ledger: Ledger, task: Task, result: Result) -> None:
    match result:
        case Done(output, port):
            ledger.succeed(task, port, output)
        case Wait():
            ledger.wait(task, result)
        case Expand():
            ledger.expand(task, result)
        case Stop():
            ledger.stop(task, result)
        case StepError():
            _settle_failure(ledger, task, result)


def _settle_failure(ledger: Ledger, task: Task, error: StepError) -> None:
    note_input(ledger, task)
    uncertain = ledger.program.instructions[task.node].on_uncertain if error.uncertain else None
    if uncertain is OnUncertain.PARK or (uncertain and task.waited_for == WaitFor.PROBE):
        ledger.park(task, error)
    elif uncertain is OnUncertain.PROBE:
        ledger.probe(task, error)
    elif _may_retry(ledger, task, error):
        ledger.retry(task, error, _delay(ledger, task))
    else:
        fail(ledger, task, error)


def _policy(ledger: Ledger, task: Task) -> Retry:
    return ledger.program.graph.nodes[task.node].policies.retry or DEFAULT_RETRY


def _may_retry(ledger: Ledger, task: Task, error: StepError) -> bool:
    policy = _policy(ledger, task)
    may_pass = error.code in policy.on if policy.on else error.retry
    return may_pass and task.failures + 1 < policy.max_attempts


def _delay(ledger: Ledger, task: Task) -> float:
    """Grows with each failure; the jitter keeps a crowd of failures from coming back at once."""
    policy = _policy(ledger, task)
    backoff = policy.backoff_seconds * policy.factor**task.failures
    return float(min(backoff, LONGEST_BACKOFF) * random.uniform(0.8, 1.2))  # noqa: S311 - no secret


def _settle_chunk(ledger: Ledger, task: Task, results: Mapping[int, Result]) -> None:
    if len(results) == 1:
        alone = next(iter(results.values()))
        failed = isinstance(alone, StepError) and (alone.uncertain or _may_retry(ledger, task, alone))
        if failed or isinstance(alone, Wait):
            return _settle_one(ledger, task, alone)
    if again := _to_try_again(ledger, task, results):
        return _try_again(ledger, task, results, again)
    node = ledger.program.graph.nodes[task.node]
    size = len(ledger.memory[node.scope, task.item][1]["items"])
    handled = ERROR_PORT in node.edges
    outcomes: list[JSON] = [None] * size
    for position, result in results.items():
        outcomes[position] = _item_outcome(result, handled)
    ports = {outcome[0] for outcome in outcomes if outcome is not None}
    unhandled = sum(1 for outcome in outcomes if outcome is not None and outcome[0] == UNHANDLED)
    try:
        ledger.end_chunk(task, outcomes, ports - {UNHANDLED}, unhandled)
    except StepError as error:
        fail(ledger, task, error)
    return None


def _to_try_again(ledger: Ledger, task: Task, results: Mapping[int, Result]) -> dict[int, StepError]:
    return {
        position: result
        for position, result in results.items()
        if isinstance(result, StepError) and _may_retry(ledger, task, result)
    }


def _try_again(ledger: Ledger, task: Task, results: Mapping[int, Result], again: Mapping[int, StepError]) -> None:
    """Only those items that failed; what the others came to is kept."""
    handled = ERROR_PORT in ledger.program.graph.nodes[task.node].edges
    done = {
        position: _item_outcome(result, handled)
        for position, result in results.items()
        if position not in again and not isinstance(result, Earlier)
    }
    note_input(ledger, task)
    signals.keep_parts(StepRef(ledger.run.id, task.node, task.item), task.attempt, done)
    ledger.retry(task, next(iter(again.values())), _delay(ledger, task))


def _item_outcome(result: Result, handled: bool) -> JSON:
    if isinstance(result, Earlier):
        return result.outcome
    if isinstance(result, Done):
        return [result.port, result.output]
    if isinstance(result, StepError):
        return [ERROR_PORT, {"error": result.as_json()}] if handled else [UNHANDLED, result.as_json()]
    raise TypeError("Inside a For each with chunks a step can neither wait nor expand.")
