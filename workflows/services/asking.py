"""Asks people: opens the approval of a step, once however often the step is tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from workflows.models import Approval
from workflows.steps import JSON, StepContext


@dataclass(frozen=True)
class Question:
    title: str
    role: str
    instructions: str = ""
    what_will_happen: Sequence[str] = ()
    items: Sequence[JSON] = ()
    form: Mapping[str, JSON] = field(default_factory=dict)
    customer_id: int | None = None
    due_hours: float | None = None


def open_approval(*, context: StepContext, question: Question) -> Approval:
    """In the transaction in which the step begins to wait."""
    due_at = timezone.now() + timedelta(hours=question.due_hours) if question.due_hours else None
    approval, _ = Approval.objects.get_or_create(
        run_id=context.run.id,
        node=context.node,
        item=context.item,
        defaults={
            "workflow_id": context.run.workflow_id,
            "run_number": context.run.number,
            "title": question.title[:200],
            "role": question.role,
            "instructions": question.instructions,
            "what_will_happen": list(question.what_will_happen),
            "items": list(question.items),
            "form": dict(question.form),
            "customer_id": question.customer_id,
            "due_at": due_at,
        },
    )
    return approval
