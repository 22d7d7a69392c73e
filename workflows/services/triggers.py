"""Rewrites the triggers of a workflow when it is published, and keeps the secrets of its webhooks."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cronsim import CronSimError
from django.db import transaction

from crm import audit
from crm.actors import Actor
from crm.errors import InvalidInput, NotFound
from crm.permissions import require
from crm.sealing import seal, unseal
from workflows import registry
from workflows.clocks import next_fire
from workflows.engine import segments
from workflows.engine.clock import database_now
from workflows.engine.matching import RUN_ENDED
from workflows.graph.document import Document, Node
from workflows.models import SegmentMember, Trigger, TriggerKind, Workflow
from workflows.models.triggers import TIMED
from workflows.steps import StepConfig

SECRET_PREFIX = "whsec_"  # noqa: S105 - as Standard Webhooks writes its secrets
SECRET_BYTES = 32


def rewrite_triggers(*, workflow: Workflow, document: Document) -> dict[str, str]:
    """Makes the triggers those of the document; answers the secrets of new webhooks, which are shown this once.

    A webhook or form keeps its address, and what was noted of segments and dates stays known, while its step stays.
    """
    known = {trigger.node: trigger for trigger in Trigger.objects.filter(workflow=workflow)}
    fresh: dict[str, str] = {}
    kept: set[str] = set()
    for node in document.nodes.values():
        config = _with_defaults(node) if node.type in KINDS else {}
        wanted = KINDS[node.type](config) if node.type in KINDS else None
        if wanted is None:
            continue
        kept.add(node.id)
        trigger = known.get(node.id) or Trigger(workflow=workflow, node=node.id)
        if secret := _rewrite(trigger, node, wanted, config):
            fresh[node.id] = secret
    Trigger.objects.filter(workflow=workflow).exclude(node__in=kept).delete()
    return fresh


def _rewrite(trigger: Trigger, node: Node, kind: TriggerKind, config: dict[str, Any]) -> str | None:
    """Answers the secret of a new webhook."""
    was_kind, is_same = trigger.kind, (trigger.step_type, trigger.config) == (node.type, config)
    trigger.kind, trigger.step_type, trigger.config = kind, node.type, config
    trigger.topic = _topic(node.type, config) if kind is TriggerKind.EVENT else ""
    if kind not in (TriggerKind.WEBHOOK, TriggerKind.FORM):
        trigger.token = None
    elif trigger.token is None or was_kind != kind:
        trigger.token = _new_token()
    is_new_hook = kind is TriggerKind.WEBHOOK and was_kind != kind
    if kind is not TriggerKind.WEBHOOK:
        trigger.secret = None
    secret = _new_secret(trigger) if is_new_hook else None
    if is_same and trigger.pk and kind is not TriggerKind.SCHEDULE:
        trigger.save()
    else:
        _begin_anew(trigger)
    return secret


def _begin_anew(trigger: Trigger) -> None:
    """What was before starts nothing: runs come of what happens from now on."""
    now = database_now()
    trigger.since, trigger.condition = now, None
    trigger.next_fire_at = None
    if trigger.kind == TriggerKind.SCHEDULE:
        trigger.next_fire_at = first_fire(trigger.node, trigger.config)
    elif trigger.kind in TIMED:
        trigger.next_fire_at = now
    trigger.save()
    if trigger.kind == TriggerKind.SEGMENT:
        segments.take_baseline(trigger)
    else:
        SegmentMember.objects.filter(trigger=trigger).delete()


def first_fire(node: str, config: dict[str, Any]) -> datetime:
    try:
        return next_fire(config["cron"], config.get("timezone") or "UTC", database_now())
    except (CronSimError, StopIteration, KeyError, ValueError) as error:
        message = "This schedule never fires. Write it as cron, such as 0 2 * * * for 02:00 each day."
        raise InvalidInput(
            message,
            code="invalid_workflow",
            errors=[{"node": node, "field": "cron", "code": "bad_schedule", "message": message}],
        ) from error


def reschedule_triggers(*, workflow: Workflow) -> None:
    """What was missed while the workflow was off stays missed."""
    for trigger in Trigger.objects.filter(workflow=workflow, kind__in=TIMED):
        _begin_anew(trigger)


@transaction.atomic
def rotate_webhook_secret(*, actor: Actor, workflow: Workflow, node: str) -> str:
    """A new secret, shown this once; the old one stops working at once."""
    require(actor, "publish", workflow)
    trigger = Trigger.objects.select_for_update().filter(workflow=workflow, node=node, kind=TriggerKind.WEBHOOK).first()
    if trigger is None:
        raise NotFound("The published workflow has no such webhook.")
    secret = _new_secret(trigger)
    trigger.save(update_fields=["secret", "token"])
    audit.record_one(actor=actor, action="workflow.rotate_secret", target=workflow, after={"node": node})
    return secret


def webhook_key(trigger: Trigger) -> bytes:
    """The signing key of a webhook."""
    return unseal(bytes(trigger.secret or b""), place=_place(trigger))


def _new_secret(trigger: Trigger) -> str:
    key = secrets.token_bytes(SECRET_BYTES)
    trigger.token = trigger.token or _new_token()
    trigger.secret = seal(key, place=_place(trigger))
    return SECRET_PREFIX + base64.b64encode(key).decode()


def _new_token() -> str:
    return secrets.token_urlsafe(24)


def _place(trigger: Trigger) -> str:
    return f"webhook:{trigger.workflow_id}:{trigger.node}"


def _event(config: dict[str, Any]) -> TriggerKind:
    return TriggerKind.EVENT


def _of_person(config: dict[str, Any]) -> TriggerKind | None:
    """Only a workflow that is offered for chosen customers has to be found by its trigger."""
    return None if config["customers"] == "not_offered" else TriggerKind.PERSON


KINDS: Mapping[str, Callable[[dict[str, Any]], TriggerKind | None]] = {
    "trigger_person": _of_person,
    "trigger_schedule": lambda config: TriggerKind.SCHEDULE,
    "trigger_record_created": _event,
    "trigger_record_updated": _event,
    "trigger_field_became": _event,
    "trigger_workflow": _event,
    "trigger_segment": lambda config: TriggerKind.SEGMENT,
    "trigger_relative_date": lambda config: TriggerKind.MOMENT,
    "trigger_sla": lambda config: TriggerKind.MOMENT,
    "trigger_webhook": lambda config: TriggerKind.WEBHOOK,
    "trigger_form": lambda config: TriggerKind.FORM,
}


def _with_defaults(node: Node) -> dict[str, Any]:
    schema: type[StepConfig] = registry.get(node.type).config
    return schema.model_validate(dict(node.config)).model_dump(mode="json")


def _topic(step_type: str, config: dict[str, Any]) -> str:
    """What the event is called, such as customer.created or customer.scored."""
    if step_type == "trigger_workflow":
        return RUN_ENDED
    ending = {"trigger_record_created": "created", "trigger_field_became": "updated"}
    return f"{config['record']}.{ending.get(step_type) or config['when']}"
