"""Customers and their tags."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Lower, Upper


class Lifecycle(models.TextChoices):
    LEAD = "lead", "Lead"
    ACTIVE = "active", "Active"
    AT_RISK = "at_risk", "At risk"
    CHURNED = "churned", "Churned"


class CustomerKind(models.TextChoices):
    PERSON = "person", "Person"
    ORGANISATION = "organisation", "Organisation"


class Tag(models.Model):
    name = models.CharField(max_length=50, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    # The customer's own log-in, for those who have one.
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="customer"
    )
    kind = models.CharField(max_length=20, choices=CustomerKind, default=CustomerKind.PERSON)
    name = models.CharField(max_length=200)
    email = models.EmailField()
    phone_number = models.CharField(max_length=40, blank=True)
    notes = models.TextField(blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="customers"
    )
    teams = models.ManyToManyField("crm.Team", blank=True, related_name="customers")
    lifecycle = models.CharField(max_length=20, choices=Lifecycle, default=Lifecycle.ACTIVE)
    tags = models.ManyToManyField(Tag, blank=True, related_name="customers")
    custom = models.JSONField(default=dict, blank=True)
    # The newest churn score, kept here for lists and filters; its reasons are in Score.
    churn_risk = models.FloatField(null=True, blank=True, editable=False)
    churn_scored_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="customer_email_unique"),
            models.CheckConstraint(
                name="customer_risk_is_probability",
                condition=models.Q(churn_risk__isnull=True) | models.Q(churn_risk__range=(0, 1)),
            ),
            models.CheckConstraint(name="customer_lifecycle_known", condition=models.Q(lifecycle__in=Lifecycle.values)),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="customer_by_name"),
            models.Index(fields=["-churn_risk", "id"], name="customer_by_risk"),
            # Lists put those without a score last.
            models.Index(Coalesce("churn_risk", Value(-1.0)).desc(), F("id").desc(), name="customer_riskiest"),
            models.Index(fields=["lifecycle", "id"], name="customer_by_lifecycle"),
            models.Index(fields=["owner", "id"], name="customer_by_owner"),
            models.Index(fields=["-created_at", "id"], name="customer_by_created"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_name_search"),
            GinIndex(OpClass(Upper("email"), name="gin_trgm_ops"), name="customer_email_search"),
            GinIndex(OpClass(Upper("phone_number"), name="gin_trgm_ops"), name="customer_phone_search"),
            GinIndex(fields=["custom"], opclasses=["jsonb_path_ops"], name="customer_custom"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tag_names(self) -> list[str]:
        return [tag.name for tag in self.tags.all()]
