"""Makes the run tables partitioned by run id, a week each, and versions immutable.

Run ids are UUIDv7, whose first 48 bits are milliseconds since 1970, so a range of ids is a range of time.
"""

from django.db import migrations

PARTITIONED = {
    "workflows_run": "id",
    "workflows_step": "run_id",
    "workflows_stepresult": "run_id",
    "workflows_stepattempt": "run_id",
    "workflows_signal": "run_id",
    "workflows_blob": "run_id",
}


def partition(table: str, key: str) -> str:
    return f"""
    ALTER TABLE {table} RENAME TO {table}_plain;
    CREATE TABLE {table} (LIKE {table}_plain INCLUDING ALL) PARTITION BY RANGE ({key});
    DROP TABLE {table}_plain;
    CREATE TABLE {table}_default PARTITION OF {table} DEFAULT;
    """


RUN_KEYS = """
    ALTER TABLE workflows_run
        ADD FOREIGN KEY (version_id) REFERENCES workflows_version (id),
        ADD FOREIGN KEY (workflow_id) REFERENCES workflows_workflow (id);
"""

MAKE_PARTITIONS = """
    CREATE FUNCTION workflows_first_id(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    $$;
    CREATE FUNCTION workflows_make_partitions(weeks int) RETURNS int LANGUAGE plpgsql AS $$
    DECLARE
        parent text;
        week timestamptz;
        made int := 0;
        child text;
    BEGIN
        FOREACH parent IN ARRAY ARRAY['workflows_run', 'workflows_step', 'workflows_stepresult',
                                      'workflows_stepattempt', 'workflows_signal', 'workflows_blob'] LOOP
            FOR i IN 0..weeks LOOP
                week := date_trunc('week', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + i * interval '7 days';
                child := parent || to_char(week AT TIME ZONE 'UTC', '"_"IYYY"w"IW');
                CONTINUE WHEN to_regclass(child) IS NOT NULL;
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    child, parent, workflows_first_id(week), workflows_first_id(week + interval '7 days'));
                EXECUTE format('ALTER TABLE %I SET (autovacuum_vacuum_scale_factor = 0.02)', child);
                IF parent = 'workflows_step' THEN
                    EXECUTE format('ALTER TABLE %I SET (fillfactor = 75)', child);
                END IF;
                made := made + 1;
            END LOOP;
        END LOOP;
        RETURN made;
    END $$;
    SELECT workflows_make_partitions(8);
"""

IMMUTABLE_VERSIONS = """
    CREATE FUNCTION workflows_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (NEW.workflow_id, NEW.number, NEW.document, NEW.compiled, NEW.sha256, NEW.published_at)
           IS DISTINCT FROM (OLD.workflow_id, OLD.number, OLD.document, OLD.compiled, OLD.sha256, OLD.published_at)
        THEN
            RAISE EXCEPTION 'A published version cannot be changed. Publish a new one.';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER version_is_immutable BEFORE UPDATE ON workflows_version
        FOR EACH ROW EXECUTE FUNCTION workflows_refuse_version_change();
"""

UNDO = """
    DROP TRIGGER version_is_immutable ON workflows_version;
    DROP FUNCTION workflows_refuse_version_change();
    DROP FUNCTION workflows_make_partitions(int);
    DROP FUNCTION workflows_first_id(timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0001_initial")]

    operations = [
        *(
            migrations.RunSQL(partition(table, key), reverse_sql=migrations.RunSQL.noop)
            for table, key in PARTITIONED.items()
        ),
        migrations.RunSQL(RUN_KEYS, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(MAKE_PARTITIONS + IMMUTABLE_VERSIONS, reverse_sql=UNDO),
    ]
