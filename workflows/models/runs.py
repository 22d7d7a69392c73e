"""The hot tables: runs and steps. Partitioned by run id (time-ordered), a week each; see migration 0002."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from workflows.states import OPEN, RunState, StepState, WaitFor


class NextRunNumber(models.Func):
    template = "nextval('workflows_run_number')"
    output_field = models.BigIntegerField()


class Run(models.Model):
    """One execution of a version; written at its start and at its end."""

    id = models.UUIDField(primary_key=True)
    number = models.BigIntegerField(db_default=NextRunNumber())
    version = models.ForeignKey("workflows.Version", on_delete=models.PROTECT, related_name="+")
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=RunState, db_default=RunState.RUNNING)
    trigger = models.CharField(max_length=40)  # the node that started it
    started_by_id = models.CharField(max_length=60)
    started_by = models.CharField(max_length=150)
    input = models.JSONField()
    output = models.JSONField(null=True)
    error = models.JSONField(null=True)
    parent_run = models.UUIDField(null=True)
    parent_node = models.CharField(max_length=40, blank=True, db_default="")
    depth = models.PositiveSmallIntegerField(db_default=0)
    priority = models.SmallIntegerField(db_default=0)
    deadline_at = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="run_ended_has_time",
                condition=models.Q(state=RunState.RUNNING, finished_at__isnull=True)
                | (~models.Q(state=RunState.RUNNING) & models.Q(finished_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["workflow", "-id"], name="run_of_workflow"),
            models.Index(fields=["state", "-id"], name="run_by_state"),
            models.Index(fields=["number"], name="run_by_number"),
        ]


class RunKey(models.Model):
    """One run per key of a workflow, for instance per trigger event."""

    pk = models.CompositePrimaryKey("workflow_id", "key")
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    run_id = models.UUIDField()


class Step(models.Model):
    """One node of one run and, under a map, one chunk of items (item > 0).

    A row is born when the first edge reaches its node.
    """

    pk = models.CompositePrimaryKey("run_id", "node", "item")
    run_id = models.UUIDField()
    node = models.CharField(max_length=60)
    item = models.IntegerField(db_default=0)
    kind = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=StepState)
    waits_for = models.CharField(max_length=10, choices=WaitFor, blank=True, db_default="")
    priority = models.SmallIntegerField(db_default=0)
    pending = models.IntegerField(db_default=0)  # edges, or chunks, still to be resolved
    taken = models.IntegerField(db_default=0)  # edges that were taken
    failed = models.IntegerField(db_default=0)  # unhandled failures that reached this join
    attempt = models.IntegerField(db_default=0)  # the fence
    failures = models.IntegerField(db_default=0)
    crashes = models.IntegerField(db_default=0)
    since = models.DateTimeField(db_default=Now())
    wake_at = models.DateTimeField(null=True)
    worker_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="step_open_has_wake_at",
                condition=models.Q(state__in=OPEN, wake_at__isnull=False)
                | (~models.Q(state__in=OPEN) & models.Q(wake_at__isnull=True)),
            ),
            models.CheckConstraint(name="step_pending_not_negative", condition=models.Q(pending__gte=0)),
            models.CheckConstraint(
                name="step_pending_waits_for_edges",
                condition=~models.Q(state=StepState.PENDING) | models.Q(pending__gt=0),
            ),
        ]
        indexes = [
            models.Index(fields=["wake_at"], name="step_due", condition=models.Q(wake_at__isnull=False)),
        ]


class Slot(models.Model):
    """One place under a concurrency limit, leased so that it cannot leak."""

    pk = models.CompositePrimaryKey("key", "n")
    key = models.CharField(max_length=200)
    n = models.PositiveSmallIntegerField()
    holder = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
