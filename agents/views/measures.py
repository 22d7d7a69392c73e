"""The figures of scheduling as the Operations page shows them: a value, its course, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from agents.charts import Compared, compared_bars
from agents.selectors.figures import Period


@dataclass(frozen=True)
class Shown:
    name: Any
    value: str | None
    formula: str
    means: Any
    course: Sequence[float]  # by the hour; an hour without work counts as 0


def percent(value: float) -> str:
    return f"{value:.1%}".replace("%", " %")


def times(value: float) -> str:
    return f"{value:.2f} ×"


def plain(value: float) -> str:
    return f"{value:.2f}"


def seconds(value: float) -> str:
    if value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.2f} s" if value < 60 else f"{value / 60:.1f} min"


_FIGURES: Sequence[tuple[str, Any, Callable[[float], str], str, Any]] = (
    ("success_rate", _("Success rate"), percent, "ok / (ok + failed)", _("Tries that succeeded, of those that ended.")),
    ("speed_up", _("Speed-up"), times, "S = Σ work / T", _("Work done over the time in which any was under way.")),
    (
        "parallel_efficiency",
        _("Parallel efficiency"),
        percent,
        "E = S / p",
        _("The speed-up for each of the p places that the agents offer."),
    ),
    (
        "utilisation",
        _("Utilisation"),
        percent,
        "U = Σ work / (p · time)",
        _("How much of their time the places were busy."),
    ),
    (
        "load_balance",
        _("Load balance"),
        plain,
        "L = (max − avg) / max",
        _("Over the workers of an hour, each by its places: 0 is level."),
    ),
    (
        "decomposition_rate",
        _("Decomposition rate"),
        percent,
        "D = S / T",
        _("Sub-tasks that ran in parallel, of all tasks."),
    ),
    (
        "fault_recovery_rate",
        _("Fault recovery"),
        percent,
        "F = R / N",
        _("Tries that failed or were lost and that a later one made good."),
    ),
    ("wait_p95", _("Wait p95"), seconds, "95 % ≤", _("How long a ready step waited for an agent.")),
    ("latency_p99", _("Agent latency p99"), seconds, "99 % ≤", _("From an agent's claim of a step to its record.")),
)


def shown_figures(period: Period) -> list[Shown]:
    return [_shown(period, *one) for one in _FIGURES]


def _shown(period: Period, name: str, title: Any, show: Callable[[float], str], formula: str, means: Any) -> Shown:
    value: float | None = getattr(period.whole, name)
    course = [getattr(hour, name) or 0.0 for hour in period.hourly]
    return Shown(title, None if value is None else show(value), formula, means, course if any(course) else ())


def compared(result: Mapping[str, Any]) -> list[Compared]:
    outcomes: Sequence[Mapping[str, Any]] = result["outcomes"]
    return [
        compared_bars(str(_("Run p95")), outcomes, "job_p95", seconds),
        compared_bars(str(_("Wait p95")), outcomes, "wait_p95", seconds),
        compared_bars(str(_("Wait p50")), outcomes, "wait_p50", seconds),
        compared_bars(str(_("Mean wait of the workflow that waits longest")), outcomes, "worst_key", seconds),
        compared_bars(str(_("Makespan")), outcomes, "makespan", seconds),
        compared_bars(str(_("Makespan above the bound")), outcomes, "distance", percent),
        compared_bars(str(_("Utilisation")), outcomes, "utilisation", percent),
        compared_bars(str(_("Load balance L")), outcomes, "imbalance", plain),
    ]
