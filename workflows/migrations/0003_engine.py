"""What the engine needs for limits, rollbacks, pauses, sub-runs, joins with a deadline and graphs that grow."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_partitions")]

    operations = [
        migrations.DeleteModel("Slot"),
        migrations.CreateModel(
            name="EventWait",
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
                ("topic", models.CharField(max_length=60)),
                ("field", models.CharField(blank=True, max_length=200)),
                ("value", models.CharField(blank=True, max_length=200)),
                ("condition", models.TextField(blank=True)),
                ("since", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="MomentFire",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "trigger_id",
                        "record_id",
                        "value",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("record_id", models.BigIntegerField()),
                ("value", models.CharField(max_length=60)),
                ("moment", models.DateTimeField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Pace",
            fields=[
                ("key", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("next_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RefusedStart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=40)),
                ("given", models.JSONField()),
                ("started_by_id", models.CharField(max_length=60)),
                ("started_by", models.CharField(max_length=150)),
                ("key", models.CharField(max_length=200, null=True)),
                ("depth", models.PositiveSmallIntegerField(default=0)),
                ("code", models.CharField(max_length=60)),
                ("reason", models.CharField(max_length=500)),
                ("tries", models.PositiveSmallIntegerField(default=1)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("retry_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RunGraph",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("run_id", models.UUIDField()),
                ("document", models.JSONField()),
                ("compiled", models.JSONField()),
                ("left_out", models.JSONField(default=list)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="SegmentMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "trigger_id", "customer_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Slot",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key", "run_id", "node", "item", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=300)),
                ("run_id", models.UUIDField()),
                ("node", models.CharField(max_length=60)),
                ("item", models.IntegerField(db_default=0)),
                ("place", models.PositiveSmallIntegerField(null=True)),
                ("priority", models.SmallIntegerField(db_default=0)),
                (
                    "since",
                    models.DateTimeField(db_default=django.db.models.expressions.RawSQL("clock_timestamp()", [])),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="step",
            name="step_open_has_wake_at",
        ),
        migrations.RemoveConstraint(
            model_name="trigger",
            name="trigger_schedule_has_next",
        ),
        migrations.RemoveField(
            model_name="run",
            name="cancel_requested",
        ),
        migrations.AddField(
            model_name="run",
            name="ending",
            field=models.CharField(
                blank=True,
                choices=[
                    ("RUNNING", "Running"),
                    ("SUCCEEDED", "Succeeded"),
                    ("FAILED", "Failed"),
                    ("CANCELLED", "Cancelled"),
                ],
                db_default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="parent_item",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="paused_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="repeats_run",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="step",
            name="backup",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="step",
            name="held",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name="step",
            name="rank",
            field=models.FloatField(db_default=0.0),
        ),
        migrations.AddField(
            model_name="step",
            name="size",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="step",
            name="units",
            field=models.PositiveSmallIntegerField(db_default=1),
        ),
        migrations.AddField(
            model_name="trigger",
            name="condition",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="trigger",
            name="since",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name="trigger",
            name="step_type",
            field=models.CharField(blank=True, db_default="", max_length=60),
        ),
        migrations.AlterField(
            model_name="step",
            name="waits_for",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "nothing"),
                    ("time", "a time"),
                    ("retry", "its next try"),
                    ("person", "a person"),
                    ("items", "its items"),
                    ("run", "a run that it started"),
                    ("event", "an event"),
                    ("limit", "its turn"),
                    ("decision", "a person's decision"),
                    ("replaced", "its end: a newer one took its place"),
                ],
                db_default="",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="trigger",
            name="kind",
            field=models.CharField(
                choices=[
                    ("schedule", "Schedule"),
                    ("event", "Event"),
                    ("webhook", "Webhook"),
                    ("segment", "Segment"),
                    ("moment", "Moment of a record"),
                    ("form", "Form"),
                    ("person", "Person, for chosen customers"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("READY", "RUNNING", "WAITING", "UNCERTAIN")), ("wake_at__isnull", False)),
                    ("state", "PENDING"),
                    models.Q(
                        models.Q(("state__in", ("READY", "RUNNING", "WAITING", "UNCERTAIN")), _negated=True),
                        ("wake_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="step_open_has_wake_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="trigger",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ("schedule", "segment", "moment")), ("next_fire_at__isnull", True), _connector="OR"
                ),
                name="trigger_timed_has_next",
            ),
        ),
        migrations.AddIndex(
            model_name="eventwait",
            index=models.Index(fields=["topic", "value"], name="event_wait_by_value"),
        ),
        migrations.AddField(
            model_name="momentfire",
            name="trigger",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="moments", to="workflows.trigger"
            ),
        ),
        migrations.AddField(
            model_name="refusedstart",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="refused_starts", to="workflows.workflow"
            ),
        ),
        migrations.AddIndex(
            model_name="rungraph",
            index=models.Index(fields=["run_id"], name="run_graph_of_run"),
        ),
        migrations.AddField(
            model_name="run",
            name="graph",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="workflows.rungraph",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("parent_run__isnull", False)), fields=["parent_run"], name="run_by_parent"
            ),
        ),
        migrations.AddField(
            model_name="segmentmember",
            name="customer",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.customer"),
        ),
        migrations.AddField(
            model_name="segmentmember",
            name="trigger",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="members", to="workflows.trigger"
            ),
        ),
        migrations.AddIndex(
            model_name="slot",
            index=models.Index(fields=["run_id"], name="slot_of_run"),
        ),
        migrations.AddConstraint(
            model_name="slot",
            constraint=models.UniqueConstraint(fields=("key", "place"), name="slot_place"),
        ),
        migrations.AddIndex(
            model_name="momentfire",
            index=models.Index(fields=["trigger", "moment"], name="moment_of_trigger"),
        ),
        migrations.AddIndex(
            model_name="refusedstart",
            index=models.Index(
                condition=models.Q(("retry_at__isnull", False)), fields=["retry_at"], name="refused_due"
            ),
        ),
        migrations.AddIndex(
            model_name="refusedstart",
            index=models.Index(fields=["workflow", "-id"], name="refused_of_workflow"),
        ),
    ]
