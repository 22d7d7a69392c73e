"""Decides what people are asked; of several who decide at once, one does and the others are told so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm import audit
from crm.actors import Actor
from crm.errors import Conflict, InvalidInput, NotAllowed
from crm.models import Member
from crm.models.members import Role
from crm.permissions import can, require
from workflows.engine.signals import lock_step, send_signal
from workflows.forms import check_answers
from workflows.models import Approval, ApprovalState

DECISIONS = (ApprovalState.APPROVED, ApprovalState.REJECTED)
MAX_REASON = 2_000


def may_decide(actor: Actor, approval: Approval) -> bool:
    return _is_asked(actor, approval) and can(actor, "decide", approval)


def _is_asked(actor: Actor, approval: Approval) -> bool:
    """Whoever has the role asked for, and admins; managers too, unless an admin is asked."""
    if actor.role == Role.ADMIN or actor.role == approval.role:
        return True
    return actor.role == Role.MANAGER and approval.role != Role.ADMIN


@transaction.atomic
def decide_approval(
    *,
    actor: Actor,
    approval: Approval,
    decision: str,
    reason: str = "",
    struck: Collection[int] = (),
    answers: Mapping[str, Any] | None = None,
) -> Approval:
    """Records the decision and tells the waiting step; raises Conflict if somebody else was faster."""
    require(actor, "decide", approval)
    if not _is_asked(actor, approval):
        raise NotAllowed(f"This is asked of {Role(approval.role).label.lower()}s. Ask one of them to decide.")
    values = _checked(approval, decision, reason, struck, answers or {})
    lock_step(approval.run_id, approval.node, approval.item)
    decided = Approval.objects.filter(pk=approval.pk, state=ApprovalState.OPEN).update(
        **values, decided_by_id=actor.member_id, decided_at=timezone.now()
    )
    approval.refresh_from_db()
    if not decided:
        raise _too_late(approval)
    send_signal(
        run_id=approval.run_id,
        node=approval.node,
        item=approval.item,
        key="decision",
        payload={
            "decision": values["state"],
            "by": actor.name,
            "by_id": actor.id,
            "reason": values["reason"],
            "struck": values["struck"],
            "answers": values["answers"],
        },
    )
    audit.record_one(
        actor=actor,
        action=f"approval.{'approve' if values['state'] == ApprovalState.APPROVED else 'reject'}",
        target=approval,
        before={"state": ApprovalState.OPEN.value},
        after=values,
    )
    return approval


def _checked(
    approval: Approval, decision: str, reason: str, struck: Collection[int], answers: Mapping[str, Any]
) -> dict[str, Any]:
    """The decision as it is stored; raises InvalidInput with the field that is wrong."""
    if decision not in DECISIONS:
        raise _invalid("decision", "Approve or reject: the decision is “approved” or “rejected”.")
    if len(reason) > MAX_REASON or "\x00" in reason:
        raise _invalid("reason", f"At most {MAX_REASON:,} characters.")
    positions = sorted(set(struck))
    if positions and not 0 <= positions[0] <= positions[-1] < len(approval.items):
        raise _invalid("struck", "Only items of the list can be struck out.")
    # Whoever refuses need not fill the form in.
    problems = check_answers(approval.form, answers) if decision == ApprovalState.APPROVED else []
    if problems:
        raise InvalidInput("Some answers can't be taken.", errors=problems)
    return {
        "state": str(decision),
        "reason": reason.strip(),
        "struck": positions,
        "answers": dict(answers) if decision == ApprovalState.APPROVED else {},
    }


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, errors=[{"field": field, "code": "bad_value", "message": message}])


def _too_late(approval: Approval) -> Conflict:
    who = Member.objects.filter(pk=approval.decided_by_id).first() if approval.decided_by_id else None
    words = {
        ApprovalState.APPROVED: "approved this",
        ApprovalState.REJECTED: "rejected this",
        ApprovalState.CANCELLED: "cancelled the run",
    }
    did = words.get(ApprovalState(approval.state), "decided")
    return Conflict(f"{who or 'Somebody'} already {did}.", code="already_decided")
