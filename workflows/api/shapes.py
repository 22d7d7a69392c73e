"""What the API's answers and requests look like; unknown fields of a request are refused."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from workflows.states import RunState, StepState

RUN_STATES = [*RunState.values, "WAITING", "PAUSED", "ROLLING_BACK"]
STEP_STATES = list(StepState.values)


class Strict(serializers.Serializer[Any]):
    """A request: a field that is not listed is an error, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class CaseResultOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    passed = serializers.BooleanField()
    differences = serializers.ListField(child=serializers.CharField())


class ProblemOut(serializers.Serializer[Any]):
    node = serializers.CharField(allow_null=True)
    field = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    message = serializers.CharField()
    severity = serializers.ChoiceField(["error", "warning"])


class PublishedOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)


class RightsOut(serializers.Serializer[Any]):
    edit = serializers.BooleanField()
    publish = serializers.BooleanField()
    run = serializers.BooleanField()
    delete = serializers.BooleanField()


class WorkflowSummaryOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    revision = serializers.IntegerField()
    enabled = serializers.BooleanField()
    published = PublishedOut(allow_null=True)


class WorkflowOut(WorkflowSummaryOut):
    saved_at = serializers.DateTimeField()
    draft = serializers.JSONField()
    problems = ProblemOut(many=True)
    rights = RightsOut()
    webhooks = serializers.DictField(child=serializers.CharField(), help_text="Address of each webhook step.")


class WorkflowListOut(serializers.Serializer[Any]):
    results = WorkflowSummaryOut(many=True)


class NewWorkflowIn(Strict):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    key = serializers.SlugField(max_length=70, required=False, allow_blank=True, default="")
    document = serializers.JSONField(required=False, default=None)


class ChangeWorkflowIn(Strict):
    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    enabled = serializers.BooleanField(required=False)


class DraftIn(Strict):
    base_revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    document = serializers.JSONField()


class SavedOut(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    saved_at = serializers.DateTimeField()
    problems = ProblemOut(many=True)


class PublishIn(Strict):
    base_revision = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, default=None
    )
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    ignore_cases = serializers.BooleanField(
        required=False, default=False, help_text="Publish though a case fails; the audit trail keeps which did."
    )


class NewVersionOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    cases = CaseResultOut(many=True, help_text="What came of the cases; empty for a version that was there already.")
    webhook_secrets = serializers.DictField(
        child=serializers.CharField(), help_text="The signing secret of each new webhook; shown this once."
    )


class SecretOut(serializers.Serializer[Any]):
    secret = serializers.CharField()


class VersionOut(PublishedOut):
    note = serializers.CharField()
    sha256 = serializers.CharField()
    steps = serializers.IntegerField()


class VersionListOut(serializers.Serializer[Any]):
    results = VersionOut(many=True)


class VersionDetailOut(VersionOut):
    document = serializers.JSONField()


class StartRunIn(Strict):
    input = serializers.JSONField(required=False, default=None)
    trigger = serializers.CharField(max_length=40, required=False, allow_null=True, default=None)
    key = serializers.CharField(max_length=200, required=False, allow_null=True, default=None)


class RunSummaryOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    workflow = serializers.CharField()
    workflow_id = serializers.IntegerField()
    workflow_key = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(RUN_STATES)
    trigger = serializers.CharField(allow_blank=True)
    started_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class RunListOut(serializers.Serializer[Any]):
    results = RunSummaryOut(many=True)
    next = serializers.CharField(allow_blank=True, help_text="Pass as `before` for the next page; empty at the end.")


class ItemCountOut(serializers.Serializer[Any]):
    items = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()


