"""What the API's requests and answers look like. A field that is not listed in a request is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.models import Lifecycle, Role
from crm.models.customers import CustomerKind
from crm.models.fields import FieldType, RecordKind
from crm.models.imports import ImportState
from crm.models.requests import Priority, RequestStatus
from crm.models.services import ServiceStatus

NOTE_KINDS = [("note", "Note"), ("call", "Call")]
LARGEST_ID = 2**63 - 1


class Out(serializers.Serializer[Any]):
    """An answer."""


class Strict(serializers.Serializer[Any]):
    """A request: a field that is not listed is an error, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        known = {name for name, field in self.fields.items() if not field.read_only}
        unknown = sorted(map(str, set(data) - known)) if isinstance(data, Mapping) else []
        if unknown:
            raise serializers.ValidationError(
                {name: ["There is no such field that can be written."] for name in unknown}, code="unknown_field"
            )
        return super().to_internal_value(data)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ObjectField(serializers.JSONField):
    """A JSON object."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Give an object.")
        return super().to_internal_value(data)


class LabelledId(Out):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(source="__str__")


class CustomerOut(Out):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField()
    phone_number = serializers.CharField()
    kind = serializers.ChoiceField(CustomerKind.choices)
    notes = serializers.CharField()
    lifecycle = serializers.ChoiceField(Lifecycle.choices)
    owner = LabelledId(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(), source="tag_names")
    custom = ObjectField()
    churn_risk = serializers.FloatField(allow_null=True)
    churn_scored_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CustomerIn(Strict):
    name = serializers.CharField(max_length=200)
    email = serializers.EmailField()
    phone_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    kind = serializers.ChoiceField(CustomerKind.choices, required=False)
    notes = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    lifecycle = serializers.ChoiceField(Lifecycle.choices, required=False)
    custom = ObjectField(required=False)


class MemberIdIn(Strict):
    member = serializers.IntegerField(allow_null=True, min_value=1, max_value=LARGEST_ID, help_text="null for nobody")


class TagNameIn(Strict):
    tag = serializers.CharField(max_length=50)


class NoteIn(Strict):
    kind = serializers.ChoiceField(NOTE_KINDS, default="note")
    text = serializers.CharField(max_length=20_000)
    outcome = serializers.CharField(max_length=100, required=False, help_text="Of a call.")


class ActivityOut(Out):
    id = serializers.IntegerField()
    customer = serializers.IntegerField(source="customer_id")
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(source="actor_name")
    summary = serializers.CharField()
    body = serializers.CharField()
    data = ObjectField()  # type: ignore[assignment]
    run = serializers.UUIDField(source="run_id", allow_null=True)
    node = serializers.CharField()
    workflow_version = serializers.CharField()
    model = serializers.CharField()


class ServiceOut(Out):
    id = serializers.IntegerField()
    customer = LabelledId()
    email = serializers.EmailField(source="customer.email")
    phone_number = serializers.CharField(source="customer.phone_number")
    type = serializers.CharField()
    status = serializers.ChoiceField(ServiceStatus.choices)
    start_time = serializers.DateTimeField()
    end_time = serializers.DateTimeField(allow_null=True)
    custom = ObjectField()
    updated_at = serializers.DateTimeField()


class ServiceChangeIn(Strict):
    type = serializers.CharField(max_length=100)
    status = serializers.ChoiceField(ServiceStatus.choices, required=False)
    start_time = serializers.DateTimeField(required=False)
    end_time = serializers.DateTimeField(required=False, allow_null=True)
    custom = ObjectField(required=False)


class ServiceIn(ServiceChangeIn):
    customer = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)


class RequestOut(Out):
    id = serializers.IntegerField()
    customer = LabelledId()
    service = LabelledId(allow_null=True)
    kind = serializers.CharField()
    subject = serializers.CharField()
    description = serializers.CharField()
    status = serializers.ChoiceField(RequestStatus.choices)
    priority = serializers.ChoiceField(Priority.choices)
    assignee = LabelledId(allow_null=True)
    request_time = serializers.DateTimeField()
    response_time = serializers.DateTimeField(allow_null=True)
    custom = ObjectField()
    run = serializers.UUIDField(source="run_id", allow_null=True)
    updated_at = serializers.DateTimeField()


class _RequestFields(Strict):
    service = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=LARGEST_ID)
    kind = serializers.CharField(max_length=50, required=False)
    subject = serializers.CharField(max_length=200, required=False, allow_blank=True)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    assignee = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=LARGEST_ID)
    request_time = serializers.DateTimeField(required=False)
    custom = ObjectField(required=False)


class RequestIn(_RequestFields):
    customer = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)


class RequestChangeIn(_RequestFields):
    status = serializers.ChoiceField(RequestStatus.choices, required=False)
    response_time = serializers.DateTimeField(required=False, allow_null=True)


class RuleShape(Strict):
    field = serializers.CharField(help_text="A field of customers, or custom.<key>.")
    op = serializers.CharField(help_text="is, is_not, contains, gt, gte, lt, lte, between, in, is_empty …")
    value = serializers.JSONField(required=False)


class ConditionShape(Strict):
    match = serializers.ChoiceField(["all", "any"], default="all")
    rules = RuleShape(many=True)


class SegmentOut(Out):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    condition = ConditionShape()
    updated_at = serializers.DateTimeField()


class SegmentIn(Strict):
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)
    condition = ConditionShape()


class TagOut(Out):
    id = serializers.IntegerField()
    name = serializers.CharField()


class TagIn(Strict):
    name = serializers.CharField(max_length=50)


class MemberOut(Out):
    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField(source="__str__")
    role = serializers.ChoiceField(Role.choices)
    teams = LabelledId(many=True, source="teams.all")


class FieldOut(Out):
    id = serializers.IntegerField()
    record = serializers.ChoiceField(RecordKind.choices)
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    type = serializers.ChoiceField(FieldType.choices)
    choices = serializers.ListField(child=serializers.CharField())
    required = serializers.BooleanField()  # type: ignore[assignment]


class FieldIn(Strict):
    record = serializers.ChoiceField(RecordKind.choices, default=RecordKind.CUSTOMER)
    key = serializers.CharField(max_length=60)
    label = serializers.CharField(max_length=100)  # type: ignore[assignment]
    type = serializers.ChoiceField(FieldType.choices, default=FieldType.TEXT)
    choices = serializers.ListField(child=serializers.CharField(max_length=200), required=False)
    required = serializers.BooleanField(default=False)  # type: ignore[assignment]


class UploadIn(Strict):
    file = serializers.FileField()


class CheckIn(Strict):
    mapping = ObjectField(
        required=False, help_text="{column: target}; a target is a field, custom.<key>, new.<key> or service:<type>."
    )
    match_key = serializers.CharField(max_length=60, required=False, help_text="email, or custom.<key>")
    mute_triggers = serializers.BooleanField(required=False)


class ImportOut(Out):
    id = serializers.IntegerField()
    file_name = serializers.CharField()
    state = serializers.ChoiceField(ImportState.choices)
    columns = serializers.ListField(child=ObjectField())
    mapping = ObjectField()
    match_key = serializers.CharField()
    mute_triggers = serializers.BooleanField()
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    counts = ObjectField()
    errors = serializers.ListField(child=ObjectField())  # type: ignore[assignment]
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class AuditOut(Out):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor_id = serializers.CharField()
    actor_name = serializers.CharField()
    action = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    object_label = serializers.CharField()
    before = ObjectField()
    after = ObjectField()
    operation = serializers.UUIDField()
    request_id = serializers.CharField()
    run = serializers.UUIDField(source="run_id", allow_null=True)


class CredentialsIn(Strict):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class RefreshIn(Strict):
    refresh = serializers.CharField(max_length=2000)


class PairOut(Out):
    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.SerializerMethodField()
    expires_in = serializers.IntegerField(help_text="Seconds that the access token lives.")

    def get_token_type(self, pair: object) -> str:
        return "Bearer"


def page_of(shape: type[Out]) -> type[Out]:
    """The shape of a page of such answers."""
    fields = {
        "__doc__": "",
        "results": shape(many=True),
        "next": serializers.CharField(allow_null=True, help_text="The cursor of the next page."),
    }
    return type(shape.__name__.removesuffix("Out") + "PageOut", (Out,), fields)


CustomerPage = page_of(CustomerOut)
ActivityPage = page_of(ActivityOut)
ServicePage = page_of(ServiceOut)
RequestPage = page_of(RequestOut)
AuditPage = page_of(AuditOut)
ImportPage = page_of(ImportOut)
SegmentPage = page_of(SegmentOut)
TagPage = page_of(TagOut)
MemberPage = page_of(MemberOut)
TeamPage = page_of(type("TeamOut", (LabelledId,), {"__doc__": ""}))
FieldPage = page_of(FieldOut)
