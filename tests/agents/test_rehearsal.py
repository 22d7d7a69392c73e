"""Cases carried out: what they find, and that they leave no trace."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from agents.rehearsal import rehearse
from crm.actors import Actor, actor_of
from crm.errors import Conflict, InvalidInput, NotAllowed
from crm.models import AuditEntry, Member, Role
from tests.agents.workflows import carry_out, start
from tests.workflows.engine import kinds
from tests.workflows.engine.conftest import document_of, sweep_now, work_off
from workflows import registry
from workflows.engine.signals import send_signal
from workflows.graph.cases import Case
from workflows.graph.document import parse
from workflows.models import Run, Version, Workflow, WorkflowCase
from workflows.services.cases import Report, check_cases, save_case, try_cases
from workflows.services.versions import publish
from workflows.services.workflows import save_draft
from workflows.steps import Effect

pytestmark = pytest.mark.django_db(transaction=True)

Nodes = dict[str, Any]
LARGE: Nodes = {
    "start": "trigger_person",
    "large": ("if", {"condition": {"$expr": "input.total > 100"}}),
    "mail": ("test_send", {"text": "large"}),
    "note": ("test_mark", {"text": "small"}),
    "end": ("set_values", {"values": {"total": {"$expr": "input.total * 2"}}}),
}
WAYS = ("start large", "large yes mail", "large no note", "mail end", "note end")


@pytest.fixture(autouse=True)
def _kinds() -> None:
    kinds.register()
    kinds.sent.clear()


@pytest.fixture
def manager(transactional_db: None) -> Actor:
    return actor_of(Member.objects.create_user("meg", "meg@example.com", "x", role=Role.MANAGER))


@pytest.fixture
def large(manager: Actor) -> Run:
    return carry_out(manager, LARGE, *WAYS, given={"total": 150})


@pytest.fixture
def case(manager: Actor, large: Run) -> WorkflowCase:
    return save_case(actor=manager, run=large, name="Large order")


def check(case: WorkflowCase, nodes: Nodes, *edges: str) -> Report:
    return check_cases(workflow=case.workflow, document=parse(document_of(nodes, *edges)))


def found(case: WorkflowCase, nodes: Nodes, *edges: str) -> list[str]:
    return list(check(case, nodes, *edges).results[0].differences)


def rows() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models() if model._meta.managed}


def written() -> set[str]:
    """The tables that this transaction wrote to, also where that was taken back; partitions by their parents."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT COALESCE(parent.relname, stat.relname) FROM pg_stat_xact_user_tables stat"
            " LEFT JOIN pg_inherits ON inhrelid = stat.relid LEFT JOIN pg_class parent ON parent.oid = inhparent"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {name for (name,) in cursor.fetchall()}


def test_a_run_is_saved_with_its_answers_and_what_came_of_it(case: WorkflowCase, large: Run) -> None:
    assert case.content["input"] == {"total": 150}
    assert case.content["answers"] == {"mail": {"port": "out", "output": {"sent": "large"}}}
    assert case.content["expected"] == {
        "state": "SUCCEEDED",
        "steps": {"start": {"out": 1}, "large": {"yes": 1}, "mail": {"out": 1}, "note": {}, "end": {"out": 1}},
        "output": {"total": 300},
        "outputs": {},
        "calls": {"mail": {"config": {"text": "large"}}},
    }
    assert case.saved_from == large.pk


def test_a_case_passes_on_the_version_that_it_was_saved_from(case: WorkflowCase) -> None:
    report = check(case, LARGE, *WAYS)
    assert [result.passed for result in report.results] == [True]


