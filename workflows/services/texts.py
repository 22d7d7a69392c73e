"""Workflows as files: exports them, tells what applying would change, applies them in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db import transaction

from crm import audit
from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import require
from workflows import registry
from workflows.graph import notation
from workflows.graph.cases import Case
from workflows.graph.diff import Diff, compare, sentences
from workflows.graph.document import Document, parse, to_json
from workflows.graph.notation import TextError
from workflows.graph.text import Text, fingerprint, read_workflow, write_layout, write_workflow
from workflows.models import Workflow
from workflows.selectors.cases import require_values
from workflows.selectors.documents import draft_of
from workflows.services.cases import read_case, read_cases, replace_cases
from workflows.services.versions import Published, publish
from workflows.services.workflows import create_workflow, save_draft

WORKFLOW, LAYOUT, CASES = ".yaml", ".layout.yaml", ".cases.yaml"
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,69}")
NOTE = "Applied from text"


@dataclass(frozen=True)
class Files:
    """What the files of one workflow say; without a file of cases those that are there stay."""

    key: str
    text: Text
    cases: Mapping[str, Case] | None = None
    has_layout: bool = True


@dataclass(frozen=True)
class Plan:
    files: Files
    workflow: Workflow | None  # none: it would be created
    document: Document
    diff: Diff | None
    cases: tuple[str, ...]  # what changes of them, in words
    is_stale: bool

    @property
    def is_empty(self) -> bool:
        return self.diff is not None and self.diff.is_empty and not self.diff.moved and not self.cases

    def sentences(self) -> list[str]:
        new = [f"The workflow “{self.document.name}” is new; its steps: {len(self.document.nodes)}."]
        return [*(sentences(self.diff) if self.diff else new), *self.cases]


def export_workflow(*, actor: Actor, workflow: Workflow) -> dict[str, str]:
    """Contents by file name: of the draft, where its steps stand, and its cases where it has any."""
    require(actor, "read", workflow)
    document = draft_of(workflow)
    files = {
        f"{workflow.key}{WORKFLOW}": write_workflow(document, fingerprint(document)),
        f"{workflow.key}{LAYOUT}": write_layout(document),
    }
    if cases := {case.name: read_case(case) for case in workflow.cases.order_by("name")}:
        require_values(actor)
        files[f"{workflow.key}{CASES}"] = notation.write({name: _written(case) for name, case in cases.items()})
    return files


def _written(case: Case) -> notation.JSON:
    raw = case.model_dump(mode="json", exclude_unset=True)
    return {part: notation.in_order(value) for part, value in raw.items()}


def read_files(contents: Mapping[str, str]) -> list[Files]:
    """Reads the files of a folder, by name; raises InvalidInput that names the file and the place."""
    keys = sorted(
        name.removesuffix(WORKFLOW) for name in contents
        if name.endswith(WORKFLOW) and not name.endswith((LAYOUT, CASES))
    )  # fmt: skip
    stray = [
        name for name in sorted(contents) for end in (LAYOUT, CASES)
        if name.endswith(end) and name.removesuffix(end) not in keys
    ]  # fmt: skip
    if stray:
        raise InvalidInput(f"{stray[0]}: there is no workflow's file beside it.", code="invalid_text")
    return [_read(key, contents) for key in keys]


def _read(key: str, contents: Mapping[str, str]) -> Files:
    if not KEY.fullmatch(key) or key.isdigit():
        raise InvalidInput(
            f"{key}{WORKFLOW}: name the file by the workflow's key: small letters, digits and dashes.",
            code="invalid_text",
        )
    name = f"{key}{LAYOUT}"
    try:
        layout = contents.get(name)
        if layout is not None:
            notation.read(layout)
        name = f"{key}{WORKFLOW}"
        text = read_workflow(contents[name], layout or "", registry.aliases())
        name = f"{key}{CASES}"
        cases = read_cases(notation.read(contents[name]).value) if name in contents else None
    except TextError as error:
        raise InvalidInput(f"{name}: {error}", code="invalid_text") from error
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error.detail}", code=error.code) from error
    return Files(key, text, cases, has_layout=layout is not None)


def plan_workflow(*, actor: Actor, files: Files) -> Plan:
    """What applying would change, and whether somebody changed the draft since the files were exported or applied."""
    workflow = Workflow.objects.filter(key=files.key).first()
    document = files.text.document
    if workflow is None:
        return Plan(files, None, document, None, _cases_in_words({}, files.cases), is_stale=False)
    require(actor, "read", workflow)
    present = draft_of(workflow)
    if not files.has_layout:
        kept = {node: at for node, at in present.layout.items() if node in document.nodes}
        document = replace(document, layout=kept)
    known = {files.text.base, workflow.applied, fingerprint(document)} - {""}
    cases = {case.name: read_case(case) for case in workflow.cases.all()}
    return Plan(
        files, workflow, document, compare(present, document), _cases_in_words(cases, files.cases),
        is_stale=fingerprint(present) not in known,
    )  # fmt: skip


def _cases_in_words(before: Mapping[str, Case], after: Mapping[str, Case] | None) -> tuple[str, ...]:
    if after is None:
        return ()
    added = (f"The case “{name}” was added." for name in after if name not in before)
    removed = (f"The case “{name}” was removed." for name in before if name not in after)
    changed = (f"The case “{name}” was changed." for name in after if name in before and before[name] != after[name])
    return (*added, *removed, *changed)


def refuse_stale(plan: Plan) -> None:
    if plan.is_stale and plan.workflow is not None:
        installed = fingerprint(draft_of(plan.workflow))
        raise Conflict(
            f"{plan.files.key}: the draft was changed here since these files were exported. Export it again and put "
            f"your changes on top; or, to overwrite it, write into the file: base: '{installed}'",
            code="stale_base",
        )


@dataclass(frozen=True)
class Applied:
    plan: Plan
    published: Published | None = None


@transaction.atomic
def apply_workflows(
    *, actor: Actor, files: Iterable[Files], publishes: bool = False, ignore_cases: bool = False
) -> list[Applied]:
    """All of them or none: drafts, then cases, then versions."""
    plans = [_apply(actor, one) for one in sorted(files, key=lambda one: one.key)]
    if not publishes:
        return [Applied(plan) for plan in plans]
    return [Applied(plan, _publish(actor, plan, ignore_cases)) for plan in plans]


def _apply(actor: Actor, files: Files) -> Plan:
    list(Workflow.objects.select_for_update().filter(key=files.key))
    plan = plan_workflow(actor=actor, files=files)
    refuse_stale(plan)
    workflow = _put_draft(actor, plan)
    if files.cases is not None:
        replace_cases(actor=actor, workflow=workflow, cases=files.cases)
    mark = fingerprint(plan.document)
    if workflow.applied != mark:
        require(actor, "update", workflow)
        before, workflow.applied = workflow.applied, mark
        workflow.save(update_fields=["applied"])
        audit.record_one(
            actor=actor, action="workflow.apply", target=workflow, before={"text": before}, after={"text": mark}
        )
    return replace(plan, workflow=workflow)


def _put_draft(actor: Actor, plan: Plan) -> Workflow:
    if plan.workflow is None:
        name = plan.document.name or plan.files.key
        return create_workflow(actor=actor, name=name, key=plan.files.key, document=to_json(plan.document))
    if plan.diff is None or (plan.diff.is_empty and not plan.diff.moved):
        return plan.workflow
    return save_draft(
        actor=actor, workflow=plan.workflow, base_revision=plan.workflow.revision, document=to_json(plan.document)
    )


def _publish(actor: Actor, plan: Plan, ignore_cases: bool) -> Published | None:
    """Nothing where the published version does the same already."""
    workflow = Workflow.objects.select_related("published").get(key=plan.files.key)
    current = workflow.published
    if current and compare(parse(current.document, registry.aliases()), plan.document).is_empty:
        return None
    return publish(actor=actor, workflow=workflow, note=NOTE, ignore_cases=ignore_cases)
