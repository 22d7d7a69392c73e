"""What the engine needs for limits, rollbacks, pauses, sub-runs, joins with a deadline and graphs that grow."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import workflows.models.runs


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
            name="Pace",
            fields=[
                ("key", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("next_at", models.DateTimeField()),
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
                    models.DateTimeField(db_default=workflows.models.runs.ClockTime()),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="step",
            name="step_open_has_wake_at",
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
            name="budget",
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
                    ("probe", "an answer whether it happened"),
                    ("replaced", "its end: a newer one took its place"),
                ],
                db_default="",
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
        migrations.AddIndex(
            model_name="eventwait",
            index=models.Index(fields=["topic", "value"], name="event_wait_by_value"),
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
        migrations.AddIndex(
            model_name="slot",
            index=models.Index(fields=["run_id"], name="slot_of_run"),
        ),
        migrations.AddConstraint(
            model_name="slot",
            constraint=models.UniqueConstraint(fields=("key", "place"), name="slot_place"),
        ),
    ]