def test_nothing_is_sent_and_nothing_stays(case: WorkflowCase) -> None:
    kinds.sent.clear()
    before = rows()
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('workflows_run_number')")
        number = cursor.fetchone()[0]
    check(case, LARGE, *WAYS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('workflows_run_number')")
        assert cursor.fetchone()[0] == number + 1
    assert rows() == before
    assert kinds.sent == []


def test_the_connection_writes_to_the_tables_of_runs_only_and_takes_it_back(case: WorkflowCase) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")  # forgets what this connection wrote before
    with transaction.atomic():
        check(case, LARGE, *WAYS)
        assert written() == {
            "workflows_version", "workflows_run", "workflows_step", "workflows_stepresult", "workflows_stepattempt",
        }  # fmt: skip
        assert connection.run_on_commit == []
        assert not Version.objects.filter(sha256="").exists()
        assert Run.objects.count() == 1


def test_another_branch_is_told(case: WorkflowCase) -> None:
    changed = {**LARGE, "large": ("if", {"condition": {"$expr": "input.total > 1000"}})}
    assert found(case, changed, *WAYS) == [
        "“large” was left by no instead of yes.",
        "“note” was reached; it was not reached then, so the case has no answer of it.",
    ]
    changed["note"] = ("set_values", {"values": {}})
    assert found(case, changed, *WAYS) == [
        "“large” was left by no instead of yes.",
        "“mail” was not reached; it was left by out then.",
        "“note” was reached and left by out; it was not reached then.",
    ]


def test_another_output_is_told(case: WorkflowCase) -> None:
    changed = {**LARGE, "end": ("set_values", {"values": {"total": {"$expr": "input.total * 3"}}})}
    assert found(case, changed, *WAYS) == ["The run’s output.total is 450, was 300."]


def test_what_a_step_would_be_asked_with_is_told(case: WorkflowCase) -> None:
    changed = {**LARGE, "mail": ("test_send", {"text": "{{ input.total }} is large"})}
    assert found(case, changed, *WAYS) == [
        '“mail” would be asked with another value: text is "150 is large", was "large".'
    ]


def test_inputs_that_a_step_names_are_part_of_what_it_is_asked_with(manager: Actor) -> None:
    nodes: Nodes = {
        "sum": ("aggregate", {"values": {"$expr": "input.values"}}),
        "send": {"type": "test_send", "config": {}, "inputs": ["sum.output.value"]},
    }
    case = save_case(actor=manager, run=carry_out(manager, nodes, given={"values": [1, 2]}), name="Sum")
    assert case.content["expected"]["calls"] == {"send": {"config": {}, "input": 3}}
    nodes["sum"] = ("aggregate", {"values": {"$expr": "input.values.map(v, v * 2)"}})
    assert found(case, nodes) == ["“send” would be asked with another value: input is 6, was 3."]


def test_a_failure_is_told(case: WorkflowCase) -> None:
    changed = {**LARGE, "end": ("set_values", {"values": {"total": {"$expr": "1 / (input.total - 150)"}}})}
    assert found(case, changed, *WAYS)[0].startswith("The run ended FAILED instead of SUCCEEDED: ")


def test_a_step_without_an_answer_is_told_and_nothing_that_follows_from_it(case: WorkflowCase) -> None:
    assert found(case, {**LARGE, "also": ("test_send", {})}, *WAYS, "start also") == [
        "“also” can't be done again, and the case has no answer of also. "
        "Save the case again from a run of the changed workflow."
    ]
    assert len(kinds.sent) == 1  # by the run itself


def test_a_new_step_that_can_be_evaluated_is_no_difference(case: WorkflowCase) -> None:
    added = {**LARGE, "more": ("set_values", {"values": {"a": 1}})}
    ways = ("start more", "more large", *WAYS[1:])
    assert found(case, added, *ways) == []


def test_a_step_that_is_gone_is_told(case: WorkflowCase) -> None:
    less = {key: node for key, node in LARGE.items() if key != "mail"}
    ways = ("start large", "large yes end", "large no note", "note end")
    assert found(case, less, *ways) == ["The step mail is not there any more; it was left by out."]


def test_coverage_tells_the_ways_that_no_case_took(case: WorkflowCase) -> None:
    report = check(case, LARGE, *WAYS)
    assert report.coverage.as_json(parse(document_of(LARGE, *WAYS))) == {
        "ways": 6,
        "taken": 4,
        "never": [
            {"node": "large", "label": "large", "port": "no"},
            {"node": "note", "label": "note", "port": "out"},
        ],
    }


def test_outputs_that_were_chosen_are_compared(manager: Actor) -> None:
    nodes: Nodes = {"a": ("set_values", {"values": {"x": 1}}), "b": ("set_values", {"values": {"y": 2}})}
    case = save_case(actor=manager, run=carry_out(manager, nodes, "a b"), name="Both", outputs=["a"])
    changed = {**nodes, "a": ("set_values", {"values": {"x": 7}})}
    assert found(case, changed, "a b") == ["“a”: output.x is 7, was 1."]


def test_the_answer_of_a_person_is_replayed(manager: Actor) -> None:
    nodes: Nodes = {
        "ask": ("approval", {"title": "Go on?"}),
        "yes": ("set_values", {"values": {"by": {"$expr": "steps.ask.output.by"}}}),
        "no": ("set_values", {"values": {}}),
    }
    run = start(manager, nodes, "ask approved yes", "ask rejected no")
    work_off()
    send_signal(run_id=run.pk, node="ask", item=0, key="1", payload={"decision": "approved", "by": "Lin"})
    work_off()
    run.refresh_from_db()
    case = save_case(actor=manager, run=run, name="Approved")
    assert run.output == {"by": "Lin"}
    assert found(case, nodes, "ask approved yes", "ask rejected no") == []
    assert found(case, nodes, "ask approved no", "ask rejected yes") == [
        "“yes” was not reached; it was left by out then.",
        "“no” was reached and left by out; it was not reached then.",
        'The run’s output.by is not set any more, was "Lin".',
    ]


MAP: Nodes = {
    "each": ("map", {"items": {"$expr": "input.items"}}),
    "odd": {"type": "if", "parent": "each", "config": {"condition": {"$expr": "item % 2 == 1"}}},
    "mark": {"type": "test_mark", "parent": "each", "config": {"text": "{{ item }}", "fail_on": "3"}},
    "send": {"type": "test_send", "parent": "each", "config": {"text": "{{ item }}"}},
}


@pytest.mark.parametrize("outside", [False, True])
def test_a_for_each_is_evaluated_with_an_answer_an_item(manager: Actor, outside: bool) -> None:
    kind = "send" if outside else "mark"
    nodes = {key: node for key, node in MAP.items() if key in ("each", "odd", kind)}
    run = carry_out(manager, nodes, f"odd yes {kind}", given={"items": [1, 2, 3, 4, 5]})
    case = save_case(actor=manager, run=run, name="Items")
    assert sorted(case.content["answers"]) == [f"{kind}[0]", f"{kind}[2]", f"{kind}[4]"]
    assert case.content["expected"]["steps"]["odd"] == {"yes": 3, "no": 2}
    assert found(case, nodes, f"odd yes {kind}") == []
    nodes["odd"] = {**nodes["odd"], "config": {"condition": {"$expr": "item == 1"}}}
    assert found(case, nodes, f"odd yes {kind}")[:2] == [
        "“odd” was left by no 4 times and yes instead of no 2 times and yes 3 times.",
        f"“{kind}” was left by out instead of " + ("out 3 times." if outside else "error and out 2 times."),
    ]


def test_time_and_run_are_those_of_the_record(manager: Actor) -> None:
    nodes: Nodes = {"a": ("set_values", {"values": {"n": {"$expr": "run.number"}, "id": {"$expr": "run.id"}}})}
    run = carry_out(manager, nodes)
    case = save_case(actor=manager, run=run, name="Facts")
    assert found(case, nodes) == []


def test_a_recorded_failure_fails_again(manager: Actor) -> None:
    nodes: Nodes = {"a": ("test_fail", {}), "b": ("set_values", {"values": {}})}
    run = carry_out(manager, nodes, "a b")
    assert run.state == "FAILED"
    case = save_case(actor=manager, run=run, name="Fails")
    assert found(case, nodes, "a b") == []


def test_limits_retries_and_deadlines_do_not_hold_a_case_up(manager: Actor) -> None:
    nodes: Nodes = {"a": ("test_pause", {"seconds": 0}), "b": ("set_values", {"values": {"x": 1}})}
    run = carry_out(manager, nodes, "a b")
    sweep_now()
    work_off()
    run.refresh_from_db()
    case = save_case(actor=manager, run=run, name="Rested")
    slow = {**nodes, "a": ("test_pause", {"seconds": 86_400})}
    assert found(case, slow, "a b") == ["“a” would be asked with another value: seconds is 86400.0, was 0.0."]
    patient = {**nodes, "a": {**dict(zip(("type", "config"), nodes["a"], strict=True)), "timeout_seconds": 60}}
    assert found(case, patient, "a b") == []


def test_a_branch_that_was_overtaken_needs_no_answer(manager: Actor) -> None:
    nodes: Nodes = {
        "start": "trigger_person",
        "ask": "test_ask",
        "quick": ("set_values", {"values": {"x": 1}}),
        "end": {"type": "merge", "config": {}, "join": {"mode": "any"}},
    }
    ways = ("start ask", "start quick", "ask end", "quick end")
    run = carry_out(manager, nodes, *ways)
    assert run.state == "SUCCEEDED"
    case = save_case(actor=manager, run=run, name="Overtaken")
    assert case.content["expected"]["steps"]["ask"] == {}
    assert found(case, nodes, *ways) == []
    del nodes["quick"]
    assert found(case, nodes, "start ask", "ask end") == [
        "“ask” was reached; it was not reached then, so the case has no answer of it."
    ]


def test_a_repeated_body_has_an_answer_a_round(manager: Actor) -> None:
    nodes: Nodes = {
        "again": ("loop", {"most": 3}),
        "mark": {"type": "test_mark", "parent": "again", "config": {"text": "{{ index }}"}},
        "end": ("set_values", {"values": {"rounds": {"$expr": "steps.again.output.rounds"}}}),
    }
    run = carry_out(manager, nodes, "again end")
    assert run.output == {"rounds": 3}, run.error
    case = save_case(actor=manager, run=run, name="Rounds")
    assert sorted(case.content["answers"]) == ["mark[0]", "mark[1]", "mark[2]"]
    assert found(case, nodes, "again end") == []
    nodes["again"] = ("loop", {"most": 2})
    assert found(case, nodes, "again end") == [
        "“mark” was left by out 2 times instead of out 3 times.",
        "The run’s output.rounds is 2, was 3.",
    ]


def test_what_is_undone_is_undone_again(manager: Actor) -> None:
    undo = {"type": "test_mark", "config": {}, "undoes": "a"}
    nodes: Nodes = {"a": ("test_mark", {}), "b": ("test_fail", {}), "undo": undo}
    run = carry_out(manager, nodes, "a b")
    case = save_case(actor=manager, run=run, name="Undone")
    assert case.content["expected"]["state"] == "FAILED"
    assert case.content["expected"]["steps"]["undo"] == {"out": 1}
    assert found(case, nodes, "a b") == []
    del nodes["undo"]
    assert found(case, nodes, "a b") == ["The step undo is not there any more; it was left by out."]


def test_a_stop_ends_the_run_as_it_did(manager: Actor) -> None:
    nodes: Nodes = {
        "check": ("if", {"condition": {"$expr": "input.ok"}}),
        "stop": ("stop", {"outcome": "failed", "message": "Not wanted."}),
        "go": ("set_values", {"values": {"x": 1}}),
    }
    run = carry_out(manager, nodes, "check no stop", "check yes go", given={"ok": False})
    assert run.state == "FAILED"
    case = save_case(actor=manager, run=run, name="Stopped")
    assert found(case, nodes, "check no stop", "check yes go") == []
    told = found(case, nodes, "check yes stop", "check no go")
    assert told[0] == "The run ended SUCCEEDED instead of FAILED."


def test_a_run_under_way_makes_no_case(manager: Actor) -> None:
    run = start(manager, {"a": "test_ask"})
    work_off()
    with pytest.raises(Conflict, match="came to its own end"):
        save_case(actor=manager, run=run, name="Too early")
    assert not WorkflowCase.objects.exists()


def test_a_name_is_given_once(manager: Actor, case: WorkflowCase, large: Run) -> None:
    with pytest.raises(Conflict, match="already"):
        save_case(actor=manager, run=large, name=case.name)
    assert WorkflowCase.objects.count() == 1


def test_who_may_not_draw_saves_no_case(viewer: Actor, large: Run) -> None:
    with pytest.raises(NotAllowed):
        save_case(actor=viewer, run=large, name="Mine")
    assert not WorkflowCase.objects.exists()


@pytest.fixture
def viewer(transactional_db: None) -> Actor:
    return actor_of(Member.objects.create_user("vic", "vic@example.com", "x", role=Role.VIEWER))


class TestPublishing:
    def change(self, manager: Actor, workflow: Workflow) -> Workflow:
        workflow.refresh_from_db()
        changed = {**LARGE, "end": ("set_values", {"values": {"total": 0}})}
        document = document_of(changed, *WAYS)
        return save_draft(actor=manager, workflow=workflow, base_revision=workflow.revision, document=document)

    def test_a_failing_case_refuses_it(self, manager: Actor, case: WorkflowCase) -> None:
        workflow = self.change(manager, case.workflow)
        with pytest.raises(InvalidInput) as caught:
            publish(actor=manager, workflow=workflow)
        assert caught.value.code == "case_failed"
        assert caught.value.errors == [
            {
                "field": "Large order", "node": "", "code": "case_failed",
                "message": "Case “Large order”: The run’s output.total is 0, was 300.",
            }
        ]  # fmt: skip
        assert Version.objects.count() == 1

    def test_who_ignores_the_cases_is_in_the_audit_trail_with_what_failed(
        self, manager: Actor, case: WorkflowCase
    ) -> None:
        published = publish(actor=manager, workflow=self.change(manager, case.workflow), ignore_cases=True)
        assert (published.version.number, Version.objects.count()) == (2, 2)
        entry = AuditEntry.objects.filter(action="workflow.publish").latest("at")
        assert entry.after["failing_cases"] == ["Large order"]

    def test_a_passing_case_is_told(self, manager: Actor, case: WorkflowCase) -> None:
        workflow = case.workflow
        workflow.refresh_from_db()
        document = {**workflow.draft, "name": "Other"}
        save_draft(actor=manager, workflow=workflow, base_revision=workflow.revision, document=document)
        report = publish(actor=manager, workflow=workflow).report
        assert report is not None
        assert [result.as_json() for result in report.results] == [
            {"name": "Large order", "passed": True, "differences": []}
        ]


def test_a_draft_that_can_not_be_compiled_is_not_tried(manager: Actor, case: WorkflowCase) -> None:
    document = parse(document_of({"a": ("no_such_type", {})}))
    with pytest.raises(InvalidInput) as caught:
        try_cases(actor=manager, workflow=case.workflow, document=document)
    assert caught.value.code == "invalid_workflow"


def test_a_chain_ends_when_the_time_of_its_case_is_over(case: WorkflowCase) -> None:
    before = rows()
    document = parse(document_of(LARGE, *WAYS))
    outcome = rehearse(workflow=case.workflow, document=document, case=Case.model_validate(case.content), seconds=0)
    assert outcome.error == {"message": "it took longer than the 0 seconds that it had. Use fewer records."}
    assert (outcome.state, any(outcome.steps.values())) == ("RUNNING", False)
    assert rows() == before


def test_a_case_for_which_no_time_is_left_fails(case: WorkflowCase) -> None:
    document = parse(document_of(LARGE, *WAYS))
    report = check_cases(workflow=case.workflow, document=document, seconds=0)
    assert [(result.name, result.differences) for result in report.failed] == [
        (
            "Large order",
            (
                "It was not carried out: all cases together have 30 seconds, and those before it took them. "
                "Use fewer records, or delete cases that tell no more.",
            ),
        )
    ]


def test_cases_share_the_time_of_their_check(manager: Actor) -> None:
    if registry.find("test_long") is None:
        registry.register(kinds._kind("test_long", Effect.PURE, kinds.Slow, kinds.be_slow))
    nodes: Nodes = {"a": ("test_long", {"seconds": 0.3}), "b": ("set_values", {"values": {}})}
    run = carry_out(manager, nodes, "a b")
    cases = [save_case(actor=manager, run=run, name=name) for name in ("First", "Second")]
    document = parse(document_of(nodes, "a b"))
    assert not check_cases(workflow=cases[0].workflow, document=document).failed
    first, second = check_cases(workflow=cases[0].workflow, document=document, seconds=0.3).results
    assert "it took longer than the" in first.differences[0]
    assert "It was not carried out" in second.differences[0]
