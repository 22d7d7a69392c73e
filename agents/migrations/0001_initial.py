import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Agent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(max_length=60, unique=True)),
                ("description", models.CharField(blank=True, max_length=300)),
                ("kinds", models.JSONField(default=list)),
                ("queue", models.CharField(max_length=60, unique=True)),
                ("capacity", models.PositiveSmallIntegerField(default=1)),
                (
                    "pool",
                    models.CharField(
                        choices=[("prefork", "Processes"), ("threads", "Threads")], default="prefork", max_length=10
                    ),
                ),
                ("paused", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="CaughtMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("sender", models.CharField(max_length=300)),
                ("recipients", models.JSONField(default=list)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("message_id", models.CharField(blank=True, max_length=300)),
                ("source", models.TextField()),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(max_length=60, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("http", "HTTP service"), ("payment", "Payment service"), ("smtp", "Mail server")],
                        max_length=10,
                    ),
                ),
                ("base_url", models.CharField(blank=True, max_length=300)),
                ("hosts", models.JSONField(default=list)),
                ("settings", models.JSONField(blank=True, default=dict)),
                ("secret", models.BinaryField(null=True)),
                ("secret_version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="SandboxPayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("idempotency_key", models.CharField(max_length=100, unique=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("currency", models.CharField(max_length=3)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("refunded", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="ChurnModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("challenger", "Challenger"), ("champion", "Champion"), ("retired", "Retired")],
                        default="challenger",
                        max_length=12,
                    ),
                ),
                ("label", models.CharField(max_length=100)),
                ("positive", models.CharField(max_length=100)),
                ("data_hash", models.CharField(max_length=64)),
                ("code_version", models.CharField(max_length=40)),
                ("artefact", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("card", models.JSONField()),
                ("trained_by", models.CharField(max_length=150)),
                ("trained_at", models.DateTimeField(auto_now_add=True)),
                ("approved_by", models.CharField(blank=True, max_length=150)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "champion")), fields=("state",), name="one_champion"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=100)),
                ("pid", models.IntegerField()),
                ("version", models.CharField(max_length=40)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("heartbeat_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="workers", to="agents.agent"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["heartbeat_at"], name="worker_by_heartbeat")],
            },
        ),
    ]
