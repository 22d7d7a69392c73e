"""How values are shown: states, risks, reasons, names."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

register = template.Library()

# Tone and icon of each state, by its value in lower case; the word stands beside them.
_STATES: Mapping[str, tuple[str, str]] = {
    "pending": ("muted", "hourglass"),
    "queued": ("muted", "hourglass"),
    "ready": ("muted", "hourglass"),
    "uploaded": ("muted", "hourglass"),
    "checked": ("info", "circle"),
    "running": ("accent", "spinner"),
    "in_progress": ("accent", "dot"),
    "waiting": ("warn", "pause"),
    "paused": ("warn", "pause"),
    "rolling_back": ("warn", "undo"),
    "succeeded": ("ok", "check"),
    "completed": ("ok", "check"),
    "resolved": ("ok", "check"),
    "approved": ("ok", "check"),
    "done": ("ok", "check"),
    "active": ("ok", "check"),
    "open": ("info", "circle"),
    "lead": ("info", "circle"),
    "at_risk": ("warn", "warning"),
    "churned": ("muted", "ban"),
    "skipped": ("muted", "skip"),
    "undone": ("muted", "undo"),
    "failed": ("danger", "x"),
    "dead": ("danger", "x"),
    "rejected": ("danger", "x"),
    "uncertain": ("warn", "warning"),
    "cancelled": ("muted", "ban"),
    "low": ("muted", "arrow-down"),
    "normal": ("muted", "circle"),
    "high": ("warn", "arrow-up"),
    "urgent": ("danger", "warning"),
}
_UNKNOWN = ("muted", "circle")
HIGH_RISK, MEDIUM_RISK = 0.7, 0.4
_HUES = 6
_REASON_HALF = 44  # half the width of a reason's bar
_REASONS_UP, _REASONS_DOWN = 3, 2


@register.filter
def state_tone(value: str) -> str:
    return _STATES.get(str(value).lower(), _UNKNOWN)[0]


@register.filter
def state_icon(value: str) -> str:
    return _STATES.get(str(value).lower(), _UNKNOWN)[1]


@register.filter
def state_word(value: str) -> str:
    return str(value).replace("_", " ").capitalize()


@register.filter
def initials(name: str) -> str:
    """Of the Latin words where there are any; a Chinese name is known by its first character."""
    words = [word for word in str(name).split() if word[0].isalnum()]
    latin = [word for word in words if word[0].isascii()]
    if not latin:
        return words[0][0] if words else "?"
    return "".join(word[0] for word in (latin[:1] + latin[1:][-1:])).upper()


@register.filter
def hue(name: str) -> int:
    """The same colour for the same name everywhere."""
    return zlib.crc32(str(name).encode()) % _HUES


@register.filter
def risk_tone(risk: float) -> str:
    return "danger" if risk >= HIGH_RISK else "warn" if risk >= MEDIUM_RISK else "ok"


@register.filter
def risk_word(risk: float) -> Any:
    return _("High") if risk >= HIGH_RISK else _("Medium") if risk >= MEDIUM_RISK else _("Low")


@register.filter
def times(value: float, factor: float) -> str:
    """For the geometry of a drawing."""
    return f"{float(value) * float(factor):.1f}"


@register.filter
def shown_value(value: Any) -> Any:
    """A custom field's value in words."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else value


@register.filter
def item(values: Any, key: Any) -> Any:
    """The value of a mapping under a key that a variable holds."""
    return values.get(key) if isinstance(values, Mapping) else None


@dataclass(frozen=True)
class ReasonBar:
    """A reason, drawn from the middle: to the right it raises the risk, to the left it lowers it."""

    label: str
    value: Any
    points: str
    raises: bool
    x: float
    width: float


@register.simple_tag
def reason_bars(score: Any, labels: Mapping[str, str]) -> list[ReasonBar]:
    """The strongest reasons of a score, three that raise the risk and two that lower it, in percentage points."""
    raising = [reason for reason in score.reasons if reason["contribution"] > 0][:_REASONS_UP]
    lowering = [reason for reason in score.reasons if reason["contribution"] < 0][:_REASONS_DOWN]
    longest = max((abs(reason["contribution"]) for reason in (*raising, *lowering)), default=1.0)
    return [_bar(reason, score.probability, longest, labels) for reason in (*raising, *lowering)]


def _bar(reason: Mapping[str, Any], probability: float, longest: float, labels: Mapping[str, str]) -> ReasonBar:
    contribution = float(reason["contribution"])
    width = max(2.0, abs(contribution) / longest * _REASON_HALF)
    name = str(reason["field"])
    key = name.removeprefix("custom.")
    return ReasonBar(
        label=labels.get(key, key.replace("_", " ").capitalize()),
        value=reason.get("value"),
        points=_points(100 * (probability - _without(probability, contribution))),
        raises=contribution > 0,
        x=_REASON_HALF if contribution > 0 else round(_REASON_HALF - width, 1),
        width=round(width, 1),
    )


