"""When a worker was lost: for a while the others are careful."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agents", "0005_strategy")]

    operations = [
        migrations.AddField(model_name="worker", name="lost_at", field=models.DateTimeField(blank=True, null=True)),
    ]
