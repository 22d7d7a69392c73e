"""What people are asked: to approve a list, or to fill in a form."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ApprovalState(models.TextChoices):
    OPEN = "open", "Open"  # -> any of the others, once
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Cancelled"


class Approval(models.Model):
    run_id = models.UUIDField()
    node = models.CharField(max_length=60)
    item = models.IntegerField(default=0)
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="approvals")
    run_number = models.BigIntegerField()
    title = models.CharField(max_length=200)
    instructions = models.TextField(blank=True)
    what_will_happen = models.JSONField(default=list)  # sentences
    role = models.CharField(max_length=20)
    # [{"id", "name", "probability", "reasons"…}]: what is approved, item by item; may be empty.
    items = models.JSONField(default=list)
    # JSON Schema of the answers asked for; empty for a plain yes or no.
    form = models.JSONField(default=dict)
    customer = models.ForeignKey(
        "crm.Customer", null=True, blank=True, on_delete=models.CASCADE, related_name="approvals"
    )
    state = models.CharField(max_length=10, choices=ApprovalState, default=ApprovalState.OPEN)
    struck = models.JSONField(default=list)  # positions in `items` that the person struck out
    answers = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run_id", "node", "item"], name="approval_of_step"),
            models.CheckConstraint(
                name="approval_decided_has_time",
                condition=models.Q(state=ApprovalState.OPEN, decided_at__isnull=True)
                | (~models.Q(state=ApprovalState.OPEN) & models.Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at", "id"], name="approval_inbox")]

    def __str__(self) -> str:
        return self.title
