"""Carries a case of a workflow out by the engine itself, in a transaction that is taken back.

What follows from the input alone is evaluated; every other step answers from the case. So nothing is sent, and of
what the engine writes to its tables nothing stays.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from agents.evaluate import evaluate
from agents.settle import settle
from workflows import registry
from workflows.compiling import compiled
from workflows.engine import rows
from workflows.engine.ledger import Ledger
from workflows.engine.program import Instruction, Program, assemble
from workflows.engine.refs import StepRef, WorkerInfo
from workflows.engine.sheet import Key
from workflows.graph.cases import Answer, Case, Outcome, key_of
from workflows.graph.compile import TOP, CompiledGraph, CompiledNode
from workflows.graph.document import Document, to_json
from workflows.graph.policies import Policies, Retry, Settings
from workflows.models import Run, Step, Version, Workflow
from workflows.selectors.cases import outcome_of, results_of
from workflows.states import RunState, StepState
from workflows.steps import JSON, Done, Effect, Family, StepConfig, StepContext, StepError, StepType, Wait
from workflows.steps import Outcome as StepOutcome

# The version of a draft exists only inside the transaction; its number is above all that are counted.
_FIRST_NUMBER, _NUMBERS = 2**30, 2**30
_ONE_TRY = Retry(max_attempts=1)
_NOBODY = WorkerInfo(None, "rehearsal", lambda kind: True)


def rehearse(*, workflow: Workflow, document: Document, case: Case, seconds: float) -> Outcome:
    with transaction.atomic():
        outcome = _Rehearsal(workflow, document, case, seconds).carry_out()
        transaction.set_rollback(True)
    return outcome


@dataclass(frozen=True)
class _Replayed(Instruction):
    """Sees what the recorded run saw of itself and of the time."""

    facts: Mapping[str, JSON] = field(default_factory=dict)

    def config_for(self, scope: Mapping[str, JSON], **how: bool) -> StepConfig:
        return super().config_for({**scope, **self.facts}, **how)


class _Rehearsal:
    def __init__(self, workflow: Workflow, document: Document, case: Case, seconds: float) -> None:
        self.workflow, self.document, self.case = workflow, document, case
        self.unanswered: dict[str, str] = {}
        self.calls: dict[str, JSON] = {}
        self.memory: dict[Key, tuple[str, JSON]] = {}
        self.seconds, self.until = seconds, monotonic() + seconds

    def carry_out(self) -> Outcome:
        graph = _undisturbed(compiled(self.document))
        program = self._program(graph)
        run = self._run(program)
        ledger = self._ledger(run, program)
        ledger.start(_entries(program, self.case.run.trigger))
        self._finish(ledger)
        while (ref := self._next(run.pk)) and (claimed := rows.claim(ref, None, datetime.now(UTC))):
            ledger = self._ledger(run, program)
            settle(ledger, claimed[0], evaluate(ledger, claimed[0]))
            self._finish(ledger)
        run.refresh_from_db()
        outcome = outcome_of(run, graph, results_of(run), self.case.expected.outputs)
        return replace(outcome, calls=self.calls, unanswered=self._missed(run), **self._stopped(run))

    def _ledger(self, run: Run, program: Program) -> Ledger:
        return Ledger(rows.run_row(run.pk), program, _NOBODY, self.memory)

    def _finish(self, ledger: Ledger) -> None:
        while ledger.ready and monotonic() < self.until:
            task = ledger.ready.popleft()
            settle(ledger, task, evaluate(ledger, task))
        ledger.hand_on_all()
        ledger.write()

    def _next(self, run_id: UUID) -> StepRef | None:
        ready = Step.objects.filter(run_id=run_id, state=StepState.READY).order_by("item", "node").first()
        return StepRef(run_id, ready.node, ready.item) if ready and monotonic() < self.until else None

    def _missed(self, run: Run) -> tuple[str, ...]:
        overtaken = set(
            Step.objects.filter(run_id=run.pk, state=StepState.CANCELLED, item=0).values_list("node", flat=True)
        )
        return tuple(key for key, node in self.unanswered.items() if node not in overtaken)

    def _stopped(self, run: Run) -> dict[str, JSON]:
        """A run that came to no end, and where."""
        if run.state != RunState.RUNNING:
            return {}
        if monotonic() >= self.until:
            message = f"it took longer than the {self.seconds:.2g} seconds that it had. Use fewer records."
        else:
            waits = Step.objects.filter(run_id=run.pk, wake_at__isnull=False).order_by("node", "item").first()
            message = f"it waits at {waits.node}." if waits else "nothing is left to do."
        return {"error": {"message": message}}

    def _run(self, program: Program) -> Run:
        facts = self.case.run
        run = Run(
            id=uuid7(), number=facts.number, version_id=program.version_id, workflow=self.workflow,
            trigger=facts.trigger, started_by_id="", started_by="", input=self.case.input,
        )  # fmt: skip
        run.save(force_insert=True)
        return run

    def _program(self, graph: CompiledGraph) -> Program:
        published = self.workflow.published
        version = Version.objects.create(
            workflow=self.workflow,
            number=_FIRST_NUMBER + secrets.randbelow(_NUMBERS),
            document=to_json(self.document),
            compiled=graph.to_json(),
            sha256="",
            published_by_id=published.published_by_id if published else None,
        )
        program = assemble(version)
        instructions = {key: self._replayed(one) for key, one in program.instructions.items()}
        return replace(program, instructions=instructions)

    def _replayed(self, instruction: Instruction) -> Instruction:
        run, found = self.case.run, registry.get(instruction.node.type)
        told = {"id": run.id, "number": run.number, "workflow": run.workflow, "version": run.version}
        step_type = found if found.is_replayable else self._recorded(found, instruction.node)
        kept = {one.name: getattr(instruction, one.name) for one in fields(instruction)}
        return _Replayed(**{**kept, "type": step_type, "facts": {"run": told, "now": run.now}})

    def _recorded(self, step_type: StepType[Any], node: CompiledNode) -> StepType[Any]:
        """The type with the case's answers in the place of its code."""

        def answer(context: StepContext, config: StepConfig) -> StepOutcome:
            key = key_of(context.node, context.index if node.in_map else None)
            asked = {"config": config.model_dump(mode="json", exclude_unset=True)}
            told = {**asked, "input": context.input} if node.inputs else asked
            self.calls[key] = json.loads(json.dumps(told, default=str))  # as the case keeps it
            found = self.case.answers.get(key)
            if found is None:
                self.unanswered[key] = context.node
                # At the top it may be a branch that another one overtook.
                return Done(None, step_type.ports[0]) if node.in_map else Wait(person=True)
            return _given(found)

        return replace(
            step_type, run=answer, run_batch=None, effect=Effect.PURE, waits=False, probe=None, cacheable=False
        )


def _entries(program: Program, trigger: str) -> list[str]:
    """The trigger that started the recorded run, or where it is gone the first; and what needs none."""
    entries = program.graph.entries[TOP]
    triggers = [node for node in entries if program.instructions[node].type.family is Family.TRIGGER]
    started = [trigger] if trigger in triggers else triggers[:1]
    return [node for node in entries if node in started or node not in triggers]


def _given(answer: Answer) -> Done:
    if answer.error is not None:
        error = answer.error
        raise StepError(
            str(error.get("message", "")), code=str(error.get("code", "failed")), details=error.get("details")
        )
    return Done(answer.output, answer.port)


def _undisturbed(graph: CompiledGraph) -> CompiledGraph:
    """Without limits, retries and deadlines: the record tells what came of them."""
    nodes = {
        key: replace(node, policies=Policies(retry=_ONE_TRY, join=node.policies.join, undoes=node.policies.undoes))
        for key, node in graph.nodes.items()
    }
    return replace(graph, nodes=nodes, settings=Settings())
