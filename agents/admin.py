"""The admin console of the agents' part: agents and connections to keep, workers and models to read."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordToggleWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from agents.models import Agent, ChurnModel, Connection, Worker
from agents.models.connections import ConnectionKind
from agents.services.agents import AgentSettings, create_agent, update_agent
from agents.services.connections import delete_connection, save_connection
from crm import permissions
from crm.admin import ByRole, ReadOnly
from crm.views.pages import actor_on

_WEB = ("http", "https"), "https://api.example.com/v1/"
_ADDRESSES = {
    ConnectionKind.SMTP: (("smtp", "smtps"), "smtp://mail.example.com:587"),
    ConnectionKind.AGENT_GRPC: (("grpc", "grpcs"), "grpcs://agents.example.com:443"),
}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]
    kinds = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="Families of steps (trigger, crm, decision, ai, people, connect, flow) or single types, one a line; "
        "* for all.",
    )

    class Meta:
        model = Agent
        fields = ("name", "description", "kinds", "capacity", "pool", "strategy")
        help_texts = {"capacity": "Steps at a time, for each worker that starts from now on."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["kinds"] = "\n".join(self.instance.kinds)

    def clean_kinds(self) -> list[str]:
        return _lines(self.cleaned_data["kinds"])


@admin.register(Agent)
class AgentAdmin(ByRole):
    form = AgentForm
    list_display = ("name", "description", "kinds", "capacity", "pool", "strategy", "paused")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        actor, given = actor_on(request), dict(form.cleaned_data)
        if change:
            name = Agent.objects.values_list("name", flat=True).get(pk=obj.pk)
            update_agent(actor=actor, agent_id=obj.pk, to=AgentSettings(**{**given, "name": name}))
        else:
            obj.pk = create_agent(actor=actor, new=AgentSettings(**given)).pk

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # paused instead, so that what it did keeps its name


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    hosts = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="The only hosts that ever get the secret, one a line. Empty: the address's.",
    )
    header = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget, help_text="Empty: Authorization.")
    scheme = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="What stands before the secret, such as Bearer."
    )
    username = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="For mail servers: the name to log in with."
    )
    sender = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="For mail servers: the sender of mails."
    )
    new_secret = forms.CharField(
        label="Secret",
        required=False,
        widget=UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": "new-password"}, render_value=False),
        help_text="It goes in and is never shown again. Leave empty to keep the one that is stored.",
    )

    class Meta:
        model = Connection
        fields = ("name", "kind", "base_url")
        labels = {"base_url": "Address"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.settings
        self.initial["hosts"] = "\n".join(self.instance.hosts)
        self.initial["header"], self.initial["scheme"] = stored.get("header", ""), stored.get("scheme", "Bearer")
        self.initial["username"], self.initial["sender"] = stored.get("username", ""), stored.get("sender", "")

    def clean_base_url(self) -> str:
        given = str(self.cleaned_data["base_url"]).strip()
        try:
            parts = urlsplit(given)
        except ValueError:
            raise forms.ValidationError("This is no web address.") from None
        schemes, example = _ADDRESSES.get(self.data.get("kind", ""), _WEB)
        if given and (parts.scheme not in schemes or not parts.hostname or parts.username is not None):
            raise forms.ValidationError(f"Write it like {example}, without a name or password.")
        return given

    def options(self) -> dict[str, Any]:
        """The settings with what this form knows of them changed."""
        given = {name: self.cleaned_data[name] for name in ("header", "scheme", "username", "sender")}
        return {**self.instance.settings, **given}

    def allowed_hosts(self) -> list[str]:
        host = urlsplit(self.cleaned_data["base_url"]).hostname
        return _lines(self.cleaned_data["hosts"].lower()) or ([host] if host else [])


@admin.register(Connection)
class ConnectionAdmin(ByRole):
    form = ConnectionForm
    list_display = ("name", "kind", "base_url", "has_secret", "updated_at")

    @admin.display(boolean=True, description="Secret")
    def has_secret(self, connection: Connection) -> bool:
        return connection.secret_version > 0

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        given = form.cleaned_data
        stored = save_connection(
            actor=actor_on(request),
            name=form.instance.name if change else given["name"],
            kind=given["kind"],
            base_url=given["base_url"],
            hosts=form.allowed_hosts(),
            options=form.options(),
            secret=given["new_secret"] or None,
        )
        obj.pk = stored.pk

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        delete_connection(actor=actor_on(request), connection_id=obj.pk)


@admin.register(Worker)
class WorkerAdmin(ReadOnly):
    list_display = ("agent", "host", "pid", "version", "started_at", "heartbeat_at", "stopped_at")
    list_filter = ("agent",)
    ordering = ("-heartbeat_at",)

    def _may(self, request: HttpRequest, action: str) -> bool:
        return permissions.can(actor_on(request), action, "agent")


@admin.register(ChurnModel)
class ChurnModelAdmin(ReadOnly):
    list_display = ("number", "state", "trained_at", "trained_by", "approved_by", "sha256")
    exclude = ("artefact", "card")
    ordering = ("-number",)

    def _may(self, request: HttpRequest, action: str) -> bool:
        return permissions.can(actor_on(request), action, "model")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("artefact", "card")
