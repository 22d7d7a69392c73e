"""Keeps churn models as they were trained, and makes room for trainings that people ask for."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE FUNCTION agents_guard_churn_model() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(OLD) - ARRAY['state', 'approved_by', 'approved_at']
           = to_jsonb(NEW) - ARRAY['state', 'approved_by', 'approved_at'] THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'A churn model stays as it was trained: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER churn_model_stays BEFORE UPDATE OR DELETE ON agents_churnmodel
    FOR EACH ROW EXECUTE FUNCTION agents_guard_churn_model();
"""
UNGUARD = """
DROP TRIGGER churn_model_stays ON agents_churnmodel;
DROP FUNCTION agents_guard_churn_model();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.CreateModel(
            name="Training",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Queued"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.churnmodel",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.Value(1),
                        condition=models.Q(("state__in", ("queued", "running"))),
                        name="one_training_at_a_time",
                    )
                ],
            },
        ),
    ]
