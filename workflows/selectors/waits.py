"""What a step waits for, in words."""

from __future__ import annotations

from uuid import UUID

from crm.models.members import Role
from workflows.models import Approval, ApprovalState, Step
from workflows.selectors.chunks import ItemCount
from workflows.states import StepState, WaitFor


class Waits:
    def __init__(self, run_id: UUID) -> None:
        opened = Approval.objects.filter(run_id=run_id, state=ApprovalState.OPEN)
        self._asked = {(one.node, one.item): one for one in opened.only("node", "item", "role", "form")}

    def words(self, step: Step, count: ItemCount | None) -> str | None:
        if step.state == StepState.READY:
            return "queued for an agent"
        if step.state == StepState.UNCERTAIN:
            return "may have taken effect; a person decides"
        if step.state != StepState.WAITING:
            return None
        if step.waits_for == WaitFor.PERSON:
            return self._person(step)
        if step.waits_for == WaitFor.ITEMS:
            return f"{count.done:,} of {count.items:,} items done" if count else "waits for its items"
        at = f"{step.wake_at:%Y-%m-%d %H:%M:%S} UTC" if step.wake_at else "later"
        return f"tries again at {at}" if step.waits_for == WaitFor.RETRY else f"waits until {at}"

    def _person(self, step: Step) -> str:
        approval = self._asked.get((step.node, step.item))
        if approval is None:
            return "waits for a person"
        role = Role(approval.role).label.lower()
        article = "an" if role[0] in "aeiou" else "a"
        return f"waits for {article} {role} to {'answer' if approval.form else 'approve'}"
