"""Carries out what a batch of an import's rows comes to."""

from __future__ import annotations

from collections.abc import Mapping

from crm import bulk
from crm.actors import Actor
from crm.models import Customer, Import, ImportedRecord, Service
from crm.models.services import ServiceStatus
from crm.services.customers import create_customers, update_customers
from crm.services.import_rows import Plan, new_customer, start_of
from crm.services.services import NewService, create_services
from crm.services.tags import tag_customers


def carry_out(actor: Actor, source: Import, plan: Plan) -> None:
    created = create_customers(
        actor=actor,
        items=[new_customer(target) for target in plan.create],
        note=f"Imported from {source.file_name}",
    )
    changes = {target.customer.pk: target.changes for target in plan.update if target.customer}
    if changes:
        update_customers(actor=actor, changes=changes)
    customers = {target.row: target.customer for target in plan.targets if target.customer}
    customers |= {target.row: customer for target, customer in zip(plan.create, created, strict=True)}
    _add_services(actor, plan, customers)
    _add_tags(actor, plan, customers)
    made = {target.row for target in plan.create}
    bulk.insert_values(
        ImportedRecord,
        (
            {"source_id": source.pk, "row": row, "customer_id": customer.pk, "created": row in made}
            for row, customer in customers.items()
        ),
    )


def _add_services(actor: Actor, plan: Plan, customers: Mapping[int, Customer]) -> None:
    """Those that the customer does not have yet."""
    wanted = [target for target in plan.targets if target.values.services]
    if not wanted:
        return
    current = Service.objects.filter(
        customer__in=[customers[target.row] for target in wanted],
        status__in=(ServiceStatus.PENDING, ServiceStatus.ACTIVE),
    )
    had = set(current.values_list("customer_id", "type"))
    items = [
        NewService(customers[target.row].pk, kind, ServiceStatus.ACTIVE, start_of(target.values))
        for target in wanted
        for kind in target.values.services
        if (customers[target.row].pk, kind) not in had
    ]
    if items:
        create_services(actor=actor, items=items, tell=False)


def _add_tags(actor: Actor, plan: Plan, customers: Mapping[int, Customer]) -> None:
    by_tag: dict[str, list[int]] = {}
    for target in plan.targets:
        for tag in target.values.tags:
            by_tag.setdefault(tag, []).append(customers[target.row].pk)
    for tag, ids in by_tag.items():
        tag_customers(actor=actor, customer_ids=ids, tag=tag, tell=False)
