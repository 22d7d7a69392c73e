"""The admin console of the CRM: members, teams, fields, and the audit trail to read. It writes through the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from crm import permissions
from crm.actors import Actor, actor_of
from crm.errors import RapportError
from crm.models import AuditEntry, CustomField, Import, Member, SavedView, Segment, Tag, Team
from crm.services import fields, members, tags

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Any]
else:
    _Admin = ModelAdmin

admin.site.unregister(Group)  # rights come from the role


class ByRole(_Admin):
    """Shows and offers what the member's role allows; a refusal by a service becomes a message."""

    actions = None
    list_fullwidth = True

    def _may(self, request: HttpRequest, action: str) -> bool:
        member = request.user
        return isinstance(member, Member) and member.is_active and permissions.can(actor_of(member), action, self.model)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "read")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "read")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "update")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The services store what belongs to a record together with it."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._telling(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._telling(request, super().delete_view, *args, **kwargs)

    def _telling(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = view(request, *args, **kwargs)
        except RapportError as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(request.get_full_path())
        return answer


class ReadOnly(ByRole):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _actor(request: HttpRequest) -> Actor:
    member = request.user
    if not isinstance(member, Member):
        raise TypeError("only members come this far")
    return actor_of(member)


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    new_password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. Leave empty to keep the password.",
    )

    class Meta:
        model = Member
        fields = (*members.FIELDS, "teams")


@admin.register(Member)
class MemberAdmin(ByRole):
    form = MemberForm
    list_display = ("username", "first_name", "last_name", "email", "role", "is_active", "last_login")
    list_filter = ("role", "is_active", "teams")
    search_fields = ("username", "first_name", "last_name", "email")
    filter_horizontal = ("teams",)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        given = dict(form.cleaned_data)
        password, teams = given.pop("new_password"), [team.pk for team in given.pop("teams")]
        actor = _actor(request)
        if change:
            members.update_member(actor=actor, member_id=obj.pk, changes=given, team_ids=teams)
            if password:
                members.set_password(actor=actor, member_id=obj.pk, password=password)
            return
        given.pop("is_active")
        made = members.create_member(actor=actor, password=password or None, team_ids=teams, **given)
        obj.pk = made.pk

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # deactivated, so that what they did keeps its name


@admin.register(Team)
class TeamAdmin(ByRole):
    fields = ("name",)
    search_fields = ("name",)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        name = form.cleaned_data["name"]
        if change:
            members.rename_team(actor=_actor(request), team_id=obj.pk, name=name)
        else:
            obj.pk = members.create_team(actor=_actor(request), name=name).pk

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        members.delete_team(actor=_actor(request), team_id=obj.pk)


class CustomFieldForm(forms.ModelForm):  # type: ignore[type-arg]
    choices = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 6}), help_text="One a line, for fields of type Choice."
    )

    class Meta:
        model = CustomField
        fields = ("record", "key", "label", "type", "choices", "required")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["choices"] = "\n".join(self.instance.choices)

    def clean_choices(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["choices"].splitlines() if line.strip()]


@admin.register(CustomField)
class CustomFieldAdmin(ByRole):
    form = CustomFieldForm
    list_display = ("label", "key", "record", "type", "required")
    list_filter = ("record", "type")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("record", "key", "type") if obj else ()

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        given = dict(form.cleaned_data)
        if change:
            fields.update_field(actor=_actor(request), field_id=obj.pk, changes=given)
        else:
            obj.pk = fields.create_field(actor=_actor(request), new=fields.NewField(**given)).pk

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        fields.delete_field(actor=_actor(request), field_id=obj.pk)


@admin.register(Tag)
class TagAdmin(ByRole):
    fields = ("name",)
    search_fields = ("name",)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        name = form.cleaned_data["name"]
        if change:
            tags.rename_tag(actor=_actor(request), tag_id=obj.pk, name=name)
        else:
            obj.pk = tags.create_tag(actor=_actor(request), name=name).pk

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        tags.delete_tag(actor=_actor(request), tag_id=obj.pk)


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly):
    list_display = ("at", "actor_name", "action", "object_type", "object_label", "run_id")
    list_filter = ("action", "object_type")
    search_fields = ("actor_name", "object_label", "=object_id")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(Segment)
class SegmentAdmin(ReadOnly):
    list_display = ("name", "description", "updated_at")


@admin.register(SavedView)
class SavedViewAdmin(ReadOnly):
    list_display = ("name", "page", "member", "query")


@admin.register(Import)
class ImportAdmin(ReadOnly):
    list_display = ("file_name", "state", "done", "total", "created_by", "created_at")
    exclude = ("content",)
