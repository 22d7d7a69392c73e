"""What starts runs: the triggers of published versions, what they remember, and the starts that were refused."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class TriggerKind(models.TextChoices):
    SCHEDULE = "schedule", "Schedule"
    EVENT = "event", "Event"
    WEBHOOK = "webhook", "Webhook"
    SEGMENT = "segment", "Segment"
    MOMENT = "moment", "Moment of a record"
    FORM = "form", "Form"
    PERSON = "person", "Person, for chosen customers"


# The caretaker looks at these by themselves, at `next_fire_at`.
TIMED = (TriggerKind.SCHEDULE, TriggerKind.SEGMENT, TriggerKind.MOMENT)


class Trigger(models.Model):
    """What starts runs of a workflow; rewritten at each publish."""

    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="triggers")
    node = models.CharField(max_length=40)
    step_type = models.CharField(max_length=60, blank=True, db_default="")
    kind = models.CharField(max_length=10, choices=TriggerKind)
    config = models.JSONField(default=dict)
    topic = models.CharField(max_length=60, blank=True)
    next_fire_at = models.DateTimeField(null=True, blank=True)
    # What happened before does not start runs: published, switched on or set anew then.
    since = models.DateTimeField(db_default=Now())
    # Segments: the condition whose members are known, so that a changed one is noticed.
    condition = models.JSONField(null=True)
    # Webhooks and forms: the address's token. Webhooks: the signing secret under the installation's key.
    token = models.CharField(max_length=64, null=True, unique=True)
    secret = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workflow", "node"], name="trigger_of_node"),
            models.CheckConstraint(
                name="trigger_timed_has_next",
                condition=models.Q(kind__in=TIMED) | models.Q(next_fire_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["next_fire_at"], name="trigger_due", condition=models.Q(next_fire_at__isnull=False)),
            models.Index(fields=["topic"], name="trigger_by_topic"),
        ]


class ScheduleFire(models.Model):
    """One fire of a schedule, however many schedulers saw it due."""

    pk = models.CompositePrimaryKey("trigger_id", "fire_at")
    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="fires")
    fire_at = models.DateTimeField()
    run_id = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["run_id"], name="schedule_fire_of_run")]


class SegmentMember(models.Model):
    """A customer whom a segment trigger knows to be in its segment; a run starts when a row comes or goes."""

    pk = models.CompositePrimaryKey("trigger_id", "customer_id")
    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="members")
    customer = models.ForeignKey("crm.Customer", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(db_default=Now())


class MomentFire(models.Model):
    """A moment of a record that has started its run; `value` is the date that it follows from."""

    pk = models.CompositePrimaryKey("trigger_id", "record_id", "value")
    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="moments")
    record_id = models.BigIntegerField()
    value = models.CharField(max_length=60)
    moment = models.DateTimeField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["trigger", "moment"], name="moment_of_trigger")]


class RefusedStart(models.Model):
    """A run that could not start: tried again for a while, then kept until a person deals with it."""

    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="refused_starts")
    node = models.CharField(max_length=40)
    given = models.JSONField()
    started_by_id = models.CharField(max_length=60)
    started_by = models.CharField(max_length=150)
    key = models.CharField(max_length=200, null=True)
    depth = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=60)
    reason = models.CharField(max_length=500)
    tries = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField(db_default=Now())
    # Null: not tried again by itself.
    retry_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["retry_at"], name="refused_due", condition=models.Q(retry_at__isnull=False)),
            models.Index(fields=["workflow", "-id"], name="refused_of_workflow"),
        ]
