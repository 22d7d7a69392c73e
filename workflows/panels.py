"""What workflows put on the CRM's pages: what waits for the member, and what runs did about a customer."""

from __future__ import annotations

from uuid import uuid4

from crm.actors import Actor
from crm.models import Customer
from crm.panels import Panel
from workflows.selectors.approvals import about_customer, count_open, list_open
from workflows.selectors.decisions import count_to_decide
from workflows.selectors.runs import RunFilter, list_runs, shown_state
from workflows.selectors.triggers import offered_for_customers
from workflows.states import RunState

SHOWN = 4


def needs_you(actor: Actor) -> Panel:
    """Approvals that wait for the member, and failed runs."""
    return Panel(
        "workflows/panels/needs_you.html",
        {
            "asked": list_open(actor=actor, limit=SHOWN).approvals,
            "asked_count": count_open(actor),
            "failed": list_runs(actor=actor, where=RunFilter(state=RunState.FAILED), limit=SHOWN).runs,
        },
    )


def count_waiting(actor: Actor) -> int:
    """What waits for the member: approvals, and steps to decide on."""
    return count_open(actor) + count_to_decide(actor)


def latest_runs(actor: Actor) -> Panel:
    latest = list_runs(actor=actor, where=RunFilter(), limit=2 * SHOWN).runs
    return Panel("workflows/panels/latest_runs.html", {"rows": [(run, shown_state(run)) for run in latest]})


def customer(actor: Actor, customer: Customer) -> Panel | None:
    """What people are asked about this customer."""
    asked = about_customer(actor=actor, customer=customer, limit=SHOWN)
    return Panel("workflows/panels/customer.html", {"asked": asked}) if asked else None


def run_for_chosen(actor: Actor) -> Panel | None:
    """Beside what else can be done with the customers that were chosen from the list."""
    offered = offered_for_customers(actor=actor)
    context = {"workflows": offered, "once": uuid4().hex}
    return Panel("workflows/panels/run_for_chosen.html", context) if offered else None


def run_for_customer(actor: Actor, customer: Customer) -> Panel | None:
    offered = offered_for_customers(actor=actor)
    context = {"workflows": offered, "once": uuid4().hex, "customer": customer}
    return Panel("workflows/panels/run_for_customer.html", context) if offered else None
