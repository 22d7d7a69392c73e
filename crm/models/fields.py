"""Custom fields: typed fields that an installation adds to its records."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models


class RecordKind(models.TextChoices):
    CUSTOMER = "customer", "Customer"
    SERVICE = "service", "Service"
    REQUEST = "request", "Request"


class FieldType(models.TextChoices):
    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    BOOLEAN = "boolean", "Yes or no"
    DATE = "date", "Date"
    CHOICE = "choice", "Choice"


class CustomField(models.Model):
    record = models.CharField(max_length=20, choices=RecordKind)
    key = models.CharField(max_length=60, validators=[RegexValidator(r"^[A-Za-z][A-Za-z0-9_]*$")])
    label = models.CharField(max_length=100)
    type = models.CharField(max_length=10, choices=FieldType)
    choices = models.JSONField(default=list, blank=True)
    required = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["record", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["record", "key"], name="custom_field_key")]

    def __str__(self) -> str:
        return self.label
