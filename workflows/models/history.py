"""Insert-only history of steps: results, attempts, signals and large values."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now


class Clock(models.Func):
    """The database's, which goes on within a transaction."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


class StepResult(models.Model):
    """The one recorded result of a step; of a chunk, the list of its items' results."""

    pk = models.CompositePrimaryKey("run_id", "node", "item")
    run_id = models.UUIDField()
    node = models.CharField(max_length=60)
    item = models.IntegerField(db_default=0)
    attempt = models.IntegerField()
    port = models.CharField(max_length=60, db_default="out")
    # A value over 256 KB is in a blob, and this is its preview.
    output = models.JSONField(null=True)
    blob_id = models.UUIDField(null=True)
    finished_at = models.DateTimeField(db_default=Now())


class StepAttempt(models.Model):
    pk = models.CompositePrimaryKey("run_id", "node", "item", "attempt")
    run_id = models.UUIDField()
    node = models.CharField(max_length=60)
    item = models.IntegerField(db_default=0)
    attempt = models.IntegerField()
    worker_id = models.UUIDField(null=True)
    agent = models.CharField(max_length=60, blank=True, db_default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=12)
    input = models.JSONField(null=True)
    error = models.JSONField(null=True)
    # Seconds from when the step became ready until it was claimed; none for one that was never claimed.
    waited = models.FloatField(null=True)
    # By the database's clock, and so in order but for transactions side by side. None before figures were kept.
    recorded_at = models.DateTimeField(null=True, db_default=Clock())

    class Meta:
        indexes = [
            BrinIndex(fields=["recorded_at"], name="attempt_by_record", pages_per_range=16, autosummarize=True),
        ]


class Signal(models.Model):
    """Something a step waits for; may come before the wait. Told apart by its key."""

    pk = models.CompositePrimaryKey("run_id", "node", "item", "dedup_key")
    run_id = models.UUIDField()
    node = models.CharField(max_length=60)
    item = models.IntegerField(db_default=0)
    dedup_key = models.CharField(max_length=100)
    payload = models.JSONField()
    at = models.DateTimeField(db_default=Now())


class Blob(models.Model):
    """A value too large for its row: JSON, compressed with zlib."""

    pk = models.CompositePrimaryKey("run_id", "id")
    run_id = models.UUIDField()
    id = models.UUIDField()
    size = models.PositiveIntegerField()  # bytes before compression
    content = models.BinaryField()
