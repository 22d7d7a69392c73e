"""Lets retention find the keys and schedule fires of the runs that it forgets."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # built while others write

    dependencies = [("workflows", "0006_attempts_in_order")]

    operations = [
        AddIndexConcurrently("runkey", models.Index(fields=["run_id"], name="run_key_of_run")),
        AddIndexConcurrently("schedulefire", models.Index(fields=["run_id"], name="schedule_fire_of_run")),
    ]
