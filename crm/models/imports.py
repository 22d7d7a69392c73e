"""CSV imports and the records they made, so that an import can be undone."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", "Uploaded"  # -> checked
    CHECKED = "checked", "Checked"  # -> queued
    QUEUED = "queued", "Queued"  # -> running
    RUNNING = "running", "Running"  # -> done, failed
    DONE = "done", "Done"  # -> undone
    FAILED = "failed", "Failed"
    UNDONE = "undone", "Undone"


class Import(models.Model):
    record = models.CharField(max_length=20, default="customer")
    file_name = models.CharField(max_length=200)
    content = models.BinaryField()
    columns = models.JSONField(default=list)
    # {"CSV column": "field" | "custom.key" | "service:Type"}
    mapping = models.JSONField(default=dict)
    match_key = models.CharField(max_length=60, default="email")
    mute_triggers = models.BooleanField(default=True)
    state = models.CharField(max_length=20, choices=ImportState, default=ImportState.UPLOADED)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # {"create", "update", "unchanged", "error"}
    counts = models.JSONField(default=dict)
    # First errors: [{"row", "column", "message"}]
    errors = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Renewed with each committed batch; a running import gone silent is taken up again from `done`.
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.file_name


class ImportedRecord(models.Model):
    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="records")
    row = models.PositiveIntegerField()
    customer = models.ForeignKey("crm.Customer", null=True, on_delete=models.SET_NULL, related_name="+")
    created = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "row"], name="imported_row_once")]

    def __str__(self) -> str:
        return f"Row {self.row}"