def _points(value: float) -> str:
    return f"{value:+.0f}" if abs(value) >= 1 else f"{value:+.1f}"


def _without(probability: float, contribution: float) -> float:
    """What the probability would be without this reason."""
    bounded = min(max(probability, 1e-9), 1 - 1e-9)
    return 1 / (1 + math.exp(contribution - math.log(bounded / (1 - bounded))))


@register.filter
def polyline(values: Sequence[float], size: str = "96x24") -> str:
    """The points of a sparkline."""
    width, height = (float(part) for part in size.split("x"))
    low, high = min(values), max(values)
    span, step = (high - low) or 1.0, width / max(1, len(values) - 1)
    return " ".join(
        f"{index * step:.1f},{height - (value - low) / span * height:.1f}" for index, value in enumerate(values)
    )


@register.filter
def last_point(values: Sequence[float], size: str = "96x24") -> list[str]:
    return polyline(values, size).split(" ")[-1].split(",")


@register.simple_tag
def sort_link(current: str, name: str, first: str) -> dict[str, str]:
    """What a click on the head of a column sorts by, and how the column is sorted now."""
    descending = f"-{name}"
    if current == name:
        return {"next": descending, "order": "ascending", "icon": "arrow-up"}
    if current == descending:
        return {"next": name, "order": "descending", "icon": "arrow-down"}
    return {"next": f"{first}{name}", "order": "", "icon": ""}


# Icon and family of each kind of activity.
_ACTIVITIES: Mapping[str, tuple[str, str]] = {
    "note": ("note", "people"),
    "call": ("phone", "people"),
    "mail": ("mail", "connect"),
    "request": ("requests", "crm"),
    "service": ("services", "crm"),
    "score": ("chart-line", "ai"),
    "tag": ("tag", "decision"),
    "change": ("pencil", "connect"),
    "workflow": ("workflow", "trigger"),
}


@register.filter
def activity_icon(kind: str) -> str:
    return _ACTIVITIES.get(kind, ("circle", ""))[0]


@register.filter
def rest(activity: Any) -> str:
    """The body without its first line, where that is the summary already."""
    first, _newline, more = activity.body.partition("\n")
    return str(more if first.strip() == activity.summary else activity.body).strip()


@register.filter
def activity_family(kind: str) -> str:
    return _ACTIVITIES.get(kind, ("", "connect"))[1]


_RECORDS: Mapping[str, tuple[Any, str]] = {
    "customer": (_("Customer"), "customer-detail"),
    "service": (_("Service"), "service-detail"),
    "servicerequest": (_("Request"), "request-detail"),
    "segment": (_("Segment"), "segment-detail"),
    "import": (_("Import"), "import-detail"),
    "customfield": (_("Custom field"), ""),
    "churnmodel": (_("Churn model"), ""),
    "savedview": (_("View"), ""),
    "run": (_("Run"), "run-detail"),
    "approval": (_("Approval"), "approval-detail"),
}


@register.filter
def record_word(kind: str) -> Any:
    return _RECORDS[kind][0] if kind in _RECORDS else kind.capitalize()


@register.simple_tag
def record_url(entry: Any) -> str:
    """Where the record of an audit entry is shown, if anywhere."""
    name = _RECORDS.get(entry.object_type, ("", ""))[1]
    if not name or entry.action.endswith(".delete"):
        return ""
    try:
        return reverse(name, args=[entry.object_id])
    except NoReverseMatch:
        return ""


@dataclass(frozen=True)
class Changed:
    name: str
    was: Any
    is_now: Any


@register.simple_tag
def changes_of(entry: Any, labels: Mapping[str, str], members: Mapping[int, str]) -> list[Changed]:
    """The values that an audit entry tells of, custom ones by their labels, empty ones left out."""
    before, after = _flat(entry.before), _flat(entry.after)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [
        Changed(
            labels.get(name, name.removesuffix("_id").replace("_", " ").capitalize()),
            _brief(name, before.get(name), members),
            _brief(name, after.get(name), members),
        )
        for name in names
    ]


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    custom = values.get("custom")
    nested = dict(custom) if isinstance(custom, Mapping) else {}
    own = {key: value for key, value in values.items() if key != "custom" or not nested}
    return {key: value for key, value in (own | nested).items() if value not in (None, "", {}, [])}


def _brief(name: str, value: Any, members: Mapping[int, str]) -> Any:
    if value is None:
        return None
    if name in _WORDS:
        return state_word(value)
    if name.endswith("_id"):
        return members.get(value, value) if name in _MEMBERS else value
    shown = str(shown_value(value))
    return shown if len(shown) <= _LONGEST_SHOWN else shown[: _LONGEST_SHOWN - 1] + "…"


_WORDS = ("lifecycle", "status", "priority", "kind", "role", "state")
_MEMBERS = ("owner_id", "assignee_id")
_LONGEST_SHOWN = 120
