"""What the API's answers and requests about cases and differences look like."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from workflows.api.shapes import CaseResultOut, Strict


class ChangeOut(serializers.Serializer[Any]):
    path = serializers.CharField()
    kind = serializers.ChoiceField(["added", "removed", "changed"])
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class RenameOut(serializers.Serializer[Any]):
    before = serializers.CharField()
    after = serializers.CharField()


class NodeChangeOut(serializers.Serializer[Any]):
    node = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    renamed = RenameOut(allow_null=True)
    changes = ChangeOut(many=True)


class EdgeList(serializers.ListField):
    child = serializers.DictField(child=serializers.CharField(), help_text="from, to and port")


class NodeList(serializers.ListField):
    child = serializers.DictField(help_text="The step as it stands in the document.")


class DiffOut(serializers.Serializer[Any]):
    name = RenameOut(allow_null=True)
    workflow = ChangeOut(many=True, help_text="Settings, input schema and sample input.")
    nodes_added = NodeList()
    nodes_removed = NodeList()
    nodes_changed = NodeChangeOut(many=True)
    edges_added = EdgeList()
    edges_removed = EdgeList()
    moved = serializers.ListField(child=serializers.CharField(), help_text="Steps that only stand elsewhere.")
    is_empty = serializers.BooleanField(help_text="Nothing differs but where steps stand.")
    sentences = serializers.ListField(child=serializers.CharField())


class CaseOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    saved_from = serializers.UUIDField(allow_null=True, help_text="The run; null for a case that came as a file.")
    saved_by = serializers.CharField(allow_null=True)
    saved_at = serializers.DateTimeField()


class CaseListOut(serializers.Serializer[Any]):
    results = CaseOut(many=True)


class CaseDetailOut(CaseOut):
    content = serializers.JSONField()


class SaveCaseIn(Strict):
    name = serializers.CharField(max_length=120)
    outputs = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list, max_length=50,
        help_text="Steps whose outputs are to be the same; that of the run always is.",
    )  # fmt: skip


class CheckCasesIn(Strict):
    version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, default=None,
        help_text="Of a version instead of the draft.",
    )  # fmt: skip


class WayOut(serializers.Serializer[Any]):
    node = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    port = serializers.CharField()


class CoverageOut(serializers.Serializer[Any]):
    ways = serializers.IntegerField()
    taken = serializers.IntegerField()
    never = WayOut(many=True)


class ReportOut(serializers.Serializer[Any]):
    passed = serializers.BooleanField()
    results = CaseResultOut(many=True)
    coverage = CoverageOut()
