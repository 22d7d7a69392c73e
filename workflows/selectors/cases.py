"""The cases of a workflow, and what a run holds that makes one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from crm.actors import Actor
from crm.errors import NotAllowed, NotFound
from crm.permissions import require
from workflows import registry
from workflows.engine import values
from workflows.engine.ledger import UNHANDLED
from workflows.graph.cases import Answer, Case, Expected, Facts, Outcome, key_of
from workflows.graph.compile import TOP, CompiledGraph, is_end
from workflows.graph.document import ERROR_PORT
from workflows.models import Run, StepResult, Workflow, WorkflowCase
from workflows.selectors.runs import may_see_values
from workflows.steps import Family

JSON = Any
Results = dict[tuple[str, int], tuple[str, JSON]]


def visible_cases(actor: Actor, workflow: Workflow) -> QuerySet[WorkflowCase]:
    """Who may read the workflow may read their names; what they hold is told by `may_see_values`."""
    require(actor, "read", workflow)
    return workflow.cases.select_related("saved_by").order_by("name")


def get_case(*, actor: Actor, workflow: Workflow, case_id: int) -> WorkflowCase:
    found = visible_cases(actor, workflow).filter(pk=case_id).first()
    if found is None:
        raise NotFound(f"{workflow.name} has no such case.")
    return found


def require_values(actor: Actor) -> None:
    """A case holds what a run held: the data of any customer."""
    if not may_see_values(actor):
        raise NotAllowed("Cases hold the data of any customer, and you may read only some. Ask a builder or a manager.")


def results_of(run: Run) -> Results:
    keys = StepResult.objects.filter(run_id=run.pk).values_list("node", "item")
    return values.load(run.pk, [(node, item) for node, item in keys])


def outcome_of(run: Run, graph: CompiledGraph, results: Results, outputs: Iterable[str] = ()) -> Outcome:
    """What came of a run, in the shape that cases compare."""
    wanted = [node for node in outputs if (node, 0) in results]
    return Outcome(
        state=run.state,
        steps={node: _ports(graph, results, node) for node in graph.nodes},
        output=run.output,
        outputs={node: results[node, 0][1] for node in wanted},
        error=run.error,
    )


def _ports(graph: CompiledGraph, results: Results, node: str) -> dict[str, int]:
    """How often the step was left by each port."""
    counts: dict[str, int] = {}
    for port, _, _ in _ends(graph, results, node):
        counts[port] = counts.get(port, 0) + 1
    return counts


def _ends(graph: CompiledGraph, results: Results, node: str) -> Iterator[tuple[str, JSON, int | None]]:
    """(port, output, index) of each time that the step ended; the index of the item where it is inside a For each."""
    if not graph.nodes[node].in_map:
        if (node, 0) in results:
            yield (*results[node, 0], None)
        return
    container = graph.nodes[node].scope
    for (name, item), (_, outcomes) in sorted(results.items()):
        if name == node and isinstance(outcomes, list):
            start = results[container, item][1]["start"] if (container, item) in results else item - 1
            for position, outcome in enumerate(outcomes):
                if outcome is not None:
                    yield _end(outcome, start + position)


def _end(outcome: JSON, index: int) -> tuple[str, JSON, int]:
    port, output = outcome
    return (ERROR_PORT, {"error": output}, index) if port == UNHANDLED else (port, output, index)


def case_of(run: Run, graph: CompiledGraph, outputs: Iterable[str]) -> Case:
    """Reads a run that has ended into a case."""
    results = results_of(run)
    outcome = outcome_of(run, graph, results, outputs)
    return Case(
        input=run.input,
        run=Facts(
            id=str(run.pk), number=run.number, workflow=run.workflow.name, version=run.version.number,
            now=run.created_at, trigger=run.trigger or _trigger(graph, results),
        ),
        answers={key: answer for node in graph.nodes for key, answer in _answers(graph, results, node)},
        expected=Expected(
            state=outcome.state, steps={node: dict(counts) for node, counts in outcome.steps.items()},
            output=outcome.output, outputs=dict(outcome.outputs),
        ),
    )  # fmt: skip


def _trigger(graph: CompiledGraph, results: Results) -> str:
    """Where no trigger was named, the one that was taken."""
    taken = (node for node, _ in results if node in graph.entries[TOP])
    return next((node for node in taken if registry.get(graph.nodes[node].type).family is Family.TRIGGER), "")


def _answers(graph: CompiledGraph, results: Results, node: str) -> Iterator[tuple[str, Answer]]:
    if is_end(node) or registry.get(graph.nodes[node].type).is_replayable:
        return
    for port, output, index in _ends(graph, results, node):
        failed = port == ERROR_PORT and isinstance(output, dict) and "error" in output
        answer = Answer(port=port, error=output["error"]) if failed else Answer(port=port, output=output)
        yield key_of(node, index), answer
