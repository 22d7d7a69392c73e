"""Lets the inbox find the steps that wait for a person's decision among all that there are."""

from django.db import migrations, models

INDEX = "(since) WHERE state = 'UNCERTAIN' OR (state = 'WAITING' AND waits_for = 'decision')"


def index_steps(apps, schema_editor):
    """Partition by partition, without a lock that keeps runs from going on."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX step_to_decide ON ONLY workflows_step {INDEX}")
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'workflows_step'::regclass")
        for (partition,) in cursor.fetchall():
            cursor.execute(f"CREATE INDEX CONCURRENTLY {partition}_to_decide ON {partition} {INDEX}")
            cursor.execute(f"ALTER INDEX step_to_decide ATTACH PARTITION {partition}_to_decide")


def drop_index(apps, schema_editor):
    schema_editor.execute("DROP INDEX step_to_decide")


class Migration(migrations.Migration):
    atomic = False  # built while others write
    dependencies = [("workflows", "0008_treat_many_runs_alike")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(index_steps, drop_index)],
            state_operations=[
                migrations.AddIndex(
                    "step",
                    models.Index(
                        condition=models.Q(
                            ("state", "UNCERTAIN"),
                            models.Q(("state", "WAITING"), ("waits_for", "decision")),
                            _connector="OR",
                        ),
                        fields=["since"],
                        name="step_to_decide",
                    ),
                ),
            ],
        ),
    ]
