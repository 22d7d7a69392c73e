"""Says of each attempt how long its step had been ready, and when it was recorded: figures read them in that order."""

import django.contrib.postgres.indexes
from django.db import migrations, models

import workflows.models.history

# A default that is set apart from the column leaves the rows there are alone.
COLUMNS = """
    ALTER TABLE workflows_stepattempt ADD COLUMN waited double precision, ADD COLUMN recorded_at timestamptz;
    ALTER TABLE workflows_stepattempt ALTER COLUMN recorded_at SET DEFAULT clock_timestamp();
"""
NO_COLUMNS = "ALTER TABLE workflows_stepattempt DROP COLUMN waited, DROP COLUMN recorded_at"

BY_RECORD = "USING brin (recorded_at) WITH (pages_per_range = 16, autosummarize = on)"


def index_attempts(apps, schema_editor):
    """Partition by partition, without a lock that keeps runs from going on."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX attempt_by_record ON ONLY workflows_stepattempt {BY_RECORD}")
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'workflows_stepattempt'::regclass"
        )
        for (partition,) in cursor.fetchall():
            cursor.execute(f"CREATE INDEX CONCURRENTLY {partition}_by_record ON {partition} {BY_RECORD}")
            cursor.execute(f"ALTER INDEX attempt_by_record ATTACH PARTITION {partition}_by_record")


def drop_index(apps, schema_editor):
    schema_editor.execute("DROP INDEX attempt_by_record")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("workflows", "0005_cases")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(COLUMNS, reverse_sql=NO_COLUMNS)],
            state_operations=[
                migrations.AddField("stepattempt", "waited", models.FloatField(null=True)),
                migrations.AddField(
                    "stepattempt",
                    "recorded_at",
                    models.DateTimeField(db_default=workflows.models.history.Clock(), null=True),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(index_attempts, drop_index)],
            state_operations=[
                migrations.AddIndex(
                    "stepattempt",
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["recorded_at"], name="attempt_by_record", pages_per_range=16, autosummarize=True
                    ),
                ),
            ],
        ),
    ]