class AttemptOut(serializers.Serializer[Any]):
    attempt = serializers.IntegerField()
    outcome = serializers.CharField()
    error = serializers.JSONField(allow_null=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    agent = serializers.CharField(allow_null=True)


class ChunkOut(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    state = serializers.ChoiceField(STEP_STATES)
    decide = serializers.BooleanField(help_text="A person decides what follows.")
    attempt = serializers.IntegerField()
    error = serializers.JSONField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    agent = serializers.CharField(allow_null=True)


class StepOut(serializers.Serializer[Any]):
    node = serializers.CharField()
    type = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    item = serializers.IntegerField(allow_null=True, help_text="Null for a step inside a For each.")
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    state = serializers.ChoiceField(STEP_STATES)
    attempt = serializers.IntegerField()
    port = serializers.CharField(allow_null=True)
    output = serializers.JSONField(allow_null=True)
    truncated = serializers.BooleanField(help_text="The output is large; read it whole at /runs/{id}/steps/{node}.")
    error = serializers.JSONField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    agent = serializers.CharField(allow_null=True)
    wait = serializers.CharField(allow_null=True, help_text="What the step waits for, in words.")
    wait_runs = serializers.JSONField(help_text="The runs that it waits for: id and number.")
    decide = serializers.BooleanField(help_text="A person decides what follows.")
    undoes = serializers.CharField(allow_null=True, help_text="The step that it takes back when the run fails.")
    items = ItemCountOut(allow_null=True)
    attempts = AttemptOut(many=True)
    chunks = ChunkOut(many=True)
    chunk_count = serializers.IntegerField(required=False)


class RunOut(RunSummaryOut):
    input = serializers.JSONField(allow_null=True)
    output = serializers.JSONField(allow_null=True)
    error = serializers.JSONField(allow_null=True)
    steps = StepOut(many=True)
    document = serializers.JSONField()
    rights = serializers.DictField(child=serializers.BooleanField())


class OutputOut(serializers.Serializer[Any]):
    node = serializers.CharField()
    item = serializers.IntegerField()
    output = serializers.JSONField(allow_null=True)


class StepTypeOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    family = serializers.CharField()
    description = serializers.CharField()
    effect = serializers.CharField()
    ports = serializers.ListField(child=serializers.CharField())
    dynamic_ports = serializers.CharField(allow_null=True)
    container = serializers.BooleanField()
    repeats = serializers.BooleanField(help_text="A container whose body runs again and again.")
    grows = serializers.BooleanField(help_text="A container whose body is known only when it runs.")
    waits = serializers.BooleanField()
    only_at_top = serializers.BooleanField()
    cacheable = serializers.BooleanField()
    can_probe = serializers.BooleanField(help_text="It can ask the other side whether its effect happened.")
    schema = serializers.JSONField()
    output_schema = serializers.JSONField(allow_null=True)
    icon = serializers.CharField(allow_blank=True)


class StepTypeListOut(serializers.Serializer[Any]):
    results = StepTypeOut(many=True)
    policies = serializers.JSONField(help_text="JSON Schema of the keys that a step of any type may have.")
    settings = serializers.JSONField(help_text="JSON Schema of a document's `settings`.")


class CheckExpressionIn(Strict):
    expression = serializers.CharField(max_length=4_000, trim_whitespace=False)
    document = serializers.JSONField()
    node = serializers.CharField(max_length=40)
    workflow = serializers.CharField(max_length=80, required=False, allow_null=True, default=None)


class ExpressionErrorOut(serializers.Serializer[Any]):
    message = serializers.CharField()
    position = serializers.IntegerField(allow_null=True)


class CheckedExpressionOut(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    error = ExpressionErrorOut(required=False)
    value = serializers.JSONField(required=False, allow_null=True)
    sample = serializers.CharField(required=False, help_text="Where the values come from, in words.")


class ApprovalSummaryOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.CharField()
    role = serializers.CharField()
    workflow = serializers.CharField()
    workflow_id = serializers.IntegerField()
    run_id = serializers.UUIDField()
    run_number = serializers.IntegerField()
    node = serializers.CharField()
    customer = serializers.IntegerField(allow_null=True)
    item_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_null=True)
    may_decide = serializers.BooleanField()


class ApprovalListOut(serializers.Serializer[Any]):
    results = ApprovalSummaryOut(many=True)
    next = serializers.CharField(allow_blank=True, help_text="Pass as `after` for the next page; empty at the end.")


class ApprovalOut(ApprovalSummaryOut):
    instructions = serializers.CharField(allow_blank=True)
    what_will_happen = serializers.ListField(child=serializers.CharField())
    form = serializers.JSONField()
    answers = serializers.JSONField()
    reason = serializers.CharField(allow_blank=True)
    struck = serializers.ListField(child=serializers.IntegerField())
    items = serializers.JSONField(help_text="One page of the items, from `items_start` on.")
    items_start = serializers.IntegerField()
    items_next = serializers.IntegerField(allow_null=True)


class VerdictIn(Strict):
    verdict = serializers.ChoiceField(["retry", "done", "failed"])
    reason = serializers.CharField(max_length=500)
    output = serializers.JSONField(required=False, default=None)
    port = serializers.CharField(max_length=60, required=False, default="out")
    item = serializers.IntegerField(min_value=0, required=False, default=0)


class DecideIn(Strict):
    decision = serializers.ChoiceField(["approved", "rejected"])
    reason = serializers.CharField(max_length=2_000, required=False, allow_blank=True, default="")
    struck = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=2**31 - 1),
        required=False,
        max_length=100_000,
        default=list,
    )
    answers = serializers.DictField(required=False, default=dict)


class HookOut(serializers.Serializer[Any]):
    run = serializers.UUIDField()
    number = serializers.IntegerField()


class EndedHookOut(HookOut):
    state = serializers.ChoiceField(RUN_STATES)
    output = serializers.JSONField(allow_null=True, help_text="Null unless the webhook's step lets callers see it.")
