"""The hot tables: runs and steps. Partitioned by run id (time-ordered), a week each; see migration 0002."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from workflows.states import OPEN, RunState, StepState, WaitFor


class NextRunNumber(models.Func):
    template = "nextval('workflows_run_number')"
    output_field = models.BigIntegerField()


class ClockTime(models.Func):
    """The time of the statement, where those of one transaction must differ."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


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
    # The step that started it, and waits for it if `parent_node` is set.
    parent_run = models.UUIDField(null=True)
    parent_node = models.CharField(max_length=40, blank=True, db_default="")
    parent_item = models.IntegerField(db_default=0)
    # The run that this one repeats, from the beginning or from a step.
    repeats_run = models.UUIDField(null=True)
    depth = models.PositiveSmallIntegerField(db_default=0)
    priority = models.SmallIntegerField(db_default=0)
    deadline_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    # While what it did is undone: the state that it will end in.
    ending = models.CharField(max_length=10, choices=RunState, blank=True, db_default="")
    # A graph of its own, once steps were added to it or taken from it.
    graph = models.ForeignKey(
        "workflows.RunGraph", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
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
            models.Index(fields=["parent_run"], name="run_by_parent", condition=models.Q(parent_run__isnull=False)),
        ]


class RunKey(models.Model):
    """One run per key of a workflow, for instance per trigger event."""

    pk = models.CompositePrimaryKey("workflow_id", "key")
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    run_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["run_id"], name="run_key_of_run")]


# A person's word is awaited on what becomes of it.
TO_DECIDE = models.Q(state=StepState.UNCERTAIN) | models.Q(state=StepState.WAITING, waits_for=WaitFor.DECISION)


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
    size = models.IntegerField(db_default=0)  # chunks of a map, of which `taken` have begun
    attempt = models.IntegerField(db_default=0)  # the fence
    failures = models.IntegerField(db_default=0)
    crashes = models.IntegerField(db_default=0)
    since = models.DateTimeField(db_default=Now())
    budget = models.IntegerField(null=True)  # of a map: items that may fail
    wake_at = models.DateTimeField(null=True)
    worker_id = models.UUIDField(null=True)
    rank = models.FloatField(db_default=0.0)  # predicted seconds from here to the end of the run
    units = models.PositiveSmallIntegerField(db_default=1)  # places of its agent that it takes
    backup = models.IntegerField(null=True)  # a second attempt beside the first
    held = models.BooleanField(db_default=False)  # put off until its run is resumed

    class Meta:
        constraints = [
            # A join that is not complete may have a time at which it goes on all the same.
            models.CheckConstraint(
                name="step_open_has_wake_at",
                condition=models.Q(state__in=OPEN, wake_at__isnull=False)
                | models.Q(state=StepState.PENDING)
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
            models.Index(fields=["since"], name="step_to_decide", condition=TO_DECIDE),
        ]


class RunGraph(models.Model):
    """The graph of one run that differs from its version's: steps were added, or are left out."""

    run_id = models.UUIDField()
    document = models.JSONField()
    compiled = models.JSONField()
    left_out = models.JSONField(default=list)  # nodes that are passed by
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["run_id"], name="run_graph_of_run")]


class Slot(models.Model):
    """A place under a limit, held or waited for by a step, or with an empty node by a whole run.

    It goes in the transaction that ends its holder, so it cannot leak.
    """

    pk = models.CompositePrimaryKey("key", "run_id", "node", "item")
    key = models.CharField(max_length=300)
    run_id = models.UUIDField()
    node = models.CharField(max_length=60)
    item = models.IntegerField(db_default=0)
    place = models.PositiveSmallIntegerField(null=True)  # none: waits
    priority = models.SmallIntegerField(db_default=0)
    since = models.DateTimeField(db_default=ClockTime())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "place"], name="slot_place")]
        indexes = [models.Index(fields=["run_id"], name="slot_of_run")]


class Pace(models.Model):
    """Under a rate: when the next one may begin."""

    key = models.CharField(max_length=300, primary_key=True)
    next_at = models.DateTimeField()


class EventWait(models.Model):
    """A step that waits for an event."""

    pk = models.CompositePrimaryKey("run_id", "node", "item")
    run_id = models.UUIDField()
    node = models.CharField(max_length=60)
    item = models.IntegerField(db_default=0)
    topic = models.CharField(max_length=60)
    field = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=200, blank=True)
    condition = models.TextField(blank=True)
    since = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["topic", "value"], name="event_wait_by_value")]
