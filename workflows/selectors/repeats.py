"""What a repeat of a run would copy and what it would do again, before anybody asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm.errors import InvalidInput
from workflows.engine.program import Program, program_of
from workflows.engine.repeat import NotFrom, plan
from workflows.graph.compile import TOP
from workflows.models import Run, RunKey, Step
from workflows.selectors.causes import retry_key
from workflows.states import RunState, StepState
from workflows.steps import Effect

# What its effect means for who repeats the step.
MEANINGS = {
    Effect.PURE: "touches nothing",
    Effect.LOCAL: "changes records in Rapport again",
    Effect.KEYED: "reaches another system again, under a new key",
    Effect.UNKEYED: "reaches another system again, which can't tell that it is a repeat",
}


@dataclass(frozen=True)
class PlannedStep:
    node: str
    label: str
    type: str
    effect: str
    meaning: str
    happened: bool  # in the run that is repeated


@dataclass(frozen=True)
class RepeatPlan:
    copied: Sequence[PlannedStep]
    again: Sequence[PlannedStep]


def plan_repeat(*, run: Run, from_node: str) -> RepeatPlan:
    """Raises InvalidInput where the run can't be repeated from the step."""
    program = program_of(run.version_id, run.graph_id)
    try:
        found = plan(run.pk, program, from_node)
    except NotFrom as error:
        raise InvalidInput(str(error), code="not_repeatable_from") from error
    happened = frozenset(Step.objects.filter(run_id=run.pk, attempt__gt=0).values_list("node", flat=True))
    return RepeatPlan(
        [_planned(program, node, node in happened) for node in found.copied],
        [_planned(program, node, node in happened) for node in found.again],
    )


def _planned(program: Program, node: str, happened: bool) -> PlannedStep:
    effect = program.instructions[node].type.effect
    known = program.graph.nodes[node]
    return PlannedStep(node, known.label, known.type, effect.name, MEANINGS[effect], happened)


def steps_to_repeat_from(run: Run) -> list[tuple[str, str]]:
    """The steps at the top that the run came to, by id and label; none while it is open."""
    if run.state == RunState.RUNNING:
        return []
    came = Step.objects.filter(run_id=run.pk, item=0).exclude(state__in=(StepState.SKIPPED, StepState.PENDING))
    graph = program_of(run.version_id, run.graph_id).graph
    reached = set(came.values_list("node", flat=True))
    at_top = [node for node in graph.order if node in reached and graph.nodes[node].scope == TOP]
    return [(node, graph.nodes[node].label) for node in at_top]


def retried_as(run: Run) -> Run | None:
    """The run that a retry of all of its kind made of it."""
    noted = RunKey.objects.filter(workflow_id=run.workflow_id, key=retry_key(run.pk)).first()
    return Run.objects.filter(pk=noted.run_id).first() if noted else None
