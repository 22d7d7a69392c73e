"""In which order an agent takes ready steps."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0004_remote_agents"),
    ]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="strategy",
            field=models.CharField(
                choices=[
                    ("load", "In the order of arrival"),
                    ("priority", "By priority, then age"),
                    ("predictive", "By priority, then what remains of the run, and age"),
                ],
                db_default="predictive",
                default="predictive",
                max_length=10,
            ),
        ),
    ]
