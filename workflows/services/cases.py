"""Keeps the tests of workflows: saves them from runs or files, deletes them, has them carried out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from pydantic import ValidationError

from crm import audit
from crm.actors import Actor
from crm.errors import Conflict, FieldProblem, InvalidInput
from crm.permissions import require
from workflows import registry
from workflows.graph.cases import Case, Coverage, Expected, Outcome, Result, cover, differences
from workflows.graph.compile import CompiledGraph
from workflows.graph.document import Document, parse, to_json
from workflows.graph.validate import is_publishable, validate
from workflows.models import Run, Workflow, WorkflowCase
from workflows.selectors.cases import case_of, require_values
from workflows.services.workflows import unpublishable
from workflows.states import RunState

JSON = Any
MOST = 100
MAX_BYTES = 2_000_000
MAX_NAME = 120
# A check holds a web request, and at a publication the workflow's row.
SECONDS_A_CASE, SECONDS_A_CHECK = 20.0, 30.0
_NO_TIME_LEFT = (
    f"It was not carried out: all cases together have {SECONDS_A_CHECK:.0f} seconds, and those before it took them. "
    "Use fewer records, or delete cases that tell no more."
)


class Rehearsal(Protocol):
    """Carries a case out on a document without leaving a trace."""

    def __call__(self, *, workflow: Workflow, document: Document, case: Case, seconds: float) -> Outcome: ...


@dataclass(frozen=True)
class Report:
    results: tuple[Result, ...]
    coverage: Coverage

    @property
    def failed(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if not result.passed)


@transaction.atomic
def save_case(*, actor: Actor, run: Run, name: str, outputs: Iterable[str] = ()) -> WorkflowCase:
    """Makes a case of a run that has ended; refused if the run can't be repeated from what it left."""
    workflow = run.workflow
    require(actor, "update", workflow)
    require_values(actor)
    if run.state not in (RunState.SUCCEEDED, RunState.FAILED) or run.graph_id:
        raise Conflict(
            "A case is saved from a run that came to its own end and kept to its graph. Choose another run.",
            code="run_not_ended",
        )
    case = case_of(run, CompiledGraph.from_json(run.version.compiled), _known(run, outputs))
    document = parse(run.version.document, registry.aliases())
    outcome = _carry_out(workflow, document, case)
    if unlike := differences(document, case.expected, outcome):
        raise Conflict(
            f"This run can't be repeated from its record: {unlike[0]} Choose a run that does not depend on time.",
            code="not_repeatable",
        )
    expected = Expected(**{**case.expected.model_dump(), "calls": dict(outcome.calls)})
    case = case.model_copy(update={"expected": expected})
    Workflow.objects.select_for_update().get(pk=workflow.pk)
    if workflow.cases.filter(name=name.strip()).exists():
        raise Conflict(f"There is a case “{name.strip()}” already. Choose another name.", code="case_exists")
    saved = _write(actor=actor, workflow=workflow, name=name, case=case, run=run)
    audit.record_one(
        actor=actor, action="workflow.save_case", target=workflow, after={"case": saved.name, "run": run.number}
    )
    return saved


def _known(run: Run, outputs: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(outputs))
    nodes = {node["id"] for node in run.version.document["nodes"] if not node.get("parent")}
    if unknown := [node for node in wanted if node not in nodes]:
        raise InvalidInput(
            f"There is no step {unknown[0][:60]!r} at the top of this workflow.",
            errors=[{"field": "outputs", "code": "unknown_step", "message": "Name steps outside of a For each."}],
        )
    return wanted


