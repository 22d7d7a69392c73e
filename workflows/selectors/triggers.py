"""The triggers of published workflows: in words, their addresses, and the starts that were refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cronsim import CronSim
from django.db.models import Count, QuerySet
from django.utils import timezone

from crm.actors import Actor
from crm.permissions import can, scope
from workflows.clocks import next_fires
from workflows.models import RefusedStart, Trigger, TriggerKind, Workflow

_WORDS: Mapping[str, str] = {
    "trigger_webhook": "Webhook",
    "trigger_form": "Form",
    "trigger_person": "A person, for customers",
    "trigger_sla": "Response due",
    "trigger_workflow": "Another workflow ended",
}


def in_words(trigger: Trigger) -> str:
    """What starts runs, in a few words."""
    config = trigger.config
    if trigger.kind == TriggerKind.SCHEDULE:
        return CronSim(config["cron"], timezone.now()).explain()
    if trigger.step_type == "trigger_segment":
        return "Segment entered or left" if config["change"] == "both" else f"Segment {config['change']}"
    if trigger.step_type == "trigger_relative_date":
        date = config["field"].removeprefix("custom.").replace("_", " ")
        return f"{config['amount']} {config['unit']} {config['direction']} {date}"
    if trigger.step_type == "trigger_field_became":
        return f"{config['field'].removeprefix('custom.').replace('_', ' ').capitalize()} became a value"
    return _WORDS.get(trigger.step_type or f"trigger_{trigger.kind}") or trigger.topic.replace(".", " ").capitalize()


def addresses_of(workflow: Workflow) -> Mapping[str, str]:
    """The addresses of the published webhooks and forms by their nodes; a webhook's token is no secret, its key is."""
    found = Trigger.objects.filter(workflow=workflow, kind__in=(TriggerKind.WEBHOOK, TriggerKind.FORM))
    paths = {TriggerKind.WEBHOOK: "/api/v1/hooks/{}", TriggerKind.FORM: "/f/{}/"}
    return {trigger.node: paths[TriggerKind(trigger.kind)].format(trigger.token) for trigger in found}


def forms_of(workflow: Workflow) -> list[str]:
    """The addresses of its published forms."""
    return [path for path in addresses_of(workflow).values() if path.startswith("/f/")]


def next_times(workflow: Workflow) -> list[tuple[str, list[str]]]:
    """Each of its schedules in words, with its next five times on the clocks of its time zone."""
    now, found = timezone.now(), []
    for trigger in Trigger.objects.filter(workflow=workflow, kind=TriggerKind.SCHEDULE).order_by("node"):
        zone = trigger.config.get("timezone") or "UTC"
        times = next_fires(trigger.config["cron"], zone, now, 5)
        found.append((f"{in_words(trigger)}, {zone}", [f"{at:%a %Y-%m-%d %H:%M}" for at in times]))
    return found


def offered_for_customers(*, actor: Actor) -> list[Workflow]:
    """The workflows that a person may start for chosen customers."""
    if not can(actor, "run", Workflow):
        return []
    offered = Workflow.objects.filter(triggers__kind=TriggerKind.PERSON, published__isnull=False)
    return list(scope(actor, offered, "read").distinct()[:100])


def refused_starts(workflow: Workflow) -> QuerySet[RefusedStart]:
    return RefusedStart.objects.filter(workflow=workflow).order_by("-id")


def count_refused(workflows: Iterable[Workflow]) -> dict[int, int]:
    """By the workflow's id; those without are left out."""
    found = RefusedStart.objects.filter(workflow__in=[one.pk for one in workflows])
    return dict(found.values_list("workflow").annotate(Count("pk")).order_by())
