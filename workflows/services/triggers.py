"""Rewrites the triggers of a workflow when it is published, and keeps the secrets of its webhooks."""

from __future__ import annotations

import base64
import secrets
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
from workflows.engine.schedule import database_now, next_fire
from workflows.graph.document import Document, Node
from workflows.models import Trigger, TriggerKind, Workflow
from workflows.steps import StepConfig

SECRET_PREFIX = "whsec_"  # noqa: S105 - as Standard Webhooks writes its secrets
SECRET_BYTES = 32


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


def rewrite_triggers(*, workflow: Workflow, document: Document) -> dict[str, str]:
    """Makes the triggers those of the document; answers the secrets of new webhooks, which are shown this once.

    A webhook keeps its address and secret while its step keeps its id.
    """
    known = {trigger.node: trigger for trigger in Trigger.objects.filter(workflow=workflow)}
    fresh: dict[str, str] = {}
    kept: set[str] = set()
    for node in document.nodes.values():
        wanted = _wanted(node)
        if wanted is None:
            continue
        kept.add(node.id)
        trigger = known.get(node.id) or Trigger(workflow=workflow, node=node.id)
        was_webhook = trigger.kind == TriggerKind.WEBHOOK
        trigger.kind, trigger.config = wanted, _with_defaults(node)
        trigger.topic = _topic(node.type, trigger.config) if wanted is TriggerKind.EVENT else ""
        trigger.next_fire_at = first_fire(node.id, trigger.config) if wanted is TriggerKind.SCHEDULE else None
        if wanted is not TriggerKind.WEBHOOK:
            trigger.token = trigger.secret = None
        elif not was_webhook:
            fresh[node.id] = _new_secret(trigger)
        trigger.save()
    Trigger.objects.filter(workflow=workflow).exclude(node__in=kept).delete()
    return fresh


def reschedule_triggers(*, workflow: Workflow) -> None:
    for trigger in Trigger.objects.filter(workflow=workflow, kind=TriggerKind.SCHEDULE):
        trigger.next_fire_at = first_fire(trigger.node, trigger.config)
        trigger.save(update_fields=["next_fire_at"])


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
    trigger.token = trigger.token or secrets.token_urlsafe(24)
    trigger.secret = seal(key, place=_place(trigger))
    return SECRET_PREFIX + base64.b64encode(key).decode()


def _place(trigger: Trigger) -> str:
    return f"webhook:{trigger.workflow_id}:{trigger.node}"


KINDS = {
    "trigger_schedule": TriggerKind.SCHEDULE,
    "trigger_record_created": TriggerKind.EVENT,
    "trigger_record_updated": TriggerKind.EVENT,
    "trigger_webhook": TriggerKind.WEBHOOK,
}


def _wanted(node: Node) -> TriggerKind | None:
    return KINDS.get(node.type)


def _with_defaults(node: Node) -> dict[str, Any]:
    schema: type[StepConfig] = registry.get(node.type).config
    return schema.model_validate(dict(node.config)).model_dump(mode="json")


def _topic(step_type: str, config: dict[str, Any]) -> str:
    """What the event is called, such as customer.created or customer.scored."""
    return f"{config['record']}.{'created' if step_type == 'trigger_record_created' else config['when']}"
