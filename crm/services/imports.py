"""Imports customers from CSV files: upload, dry run, commit in batches in the background, undo."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from crm import audit, events, permissions
from crm.actors import Actor, actor_of
from crm.errors import Conflict, InvalidInput, RapportError
from crm.imports.columns import Column, describe_columns, propose
from crm.imports.mapping import WrongMapping, new_fields, targets_of, with_fields_made
from crm.imports.reading import Table, UnreadableFile, read_table
from crm.models import CustomField, Import, ImportedRecord
from crm.models.activities import ActivityKind
from crm.models.fields import FieldType
from crm.models.imports import ImportState
from crm.selectors.fields import custom_fields
from crm.services.customers import delete_customers
from crm.services.fields import NewField, create_fields
from crm.services.import_batch import carry_out
from crm.services.import_rows import Plan, Planner
from crm.validation import refuse

logger = logging.getLogger(__name__)

BATCH = 500
# A running import that has been silent for so long lost its worker.
SILENT_SECONDS = 30
_MOST_ERRORS = 100


def upload_import(*, actor: Actor, file_name: str, content: bytes) -> Import:
    """Stores the file with a proposed mapping."""
    permissions.require(actor, "create", Import)
    table = _read(content)
    if not table.rows:
        raise refuse("file", "The file has a header, but no rows.")
    columns = describe_columns(table)
    with transaction.atomic():
        source = Import.objects.create(
            file_name=file_name[:200],
            content=content,
            columns=[_shown(column) for column in columns],
            mapping=propose(columns, list(custom_fields())),
            total=len(table.rows),
            created_by_id=actor.member_id,
        )
        after = {"file_name": source.file_name, "rows": source.total}
        audit.record_one(actor=actor, action="import.upload", target=source, after=after)
    return source


def _read(content: bytes) -> Table:
    try:
        return read_table(content)
    except UnreadableFile as error:
        raise refuse("file", str(error)) from error


def _shown(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "key": column.key,
        "type": column.type,
        "choices": list(column.choices),
        "samples": list(column.samples),
        "filled": column.filled,
    }


def check_import(
    *,
    actor: Actor,
    import_id: int,
    mapping: Mapping[str, Any] | None = None,
    match_key: str | None = None,
    mute_triggers: bool | None = None,
) -> Import:
    """The dry run: counts what each row would do, and writes none of it."""
    with transaction.atomic():
        source = _lock(actor, "update", import_id, (ImportState.UPLOADED, ImportState.CHECKED))
        source.mapping = dict(source.mapping if mapping is None else mapping)
        source.match_key = match_key or source.match_key
        source.mute_triggers = source.mute_triggers if mute_triggers is None else mute_triggers
        table = _read(bytes(source.content))
        planner = _planner(actor, source, table)
        source.counts, source.errors = {}, []
        for start in range(0, len(table.rows), BATCH):
            _count(source, planner.plan(_numbered(table, start)))
        source.state = ImportState.CHECKED
        source.save(update_fields=["mapping", "match_key", "mute_triggers", "counts", "errors", "state"])
    return source


def _lock(actor: Actor, action: str, import_id: int, states: tuple[ImportState, ...]) -> Import:
    rows = Import.objects.select_for_update(of=("self",))
    source = permissions.rows(actor, action, rows, [import_id])[import_id]
    if source.state not in states:
        raise Conflict(f"The import is {ImportState(source.state).label.lower()}; reload the page.")
    return source


def _planner(actor: Actor, source: Import, table: Table) -> Planner:
    definitions = {**custom_fields(), **_fields_to_make(source, table)}
    try:
        targets = targets_of(source.mapping, table.columns, list(definitions))
    except WrongMapping as error:
        raise refuse(f"mapping.{error.column}", str(error)) from error
    key = source.match_key
    if key not in {target.replace("new.", "custom.", 1).partition(":")[0] for _, target in targets}:
        raise refuse("match_key", "Map the column that customers are found by: email, or the custom field named here.")
    return Planner(actor, table.columns, targets, key, definitions, table.rows)


def _fields_to_make(source: Import, table: Table) -> dict[str, CustomField]:
    described = {column["name"]: column for column in source.columns}
    made = {}
    for name, (key, field_type) in new_fields(source.mapping).items():
        column = described.get(name)
        if column is None or (field_type and field_type not in FieldType.values):
            raise refuse(f"mapping.{name}", f"Choose a type of: {', '.join(FieldType.values)}.")
        label = name.replace("_", " ").strip().capitalize()
        wanted = field_type or column["type"]
        choices = column["choices"] or _distinct(table, name) if wanted == FieldType.CHOICE else []
        made[key] = CustomField(record="customer", key=key, label=label, type=wanted, choices=choices)
    return made


def _distinct(table: Table, column: str) -> list[str]:
    index = table.columns.index(column)
    return [value for value in dict.fromkeys(row[index] for row in table.rows) if value]


def _numbered(table: Table, start: int) -> list[tuple[int, list[str]]]:
    """A batch of rows with their numbers in the file, whose first line is the header."""
    return list(enumerate(table.rows[start : start + BATCH], start=start + 2))


def _count(source: Import, plan: Plan) -> None:
    for kind, number in plan.counts().items():
        source.counts[kind] = source.counts.get(kind, 0) + number
    source.errors = [*source.errors, *plan.errors][:_MOST_ERRORS]


def start_import(*, actor: Actor, import_id: int, announce: bool = True) -> Import:
    """Makes the new custom fields and hands the rows to the background; unannounced, the caller runs it itself."""
    with transaction.atomic():
        source = _lock(actor, "update", import_id, (ImportState.CHECKED,))
        to_make = _fields_to_make(source, _read(bytes(source.content)))
        items = [NewField(key, field.label, field.type, choices=field.choices) for key, field in to_make.items()]
        if items:
            create_fields(actor=actor, items=items)
        source.mapping = with_fields_made(source.mapping)
        source.state, source.counts, source.errors, source.done = ImportState.QUEUED, {}, [], 0
        source.save(update_fields=["mapping", "state", "counts", "errors", "done"])
        after = {"mapping": source.mapping, "match_key": source.match_key, "muted": source.mute_triggers}
        audit.record_one(actor=actor, action="import.start", target=source, after=after)
        if announce:
            transaction.on_commit(lambda: _dispatch(source.pk))
    return source


def _dispatch(import_id: int) -> None:
    """A hint only: an import that nobody heard of is found by run_pending_imports()."""
    dispatch = import_string(settings.BACKGROUND_DISPATCHER)
    dispatch("import", import_id)


def run_pending_imports() -> int:
    """Takes up imports that wait, and those whose worker fell silent."""
    silent = timezone.now() - timedelta(seconds=SILENT_SECONDS)
    waiting = Q(state=ImportState.QUEUED) | Q(state=ImportState.RUNNING, heartbeat_at__lt=silent)
    found = list(Import.objects.filter(waiting).order_by("pk").values_list("pk", flat=True))
    for import_id in found:
        run_import(import_id)
    return len(found)


def run_import(import_id: int) -> None:
    """Commits batch after batch, from where the import stands; a second runner of the same import does no harm."""
    open_states = (ImportState.QUEUED, ImportState.RUNNING)
    now = timezone.now()
    if not Import.objects.filter(pk=import_id, state__in=open_states).update(
        state=ImportState.RUNNING, heartbeat_at=now
    ):
        return
    try:
        _run_batches(import_id)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the import stays where it is, and is taken up again
    except RapportError as error:
        _fail(import_id, error.detail)
    except Exception:
        logger.exception("Import %s failed", import_id)
        _fail(import_id, "Something went wrong; the rows up to here are stored. The log says more.")


def _run_batches(import_id: int) -> None:
    source = Import.objects.select_related("created_by").get(pk=import_id)
    if source.created_by is None or not source.created_by.is_active:
        raise InvalidInput("The member who started this import can't log in any more; start it anew.")
    actor, table = actor_of(source.created_by), _read(bytes(source.content))
    planner = _planner(actor, source, table)
    while _run_batch(import_id, actor, planner, table):
        pass


def _run_batch(import_id: int, actor: Actor, planner: Planner, table: Table) -> bool:
    """The rows of a batch and the count of what is done, in one transaction; whether there is more."""
    with transaction.atomic():
        rows = Import.objects.select_for_update(of=("self",), skip_locked=True).defer("content")
        source = rows.filter(pk=import_id, state=ImportState.RUNNING).first()
        if source is None:
            return False
        batch = _numbered(table, source.done)
        if batch:
            plan = planner.plan(batch)
            with events.muted() if source.mute_triggers else transaction.atomic():
                carry_out(actor, source, plan)
            _count(source, plan)
        source.done += len(batch)
        source.heartbeat_at = timezone.now()
        if source.done >= source.total:
            source.state, source.finished_at = ImportState.DONE, source.heartbeat_at
            audit.record_one(actor=actor, action="import.finish", target=source, after=source.counts)
        source.save(update_fields=["done", "counts", "errors", "state", "heartbeat_at", "finished_at"])
        return source.state == ImportState.RUNNING


def _fail(import_id: int, message: str) -> None:
    source = Import.objects.defer("content").get(pk=import_id)
    errors = [{"row": None, "column": "", "message": message}, *source.errors][:_MOST_ERRORS]
    Import.objects.filter(pk=import_id, state=ImportState.RUNNING).update(
        state=ImportState.FAILED, errors=errors, finished_at=timezone.now()
    )


def undo_import(*, actor: Actor, import_id: int) -> Import:
    """Deletes the customers that the import created, but keeps those that anything happened to since."""
    permissions.require(actor, "undo", Import)
    removed = 0
    while batch := list(_untouched(import_id).values_list("customer_id", flat=True)[:BATCH]):
        with transaction.atomic():
            _lock(actor, "undo", import_id, (ImportState.DONE, ImportState.FAILED))
            removed += delete_customers(actor=actor, customer_ids=batch)
    with transaction.atomic():
        source = _lock(actor, "undo", import_id, (ImportState.DONE, ImportState.FAILED))
        kept = source.records.filter(created=True, customer__isnull=False).count()
        source.counts = {**source.counts, "undone": removed, "kept": kept}
        source.state = ImportState.UNDONE
        source.save(update_fields=["counts", "state"])
        after = {"removed": removed, "kept": kept}
        audit.record_one(actor=actor, action="import.undo", target=source, after=after)
    return source


def _untouched(import_id: int) -> QuerySet[ImportedRecord]:
    """Whatever happens to a customer stands on its timeline; its import is the one entry that all have."""
    created = ImportedRecord.objects.filter(source_id=import_id, created=True, customer__isnull=False)
    happened = Count("customer__activities", filter=~Q(customer__activities__kind=ActivityKind.SCORE))
    return created.annotate(happened=happened).filter(happened__lte=1).order_by("pk")
