"""Connections that lead to agents elsewhere."""

from django.db import migrations, models

KINDS = [
    ("http", "HTTP service"),
    ("payment", "Payment service"),
    ("smtp", "Mail server"),
    ("agent_rest", "Remote agent, REST"),
    ("agent_grpc", "Remote agent, gRPC"),
]


class Migration(migrations.Migration):
    dependencies = [("agents", "0003_figures")]

    operations = [
        migrations.AlterField(
            model_name="connection", name="kind", field=models.CharField(choices=KINDS, max_length=10)
        )
    ]
