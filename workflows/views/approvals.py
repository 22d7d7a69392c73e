"""The approvals inbox: what is asked on the left, one of them on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import can
from crm.selectors.fields import custom_fields
from crm.views.pages import page
from workflows.forms import FormField, fields_of, read_answers
from workflows.models import Approval, ApprovalState, Run
from workflows.selectors.approvals import (
    ApprovalPage,
    count_open,
    get_approval,
    items_of,
    list_decided,
    list_open,
)
from workflows.selectors.decisions import count_to_decide
from workflows.services.approvals import decide_approval, may_decide
from workflows.views.answers import back_with

REASONS_SHOWN = 3
Labels = Mapping[str, str]
ANSWER = "answer-"  # so that a form may have a field called reason


@dataclass(frozen=True)
class Reason:
    """What a score goes together with, in words."""

    label: str
    value: str
    raises: bool


@dataclass(frozen=True)
class ItemRow:
    """One line of what is approved."""

    position: int
    name: str
    customer: int | None
    probability: float | None
    reasons: Sequence[Reason]
    struck: bool


@dataclass(frozen=True)
class Question:
    """A field of the form with what was answered and what is wrong with it."""

    field: FormField
    answer: Any
    fault: str


@require_GET
@page
def inbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    shown = _listed(request, actor)
    first = shown.approvals[0] if shown.approvals else None
    context = _list_context(request, actor, shown)
    if first is not None:
        context |= _detail(actor, get_approval(actor=actor, approval_id=first.pk))
    return render(request, "workflows/approvals.html", context)


@require_GET
@page
def detail(request: HttpRequest, actor: Actor, approval_id: int) -> HttpResponse:
    approval = get_approval(actor=actor, approval_id=approval_id)
    context = _list_context(request, actor, _listed(request, actor, approval))
    return render(request, "workflows/approvals.html", context | _detail(actor, approval))


@require_GET
@page
def items(request: HttpRequest, actor: Actor, approval_id: int) -> HttpResponse:
    """More lines of a long list."""
    approval = get_approval(actor=actor, approval_id=approval_id)
    start = request.GET.get("start", "0")
    context = _items(actor, approval, int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 0)
    return render(request, "workflows/approvals/items.html", context)


@require_POST
@page
def decide(request: HttpRequest, actor: Actor, approval_id: int) -> HttpResponse:
    approval = get_approval(actor=actor, approval_id=approval_id)
    posted = {key.removeprefix(ANSWER): str(value) for key, value in request.POST.items() if key.startswith(ANSWER)}
    answers = read_answers(approval.form, posted)
    try:
        decided = decide_approval(
            actor=actor,
            approval=approval,
            decision=request.POST.get("decision", ""),
            reason=request.POST.get("reason", ""),
            struck=[int(position) for position in request.POST.getlist("struck") if position.isdigit()],
            answers=answers,
        )
    except InvalidInput as error:
        return _ask_again(request, actor, approval, answers, error)
    except Conflict as error:
        return back_with(request, error, "approval-detail", approval.pk)
    messages.success(request, f"{ApprovalState(decided.state).label}: {decided.title}")
    return redirect("approval-list")


def _ask_again(
    request: HttpRequest, actor: Actor, approval: Approval, answers: dict[str, Any], error: InvalidInput
) -> HttpResponse:
    faults = {fault.get("field", ""): fault.get("message", "") for fault in error.errors}
    context = _list_context(request, actor, _listed(request, actor, approval))
    context |= _detail(actor, approval, answers, faults)
    context |= {"error": error.detail, "reason": request.POST.get("reason", "")}
    return render(request, "workflows/approvals.html", context, status=422)


def _listed(request: HttpRequest, actor: Actor, shown: Approval | None = None) -> ApprovalPage:
    after, tab = request.GET.get("after", ""), _tab(request, shown)
    return (list_decided if tab == "decided" else list_open)(actor=actor, after=after)


def _tab(request: HttpRequest, shown: Approval | None) -> str:
    decided = shown is not None and shown.state != ApprovalState.OPEN
    return "decided" if decided or request.GET.get("tab") == "decided" else "open"


def _list_context(request: HttpRequest, actor: Actor, shown: ApprovalPage) -> dict[str, Any]:
    decided = any(approval.state != ApprovalState.OPEN for approval in shown.approvals)
    tab = "decided" if decided else _tab(request, None)
    return {
        "listed": shown.approvals,
        "next": shown.next,
        "tab": tab,
        "tab_open": tab == "open",
        "tab_decided": tab == "decided",
        **decision_tab(actor),
    }


def decision_tab(actor: Actor) -> dict[str, Any]:
    """Steps that wait for a decision stand beside what is asked."""
    return {
        "open_count": count_open(actor),
        "may_see_decisions": can(actor, "retry", Run),
        "decision_count": count_to_decide(actor),
    }


def _detail(
    actor: Actor, approval: Approval, answers: dict[str, Any] | None = None, faults: dict[str, str] | None = None
) -> dict[str, Any]:
    given = approval.answers if answers is None else answers
    questions = [
        Question(field, given.get(field.name, field.default), (faults or {}).get(field.name, ""))
        for field in fields_of(approval.form)
    ]
    return _items(actor, approval, 0) | {"questions": questions, "reason": approval.reason}


def _items(actor: Actor, approval: Approval, start: int) -> dict[str, Any]:
    found = items_of(approval, start=start)
    struck = set(approval.struck)
    labels = {key: field.label for key, field in custom_fields().items()}
    rows = [_row(position, item, position in struck, labels) for position, item in found.items]
    return {
        "approval": approval,
        "may_decide": approval.state == ApprovalState.OPEN and may_decide(actor, approval),
        "tone": "ok" if approval.state == ApprovalState.APPROVED else "warn",
        "items": rows,
        "has_risk": any(row.probability is not None for row in rows),
        "items_total": found.total,
        "items_next": found.next,
        "items_left": found.total - start - len(found.items),
    }


def _row(position: int, item: Any, struck: bool, labels: Labels) -> ItemRow:
    known = item if isinstance(item, dict) else {}
    probability = known.get("probability")
    reasons = known.get("reasons")
    return ItemRow(
        position=position,
        name=str(known.get("name") or known.get("title") or (item if not known else f"Item {position + 1}"))[:200],
        customer=known["id"] if isinstance(known.get("id"), int) else None,
        probability=probability if isinstance(probability, (int, float)) else None,
        reasons=[_reason(reason, labels) for reason in reasons[:REASONS_SHOWN]] if isinstance(reasons, list) else (),
        struck=struck,
    )


def _reason(reason: Any, labels: Labels) -> Reason:
    known = reason if isinstance(reason, dict) else {"field": reason}
    value, contribution = known.get("value"), known.get("contribution")
    key = str(known.get("field", "")).removeprefix("custom.")
    return Reason(
        label=labels.get(key) or key.replace("_", " ").capitalize(),
        value="" if value is None else str(value),
        raises=not isinstance(contribution, (int, float)) or contribution > 0,
    )
