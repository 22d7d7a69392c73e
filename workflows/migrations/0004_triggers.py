"""What triggers remember: members of segments, moments that fired, starts that were refused; and the end of a run.

A trigger of the database tells the outbox that a run ended, in the transaction that ends it: it sees every way in
which a run can end, and asks who listens without a round trip of its own.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

ANNOUNCE = """
    CREATE FUNCTION workflows_announce_end() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- Most often nobody listens to anything, and this is all that the end of a run costs.
        IF EXISTS (SELECT FROM workflows_trigger WHERE topic = 'run.ended') THEN
            INSERT INTO crm_event (topic, payload)
            SELECT 'run.ended', jsonb_build_object(
                'id', NEW.id, 'number', NEW.number, 'workflow', own.key, 'state', lower(NEW.state),
                'input', NEW.input, 'output', NEW.output, 'error', NEW.error, 'caused_by', NEW.id)
            FROM workflows_workflow own
            WHERE own.id = NEW.workflow_id AND EXISTS (
                SELECT FROM workflows_trigger heard
                WHERE heard.topic = 'run.ended' AND heard.config->>'workflow' = own.key);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER workflows_run_ended AFTER UPDATE OF finished_at ON workflows_run
        FOR EACH ROW WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL)
        EXECUTE FUNCTION workflows_announce_end();
"""
SILENCE = """
    DROP TRIGGER workflows_run_ended ON workflows_run;
    DROP FUNCTION workflows_announce_end();
"""


def _of_trigger(related_name):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE, related_name=related_name, to="workflows.trigger"
    )


def _key(*fields):
    return models.CompositePrimaryKey(*fields, blank=True, editable=False, primary_key=True, serialize=False)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0003_engine"), ("crm", "0002_append_only_audit")]

    operations = [
        migrations.RemoveConstraint(model_name="trigger", name="trigger_schedule_has_next"),
        migrations.AddField(model_name="trigger", name="condition", field=models.JSONField(null=True)),
        migrations.AddField(model_name="trigger", name="since", field=models.DateTimeField(db_default=Now())),
        migrations.AddField(
            model_name="trigger",
            name="step_type",
            field=models.CharField(blank=True, db_default="", max_length=60),
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
            model_name="trigger",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ("schedule", "segment", "moment")), ("next_fire_at__isnull", True), _connector="OR"
                ),
                name="trigger_timed_has_next",
            ),
        ),
        migrations.CreateModel(
            name="SegmentMember",
            fields=[
                ("pk", _key("trigger_id", "customer_id")),
                ("trigger", _of_trigger("members")),
                (
                    "customer",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.customer"),
                ),
                ("since", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.CreateModel(
            name="MomentFire",
            fields=[
                ("pk", _key("trigger_id", "record_id", "value")),
                ("trigger", _of_trigger("moments")),
                ("record_id", models.BigIntegerField()),
                ("value", models.CharField(max_length=60)),
                ("moment", models.DateTimeField()),
                ("at", models.DateTimeField(db_default=Now())),
            ],
            options={"indexes": [models.Index(fields=["trigger", "moment"], name="moment_of_trigger")]},
        ),
        migrations.CreateModel(
            name="RefusedStart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refused_starts",
                        to="workflows.workflow",
                    ),
                ),
                ("node", models.CharField(max_length=40)),
                ("given", models.JSONField()),
                ("started_by_id", models.CharField(max_length=60)),
                ("started_by", models.CharField(max_length=150)),
                ("key", models.CharField(max_length=200, null=True)),
                ("depth", models.PositiveSmallIntegerField(default=0)),
                ("code", models.CharField(max_length=60)),
                ("reason", models.CharField(max_length=500)),
                ("tries", models.PositiveSmallIntegerField(default=1)),
                ("at", models.DateTimeField(db_default=Now())),
                ("retry_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("retry_at__isnull", False)), fields=["retry_at"], name="refused_due"
                    ),
                    models.Index(fields=["workflow", "-id"], name="refused_of_workflow"),
                ]
            },
        ),
        migrations.RunSQL(ANNOUNCE, SILENCE),
    ]
