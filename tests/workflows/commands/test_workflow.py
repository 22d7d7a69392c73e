"""`manage.py workflow`: files out, what they would change, in again, and the cases."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command

from crm.actors import Actor
from crm.models import AuditEntry
from tests.workflows.conftest import GREET
from tests.workflows.engine.conftest import work_off
from workflows.graph.document import parse
from workflows.models import Version, Workflow, WorkflowCase
from workflows.services.cases import save_case
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import save_draft

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: Any) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("workflow", *map(str, arguments), stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def refused(*arguments: Any) -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    return str(caught.value)


@pytest.fixture
def case(builder: Actor, workflow: Workflow) -> WorkflowCase:
    publish(actor=builder, workflow=workflow)
    started = start_run(actor=builder, workflow=workflow, input={"name": "Ann"})
    work_off()
    started.refresh_from_db()
    return save_case(actor=builder, run=started, name="Ann is greeted")


@pytest.fixture
def folder(workflow: Workflow, tmp_path: Path) -> Path:
    run("export", "greet", "--dir", tmp_path / "flows")
    return tmp_path / "flows"


def change(folder: Path, old: str, new: str) -> None:
    file = folder / "greet.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def edit(workflow: Workflow, actor: Actor, text: str) -> None:
    """Somebody changes the draft in the designer."""
    workflow.refresh_from_db()
    document = {**GREET, "nodes": [GREET["nodes"][0], {**GREET["nodes"][1], "config": {"values": {"text": text}}}]}
    save_draft(actor=actor, workflow=workflow, base_revision=workflow.revision, document=document)


def test_an_export_is_three_files(case: WorkflowCase, folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["greet.cases.yaml", "greet.layout.yaml", "greet.yaml"]
    assert "text: Hello {{ input.name }}" in (folder / "greet.yaml").read_text()
    assert (folder / "greet.cases.yaml").read_text().startswith("Ann is greeted:\n  input:\n    name: Ann\n")


def test_what_was_exported_is_no_change(case: WorkflowCase, folder: Path) -> None:
    assert run("plan", folder) == (0, "greet: no change\n")


def test_a_plan_tells_the_difference_and_changes_nothing(workflow: Workflow, folder: Path) -> None:
    change(folder, "Hello", "Good day")
    assert run("plan", folder) == (
        2,
        'greet:\n  Step “greet”: values.text is "Good day {{ input.name }}", was "Hello {{ input.name }}".\n',
    )
    workflow.refresh_from_db()
    assert workflow.revision == 1


def test_a_plan_of_a_new_workflow_says_so(folder: Path, db: None) -> None:
    (folder / "other.yaml").write_text("name: Other\nnodes:\n  a: {type: set_values}\n")
    assert run("plan", folder) == (2, "greet: no change\nother:\n  The workflow “Other” is new; its steps: 1.\n")


def test_applying_saves_the_draft_as_the_member(builder: Actor, workflow: Workflow, folder: Path) -> None:
    change(folder, "Hello", "Good day")
    code, told = run("apply", folder, "--as", "builder")
    assert (code, told.splitlines()[0]) == (0, "greet:")
    workflow.refresh_from_db()
    assert workflow.draft["nodes"][1]["config"]["values"]["text"] == "Good day {{ input.name }}"
    assert {entry.actor_id for entry in AuditEntry.objects.filter(action="workflow.apply")} == {builder.id}
    assert not Version.objects.exists()
    assert run("plan", folder) == (0, "greet: no change\n")


def test_a_new_workflow_is_made(builder: Actor, tmp_path: Path) -> None:
    (tmp_path / "greet-all.yaml").write_text("name: Greet all\nnodes:\n  a: {type: trigger_person}\n")
    run("apply", tmp_path, "--as", "builder", "--publish")
    made = Workflow.objects.get()
    assert (made.key, made.name, made.published and made.published.number) == ("greet-all", "Greet all", 1)


def test_the_next_change_needs_no_new_export(builder: Actor, workflow: Workflow, folder: Path) -> None:
    change(folder, "Hello", "Good day")
    run("apply", folder, "--as", "builder")
    change(folder, "Good day", "Good evening")
    assert run("apply", folder, "--as", "builder")[0] == 0
    workflow.refresh_from_db()
    assert "Good evening" in workflow.draft["nodes"][1]["config"]["values"]["text"]


def test_a_draft_that_was_changed_since_is_not_overwritten(builder: Actor, workflow: Workflow, folder: Path) -> None:
    edit(workflow, builder, "By hand")
    change(folder, "Hello", "Good day")
    said = refused("apply", folder, "--as", "builder")
    assert "Export it again" in said
    assert "Export it again" in refused("plan", folder)
    workflow.refresh_from_db()
    assert (workflow.revision, workflow.draft["nodes"][1]["config"]["values"]["text"]) == (2, "By hand")
    base = said.rsplit("base: ", 1)[1]
    file = folder / "greet.yaml"
    lines = [f"base: {base}" if line.startswith("base:") else line for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines))
    assert run("apply", folder, "--as", "builder")[0] == 0


def test_all_files_are_applied_or_none(builder: Actor, workflow: Workflow, folder: Path) -> None:
    change(folder, "Hello", "Good day")
    (folder / "zebra.yaml").write_text("name: Zebra\nnodes:\n  a: {type: no_such_type}\n")
    refused("apply", folder, "--as", "builder", "--publish")
    workflow.refresh_from_db()
    assert (workflow.revision, workflow.published_id, Workflow.objects.count()) == (1, None, 1)


@pytest.mark.parametrize(("member", "says"), [("viewer", "may not update"), ("nobody", "no active member")])
def test_who_may_not_draw_applies_nothing(
    actors: Any, workflow: Workflow, folder: Path, member: str, says: str
) -> None:
    actors("viewer")
    change(folder, "Hello", "Good day")
    assert says in refused("apply", folder, "--as", member)
    workflow.refresh_from_db()
    assert workflow.revision == 1


def test_publishing_is_refused_with_the_case_that_fails(case: WorkflowCase, folder: Path) -> None:
    change(folder, "Hello", "Good day")
    said = refused("apply", folder, "--as", "builder", "--publish")
    assert 'Case “Ann is greeted”: The run’s output.text is "Good day Ann", was "Hello Ann".' in said
    assert (Version.objects.count(), Workflow.objects.get().revision) == (1, 1)
    code, told = run("apply", folder, "--as", "builder", "--publish", "--ignore-cases")
    assert (code, told.splitlines()[-1]) == (0, "  Published as version 2.")


def test_what_is_published_already_is_not_published_again(case: WorkflowCase, folder: Path) -> None:
    assert run("apply", folder, "--as", "builder", "--publish") == (0, "greet: no change\n")
    assert Version.objects.count() == 1


def test_cases_are_changed_with_their_file(case: WorkflowCase, folder: Path) -> None:
    file = folder / "greet.cases.yaml"
    file.write_text(file.read_text().replace("Ann is greeted:", "Ann:").replace("text: Hello Ann", "text: Hi Ann"))
    assert run("plan", folder) == (
        2, "greet:\n  The case “Ann” was added.\n  The case “Ann is greeted” was removed.\n",
    )  # fmt: skip
    run("apply", folder, "--as", "builder")
    assert [(one.name, one.content["expected"]["output"]) for one in WorkflowCase.objects.all()] == [
        ("Ann", {"text": "Hi Ann"})
    ]


def test_without_a_file_of_cases_they_stay(case: WorkflowCase, folder: Path) -> None:
    (folder / "greet.cases.yaml").unlink()
    assert run("apply", folder, "--as", "builder") == (0, "greet: no change\n")
    assert WorkflowCase.objects.count() == 1


def test_without_a_layout_steps_stay_where_they_are(builder: Actor, workflow: Workflow, tmp_path: Path) -> None:
    document = {**GREET, "layout": {"greet": {"x": 40, "y": 80}}}
    save_draft(actor=builder, workflow=workflow, base_revision=1, document=document)
    run("export", "greet", "--dir", tmp_path)
    (tmp_path / "greet.layout.yaml").unlink()
    change(tmp_path, "Hello", "Good day")
    run("apply", tmp_path, "--as", "builder")
    workflow.refresh_from_db()
    assert parse(workflow.draft).layout == {"greet": (40, 80)}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("greet.yaml", "name: a\n\tb: 1", "greet.yaml: line 2, column 1: "),
        ("greet.layout.yaml", "a: [", "greet.layout.yaml: line 2, column 1: "),
        ("greet.cases.yaml", "Ann: {input: 1}", "greet.cases.yaml: The case “Ann”, input: "),
        ("Not A Key.yaml", "name: a", "name the file by the workflow's key"),
        ("gone.layout.yaml", "{}", "gone.layout.yaml: there is no workflow's file beside it."),
    ],
)
def test_a_fault_in_a_file_is_told_with_its_name_and_place(folder: Path, name: str, text: str, says: str) -> None:
    (folder / name).write_text(text)
    assert says in refused("plan", folder)


def test_a_folder_without_files_is_an_error(tmp_path: Path, db: None) -> None:
    assert "no .yaml files" in refused("plan", tmp_path)


def test_a_passing_test_tells_its_coverage(case: WorkflowCase) -> None:
    assert run("test") == (0, "ok      greet: Ann is greeted\n        greet: 2 of 2 ways taken\n1 case, 0 failed\n")


def test_a_failing_test_ends_with_one_and_tells_why(
    builder: Actor, case: WorkflowCase, workflow: Workflow, tmp_path: Path
) -> None:
    edit(workflow, builder, "Bye")
    code, told = run("test", "greet", "--junit", tmp_path / "junit.xml")
    assert code == 1
    assert told.splitlines()[:2] == [
        "FAILED  greet: Ann is greeted",
        '          The run’s output.text is "Bye", was "Hello Ann".',
    ]
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert suite[0][0].get("message") == 'The run’s output.text is "Bye", was "Hello Ann".'


def test_a_draft_that_can_not_run_fails_its_test(builder: Actor, case: WorkflowCase, workflow: Workflow) -> None:
    workflow.refresh_from_db()
    broken = {**GREET, "nodes": [{"id": "a", "type": "no_such_type"}], "edges": []}
    save_draft(actor=builder, workflow=workflow, base_revision=workflow.revision, document=broken)
    code, told = run("test")
    assert code == 1
    assert told.startswith("FAILED  greet: The draft has 1 problem")
