"""The outbox: facts written in the transaction that made them true."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class CurrentTransactionId(models.Func):
    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class Event(models.Model):
    topic = models.CharField(max_length=60)
    payload = models.JSONField()
    # Readers stop below pg_snapshot_xmin, so a slow transaction's events are never overtaken.
    xid = models.BigIntegerField(db_default=CurrentTransactionId())
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["xid", "id"], name="event_in_commit_order")]

    def __str__(self) -> str:
        return self.topic


class EventCursor(models.Model):
    """How far a reader has come."""

    reader = models.CharField(max_length=40, primary_key=True)
    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.reader
