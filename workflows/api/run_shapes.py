"""What the operations on runs take and answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from workflows.api import shapes
from workflows.api.shapes import RunSummaryOut, Strict


class RepeatIn(Strict):
    input = serializers.JSONField(required=False, default=None, help_text="Another input, for a repeat from the start.")
    version = serializers.ChoiceField(["same", "latest"], required=False, default="same")
    key = serializers.CharField(
        max_length=200, required=False, allow_null=True, default=None,
        help_text="With a key that was used before, answers that run.",
    )  # fmt: skip

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python.
        node = serializers.CharField(
            max_length=60, required=False, allow_blank=True, default="", source="from_node",
            help_text="A step: what came before it is copied from the run, the rest happens again.",
        )  # fmt: skip
        return {**super().get_fields(), "from": node}


class PlannedStepOut(serializers.Serializer[Any]):
    node = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    type = serializers.CharField()
    effect = serializers.CharField(help_text="What it touches: PURE, LOCAL, KEYED or UNKEYED.")
    happened = serializers.BooleanField(help_text="It had an effect in the run that is repeated.")


class RepeatPlanOut(serializers.Serializer[Any]):
    copied = PlannedStepOut(many=True)
    again = PlannedStepOut(many=True)


class CauseOut(serializers.Serializer[Any]):
    workflow = serializers.CharField()
    workflow_key = serializers.CharField()
    node = serializers.CharField(allow_blank=True)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True, help_text="That of the newest run.")
    count = serializers.IntegerField()
    repeated = serializers.IntegerField(help_text="Of these, those that were retried already.")
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()
    newest_run = serializers.UUIDField()
    is_complete = serializers.BooleanField(help_text="False if there were more failed runs than were looked at.")


class CauseListOut(serializers.Serializer[Any]):
    results = CauseOut(many=True)


class RetryAllIn(Strict):
    workflow = serializers.CharField(max_length=80)
    node = serializers.CharField(max_length=60, allow_blank=True)
    code = serializers.CharField(max_length=100, allow_blank=True)


class BatchOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    state = serializers.CharField()
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    refused = serializers.JSONField(help_text="The runs that were left as they are, each with the reason.")
    asked_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class InFlightRunOut(RunSummaryOut):
    can_move = serializers.BooleanField()
    why_not = serializers.CharField(allow_blank=True)


class InFlightOut(serializers.Serializer[Any]):
    to_version = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField(help_text="All open runs on older versions; the list is bounded.")
    results = InFlightRunOut(many=True)


class InFlightIn(Strict):
    choice = serializers.ChoiceField(["finish", "move", "restart"])
    mapping = serializers.DictField(child=serializers.CharField(max_length=60), required=False, default=dict)


class PublishIn(shapes.PublishIn):
    in_flight = serializers.ChoiceField(
        ["finish", "move", "restart"], required=False, default="finish",
        help_text="What becomes of open runs on older versions.",
    )  # fmt: skip
    mapping = serializers.DictField(
        child=serializers.CharField(max_length=60), required=False, default=dict,
        help_text="For `move`: steps that go by another name now, old to new.",
    )  # fmt: skip


class NewVersionOut(shapes.NewVersionOut):
    in_flight = BatchOut(allow_null=True)
