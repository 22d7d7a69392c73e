"""Agents are named worker profiles; a worker is a process that works for one agent."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Agent(models.Model):
    name = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=300, blank=True)
    # Families of step types ("crm", "decision", …) or single types that it serves; ["*"] for all.
    kinds = models.JSONField(default=list)
    queue = models.CharField(max_length=60, unique=True)
    capacity = models.PositiveSmallIntegerField(default=1)
    # "prefork" for computing, "threads" for waiting on others.
    pool = models.CharField(
        max_length=10, default="prefork", choices=[("prefork", "Processes"), ("threads", "Threads")]
    )
    # In which order ready steps are taken.
    strategy = models.CharField(
        max_length=10,
        default="predictive",
        db_default="predictive",
        choices=[
            ("load", "In the order of arrival"),
            ("priority", "By priority, then age"),
            ("predictive", "By priority, then what remains of the run, and age"),
        ],
    )
    paused = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Worker(models.Model):
    id = models.UUIDField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="workers")
    host = models.CharField(max_length=100)
    pid = models.IntegerField()
    version = models.CharField(max_length=40)
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    stopped_at = models.DateTimeField(null=True, blank=True)
    # When it, or one of its pool's processes, was last lost without a word.
    lost_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["heartbeat_at"], name="worker_by_heartbeat")]

    def __str__(self) -> str:
        return f"{self.agent.name}@{self.host}:{self.pid}"