def _write(*, actor: Actor, workflow: Workflow, name: str, case: Case, run: Run | None) -> WorkflowCase:
    name = name.strip()
    if not name or len(name) > MAX_NAME:
        raise InvalidInput(
            f"Give the case a name of at most {MAX_NAME} characters.",
            errors=[{"field": "name", "code": "bad_name", "message": f"Between 1 and {MAX_NAME} characters."}],
        )
    content = case.model_dump(mode="json", exclude_unset=True)
    if len(json.dumps(content)) > MAX_BYTES:
        raise InvalidInput(
            f"The case takes more than {MAX_BYTES:,} bytes. Run the workflow on fewer records, and save that.",
            code="case_too_large",
        )
    saved, made = WorkflowCase.objects.update_or_create(
        workflow=workflow,
        name=name,
        defaults={"content": content, "saved_from": run.pk if run else None, "saved_by_id": actor.member_id},
    )
    if made and workflow.cases.count() > MOST:
        raise Conflict(f"A workflow has at most {MOST} cases. Delete one that tells no more.", code="too_many_cases")
    return saved


@transaction.atomic
def delete_case(*, actor: Actor, case: WorkflowCase) -> None:
    require(actor, "update", case.workflow)
    audit.record_one(actor=actor, action="workflow.delete_case", target=case.workflow, before={"case": case.name})
    case.delete()


@transaction.atomic
def replace_cases(*, actor: Actor, workflow: Workflow, cases: Mapping[str, Case]) -> None:
    """Makes the cases those of a file; what is the same stays untouched."""
    require(actor, "update", workflow)
    require_values(actor)
    present = {case.name: case for case in workflow.cases.all()}
    gone = sorted(set(present) - set(cases))
    changed = [name for name in sorted(cases) if name not in present or read_case(present[name]) != cases[name]]
    if not gone and not changed:
        return
    workflow.cases.filter(name__in=gone).delete()
    for name in changed:
        _write(actor=actor, workflow=workflow, name=name, case=cases[name], run=None)
    audit.record_one(
        actor=actor, action="workflow.replace_cases", target=workflow,
        before={"removed": gone}, after={"saved": changed},
    )  # fmt: skip


def read_case(saved: WorkflowCase) -> Case:
    return Case.model_validate(saved.content)


def read_cases(raw: JSON) -> dict[str, Case]:
    """The cases of a file: {name: case}; raises InvalidInput with the place of each fault."""
    if not isinstance(raw or {}, dict):
        raise InvalidInput("The cases are a mapping of names to cases.", code="invalid_cases")
    found: dict[str, Case] = {}
    for name, content in (raw or {}).items():
        try:
            found[name] = Case.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise InvalidInput(f"The case “{name[:60]}”, {place}: {first['msg']}.", code="invalid_cases") from error
    return found


def _carry_out(workflow: Workflow, document: Document, case: Case, seconds: float = SECONDS_A_CASE) -> Outcome:
    carry_out: Rehearsal = import_string(settings.CASE_REHEARSAL)
    return carry_out(workflow=workflow, document=document, case=case, seconds=seconds)


def _check(workflow: Workflow, document: Document, saved: WorkflowCase, left: float) -> Result:
    if left <= 0:
        return Result(saved.name, (_NO_TIME_LEFT,), {})
    case = read_case(saved)
    outcome = _carry_out(workflow, document, case, min(SECONDS_A_CASE, left))
    return Result(saved.name, differences(document, case.expected, outcome), outcome.steps)


def check_cases(*, workflow: Workflow, document: Document, seconds: float = SECONDS_A_CHECK) -> Report:
    """Carries all cases of the workflow out on a document that is publishable, in so many seconds together."""
    until = monotonic() + seconds
    cases = workflow.cases.order_by("name")
    results = tuple(_check(workflow, document, saved, until - monotonic()) for saved in cases)
    return Report(results, cover(document, registry.by_key(), (result.steps for result in results)))


def try_cases(*, actor: Actor, workflow: Workflow, document: Document) -> Report:
    """For a person who draws: of any document that could be published."""
    require(actor, "update", workflow)
    require_values(actor)
    problems = validate(to_json(document), registry.by_key(), aliases=registry.aliases())
    if not is_publishable(problems):
        raise unpublishable(problems)
    return check_cases(workflow=workflow, document=document)


def as_problems(report: Report) -> list[FieldProblem]:
    return [
        {"field": result.name, "node": "", "code": "case_failed", "message": f"Case “{result.name}”: {difference}"}
        for result in report.failed
        for difference in result.differences
    ]
