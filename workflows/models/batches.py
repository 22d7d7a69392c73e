"""Many runs that are treated alike because a person asked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class BatchKind(models.TextChoices):
    RETRY = "retry", "Retry"  # repeated from the step that failed
    MOVE = "move", "Move"  # to the published version
    RESTART = "restart", "Restart"  # cancelled, and begun anew on the published version


class BatchState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


OPEN_BATCH = (BatchState.QUEUED, BatchState.RUNNING)


class RunBatch(models.Model):
    kind = models.CharField(max_length=10, choices=BatchKind)
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="+")
    # What the runs have in common, for people and so that nobody asks for the same twice at once.
    subject = models.CharField(max_length=200)
    runs = models.JSONField()  # their ids, in the order in which they are treated
    mapping = models.JSONField(default=dict)  # of a move: old node -> new node
    version = models.ForeignKey("workflows.Version", null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.QUEUED)
    done = models.PositiveIntegerField(default=0)  # of `runs`, from the first
    refused = models.JSONField(default=list)  # [{"run", "why"}]
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    touched_at = models.DateTimeField(db_default=Now())  # when its worker last said that it is at it
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "workflow", "subject"], name="batch_open_once", condition=models.Q(state__in=OPEN_BATCH)
            ),
        ]
        indexes = [models.Index(fields=["workflow", "-id"], name="batch_of_workflow")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject}"

    @property
    def total(self) -> int:
        return len(self.runs)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_BATCH
