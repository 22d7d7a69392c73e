"""Starts runs for customers that a person chose: one each, or one for all, as the workflow's trigger says."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.models import Customer
from crm.permissions import require, rows
from workflows.engine.facts import facts_of
from workflows.models import Run, Trigger, TriggerKind, Workflow
from workflows.services.runs import start_run

MOST = 500


@transaction.atomic
def start_for_customers(*, actor: Actor, workflow: Workflow, customer_ids: Collection[int], once: str) -> list[Run]:
    """All of them or none; `once` tells a click from its double."""
    require(actor, "run", workflow)
    trigger = Trigger.objects.filter(workflow=workflow, kind=TriggerKind.PERSON).order_by("node").first()
    if trigger is None:
        raise Conflict(f"“{workflow.name}” is not offered for customers.", code="not_for_customers")
    ids = sorted(set(customer_ids))
    if not 1 <= len(ids) <= MOST:
        raise InvalidInput(f"Choose 1 to {MOST} customers.")
    rows(actor, "read", Customer.objects.only("pk"), ids)
    facts = facts_of("customer", ids)
    told = [{**facts[pk]["customer"], "after": facts[pk]["after"]} for pk in ids]
    if trigger.config["customers"] == "one_run_for_all":
        given = [(f"chosen:{once}", {"customers": told, "count": len(told)})]
    else:
        given = [(f"chosen:{once}:{one['id']}", {"customer": one}) for one in told]
    return [
        start_run(actor=actor, workflow=workflow, input=one, trigger=trigger.node, key=key[:200]) for key, one in given
    ]
