"""The frame of every page: how it looks for this member, and the rail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from crm.actors import Actor
from crm.panels import waiting_count
from crm.permissions import can
from crm.views.pages import actor_on

register = template.Library()

_LOOKS = {"theme": ("light", "dark"), "density": ("compact",), "rail": ("narrow",)}


@dataclass(frozen=True)
class Entry:
    """A line of the rail; `kind` is what its readers must be allowed to read."""

    url_name: str
    label: Any  # translated when it is shown
    icon: str
    kind: str = ""


@dataclass(frozen=True)
class Link:
    url: str
    label: str
    icon: str
    current: bool
    count: int = 0


@dataclass(frozen=True)
class Section:
    label: str
    links: list[Link]


_RAIL: tuple[tuple[Any, tuple[Entry, ...]], ...] = (
    (
        _("Customers"),
        (
            Entry("home", _("Home"), "home"),
            Entry("customer-list", _("Customers"), "customers", "customer"),
            Entry("service-list", _("Services"), "services", "service"),
            Entry("request-list", _("Requests"), "requests", "servicerequest"),
            Entry("segment-list", _("Segments"), "segments", "segment"),
            Entry("import-list", _("Imports"), "imports", "import"),
        ),
    ),
    (
        _("Automation"),
        (
            Entry("workflow-list", _("Workflows"), "workflow", "workflow"),
            Entry("run-list", _("Runs"), "runs", "run"),
            Entry("approval-list", _("Approvals"), "approvals", "approval"),
        ),
    ),
    (
        _("System"),
        (
            Entry("operations", _("Operations"), "operations", "agent"),
            Entry("model", _("Churn model"), "model", "model"),
            Entry("audit-list", _("Audit"), "audit", "audit"),
            Entry("admin:index", _("Admin"), "admin"),
        ),
    ),
)


@register.simple_tag(takes_context=True)
def looks(context: dict[str, Any]) -> dict[str, str]:
    """The member's choices of theme, density and rail, from their cookies; unknown values count as none."""
    request: HttpRequest | None = context.get("request")
    cookies = request.COOKIES if request else {}
    return {name: value for name, values in _LOOKS.items() if (value := cookies.get(name, "")) in values}


@register.simple_tag(takes_context=True)
def rail(context: dict[str, Any]) -> list[Section]:
    """What the member may open. A page that this installation does not have is left out."""
    request: HttpRequest = context["request"]
    actor = actor_on(request)
    sections = [
        Section(str(label), [link for entry in entries if (link := _link(entry, actor, request))])
        for label, entries in _RAIL
    ]
    return [section for section in sections if section.links]


def _link(entry: Entry, actor: Actor, request: HttpRequest) -> Link | None:
    if entry.kind and not can(actor, "read", entry.kind):
        return None
    if entry.url_name.startswith("admin:") and not getattr(request.user, "is_staff", False):
        return None
    try:
        url = reverse(entry.url_name)
    except NoReverseMatch:
        return None
    current = request.path == url if url == "/" else request.path.startswith(url)
    return Link(url, str(entry.label), entry.icon, current, waiting_count(actor, entry.url_name))
