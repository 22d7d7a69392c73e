"""A role for programs that carry out steps from elsewhere."""

from django.db import migrations, models

ROLES = [
    ("admin", "Admin"),
    ("manager", "Manager"),
    ("builder", "Builder"),
    ("operator", "Operator"),
    ("viewer", "Viewer"),
    ("worker", "Remote worker"),
]


class Migration(migrations.Migration):
    dependencies = [("crm", "0002_append_only_audit")]

    operations = [
        migrations.AlterField(
            model_name="member",
            name="role",
            field=models.CharField(choices=ROLES, default="viewer", max_length=20),
        ),
        migrations.RemoveConstraint(model_name="member", name="member_role_known"),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", [role for role, _ in ROLES])), name="member_role_known"
            ),
        ),
    ]
