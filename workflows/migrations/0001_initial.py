import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import workflows.models.runs


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("crm", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE workflows_run_number", reverse_sql="DROP SEQUENCE workflows_run_number"),
        migrations.CreateModel(
            name="Blob",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("run_id", models.UUIDField()),
                ("id", models.UUIDField()),
                ("size", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Signal",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "node",
                        "item",
                        "dedup_key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("run_id", models.UUIDField()),
                ("node", models.CharField(max_length=60)),
                ("item", models.IntegerField(db_default=0)),
                ("dedup_key", models.CharField(max_length=100)),
                ("payload", models.JSONField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Slot",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key", "n", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("n", models.PositiveSmallIntegerField()),
                ("holder", models.CharField(blank=True, max_length=120)),
                ("lease_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StepAttempt",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "node",
                        "item",
                        "attempt",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("run_id", models.UUIDField()),
                ("node", models.CharField(max_length=60)),
                ("item", models.IntegerField(db_default=0)),
                ("attempt", models.IntegerField()),
                ("worker_id", models.UUIDField(null=True)),
                ("agent", models.CharField(blank=True, db_default="", max_length=60)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("outcome", models.CharField(max_length=12)),
                ("input", models.JSONField(null=True)),
                ("error", models.JSONField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StepResult",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id", "node", "item", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("run_id", models.UUIDField()),
                ("node", models.CharField(max_length=60)),
                ("item", models.IntegerField(db_default=0)),
                ("attempt", models.IntegerField()),
                ("port", models.CharField(db_default="out", max_length=60)),
                ("output", models.JSONField(null=True)),
                ("blob_id", models.UUIDField(null=True)),
                ("finished_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Trigger",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=40)),
                (
                    "kind",
                    models.CharField(
                        choices=[("schedule", "Schedule"), ("event", "Event"), ("webhook", "Webhook")], max_length=10
                    ),
                ),
                ("config", models.JSONField(default=dict)),
                ("topic", models.CharField(blank=True, max_length=60)),
                ("next_fire_at", models.DateTimeField(blank=True, null=True)),
                ("token", models.CharField(max_length=64, null=True, unique=True)),
                ("secret", models.BinaryField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id", "node", "item", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("run_id", models.UUIDField()),
                ("node", models.CharField(max_length=60)),
                ("item", models.IntegerField(db_default=0)),
                ("kind", models.CharField(max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PENDING", "Not reached"),
                            ("READY", "Queued"),
                            ("RUNNING", "Running"),
                            ("WAITING", "Waiting"),
                            ("UNCERTAIN", "Uncertain"),
                            ("SUCCEEDED", "Succeeded"),
                            ("SKIPPED", "Skipped"),
                            ("FAILED", "Failed"),
                            ("CANCELLED", "Cancelled"),
                            ("DEAD", "Dead"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "waits_for",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "nothing"),
                            ("time", "a time"),
                            ("retry", "its next try"),
                            ("person", "a person"),
                            ("items", "its items"),
                        ],
                        db_default="",
                        max_length=10,
                    ),
                ),
                ("priority", models.SmallIntegerField(db_default=0)),
                ("pending", models.IntegerField(db_default=0)),
                ("taken", models.IntegerField(db_default=0)),
                ("failed", models.IntegerField(db_default=0)),
                ("attempt", models.IntegerField(db_default=0)),
                ("failures", models.IntegerField(db_default=0)),
                ("crashes", models.IntegerField(db_default=0)),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("wake_at", models.DateTimeField(null=True)),
                ("worker_id", models.UUIDField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("wake_at__isnull", False)), fields=["wake_at"], name="step_due")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ("READY", "RUNNING", "WAITING", "UNCERTAIN")), ("wake_at__isnull", False)
                            ),
                            models.Q(
                                models.Q(("state__in", ("READY", "RUNNING", "WAITING", "UNCERTAIN")), _negated=True),
                                ("wake_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="step_open_has_wake_at",
                    ),
                    models.CheckConstraint(condition=models.Q(("pending__gte", 0)), name="step_pending_not_negative"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "PENDING"), _negated=True), ("pending__gt", 0), _connector="OR"
                        ),
                        name="step_pending_waits_for_edges",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScheduleFire",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "trigger_id", "fire_at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("fire_at", models.DateTimeField()),
                ("run_id", models.UUIDField(null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "trigger",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="fires", to="workflows.trigger"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                ("compiled", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("published_at", models.DateTimeField(auto_now_add=True)),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Workflow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=80, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("draft", models.JSONField()),
                ("revision", models.PositiveIntegerField(default=1)),
                ("draft_saved_at", models.DateTimeField(auto_now_add=True)),
                ("enabled", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "published",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="workflows.version",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="version",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="workflows.workflow"
            ),
        ),
        migrations.AddField(
            model_name="trigger",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="triggers", to="workflows.workflow"
            ),
        ),
        migrations.CreateModel(
            name="RunKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workflow_id", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("run_id", models.UUIDField()),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workflows.workflow"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(db_default=workflows.models.runs.NextRunNumber())),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("RUNNING", "Running"),
                            ("SUCCEEDED", "Succeeded"),
                            ("FAILED", "Failed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        db_default="RUNNING",
                        max_length=10,
                    ),
                ),
                ("trigger", models.CharField(max_length=40)),
                ("started_by_id", models.CharField(max_length=60)),
                ("started_by", models.CharField(max_length=150)),
                ("input", models.JSONField()),
                ("output", models.JSONField(null=True)),
                ("error", models.JSONField(null=True)),
                ("parent_run", models.UUIDField(null=True)),
                ("parent_node", models.CharField(blank=True, db_default="", max_length=40)),
                ("depth", models.PositiveSmallIntegerField(db_default=0)),
                ("priority", models.SmallIntegerField(db_default=0)),
                ("deadline_at", models.DateTimeField(null=True)),
                ("cancel_requested", models.BooleanField(db_default=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflows.version"
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflows.workflow"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("run_id", models.UUIDField()),
                ("node", models.CharField(max_length=60)),
                ("item", models.IntegerField(default=0)),
                ("run_number", models.BigIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("instructions", models.TextField(blank=True)),
                ("what_will_happen", models.JSONField(default=list)),
                ("role", models.CharField(max_length=20)),
                ("items", models.JSONField(default=list)),
                ("form", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("struck", models.JSONField(default=list)),
                ("answers", models.JSONField(default=dict)),
                ("reason", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvals",
                        to="crm.customer",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="approvals", to="workflows.workflow"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.UniqueConstraint(fields=("workflow", "number"), name="version_number"),
        ),
        migrations.AddIndex(
            model_name="trigger",
            index=models.Index(
                condition=models.Q(("next_fire_at__isnull", False)), fields=["next_fire_at"], name="trigger_due"
            ),
        ),
        migrations.AddIndex(
            model_name="trigger",
            index=models.Index(fields=["topic"], name="trigger_by_topic"),
        ),
        migrations.AddConstraint(
            model_name="trigger",
            constraint=models.UniqueConstraint(fields=("workflow", "node"), name="trigger_of_node"),
        ),
        migrations.AddConstraint(
            model_name="trigger",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "schedule"), ("next_fire_at__isnull", True), _connector="OR"),
                name="trigger_schedule_has_next",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["workflow", "-id"], name="run_of_workflow"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["state", "-id"], name="run_by_state"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["number"], name="run_by_number"),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("state", "RUNNING")),
                    models.Q(models.Q(("state", "RUNNING"), _negated=True), ("finished_at__isnull", False)),
                    _connector="OR",
                ),
                name="run_ended_has_time",
            ),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(fields=["state", "due_at", "id"], name="approval_inbox"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(fields=("run_id", "node", "item"), name="approval_of_step"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("state", "open")),
                    models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="approval_decided_has_time",
            ),
        ),
    ]
