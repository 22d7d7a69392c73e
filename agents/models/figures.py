"""Figures of the past, kept as they come, and simulations of how it could have gone."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class FiguresMark(models.Model):
    """How far attempts have been counted; its lock lets one worker count at a time."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="one_figures_mark", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"figures until {self.until:%F %T}"


class HourFigures(models.Model):
    """What one worker did in attempts that ended in one hour."""

    hour = models.DateTimeField()
    agent = models.CharField(max_length=60)
    worker_id = models.UUIDField()
    capacity = models.PositiveIntegerField(default=1)
    attempts = models.BigIntegerField(default=0)
    succeeded = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)  # failed or lost tries
    recovered = models.BigIntegerField(default=0)  # of those before, now followed by a success
    parallel = models.BigIntegerField(default=0)  # ran beside another of their run
    busy = models.FloatField(default=0.0)  # seconds, times units
    took = ArrayField(models.BigIntegerField(), default=list)  # attempts by duration
    waited = ArrayField(models.BigIntegerField(), default=list)  # claims by how long the step had been ready
    spans = models.JSONField(default=list)  # when anything ran: [from, to] in milliseconds since the hour

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour", "agent", "worker_id"], name="figures_of_hour")]

    def __str__(self) -> str:
        return f"{self.agent} {self.hour:%F %H}"


class NodeFigures(models.Model):
    """How long a step of a workflow takes."""

    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="+")
    node = models.CharField(max_length=60)
    count = models.BigIntegerField(default=0)
    mean = models.FloatField(default=0.0)  # seconds
    m2 = models.FloatField(default=0.0)  # sum of squares of what differs from the mean
    took = ArrayField(models.BigIntegerField(), default=list)
    newest = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "node"], name="figures_of_node")]

    def __str__(self) -> str:
        return f"{self.node}: {self.mean:.3f} s"


class SimulationState(models.TextChoices):
    QUEUED = "queued", "Queued"  # -> running
    RUNNING = "running", "Running"  # -> done, failed
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


OPEN_SIMULATION = (SimulationState.QUEUED, SimulationState.RUNNING)


class Simulation(models.Model):
    """A replay of history under each strategy, asked for by a person."""

    state = models.CharField(max_length=10, choices=SimulationState, default=SimulationState.QUEUED)
    days = models.PositiveSmallIntegerField(default=7)
    load = models.FloatField(default=1.0)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(state__in=OPEN_SIMULATION), name="one_simulation_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"simulation {self.pk}"
