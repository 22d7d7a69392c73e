"""Makes the audit trail append-only, and lists by risk quick."""

from django.db import migrations, models
from django.db.models.functions import Coalesce

import crm.models.members

GUARD = """
CREATE FUNCTION crm_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON crm_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION crm_refuse_audit_change();
"""
UNGUARD = """
DROP TRIGGER audit_is_append_only ON crm_auditentry;
DROP FUNCTION crm_refuse_audit_change();
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.AlterModelManagers("member", managers=[("objects", crm.models.members.MemberManager())]),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.OrderBy(Coalesce("churn_risk", models.Value(-1.0)), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="customer_riskiest",
            ),
        ),
    ]
