"""Why each open step of a run is not at work, in words, and which other runs have to do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from crm.models import AuditEntry
from crm.models.members import Role
from workflows import registry
from workflows.engine.program import VersionUnusable, program_of
from workflows.models import Approval, ApprovalState, EventWait, Run, Slot, Step
from workflows.selectors.agent_facts import AgentFact, facts_of
from workflows.selectors.chunks import ItemCount
from workflows.states import StepState, WaitFor

MOST_COUNTED = 1_000
HOLDERS_SHOWN = 3


@dataclass(frozen=True)
class Why:
    words: str
    runs: Sequence[tuple[UUID, int]] = ()  # id and number of the runs that it waits for


class Waits:
    """Of one run; what is needed is read when the first step asks for it.

    The key of a limit and the value of an event come from what the run was given: without values they are left out.
    """

    def __init__(self, run: Run, *, with_values: bool) -> None:
        self._run, self._with_values = run, with_values

    def why(self, step: Step, count: ItemCount | None) -> Why | None:
        if step.held:
            return Why(self._pause)
        if step.state == StepState.READY:
            return Why(self._queue(step))
        if step.state == StepState.UNCERTAIN:
            return Why("may have taken effect; a person decides")
        if step.state == StepState.PENDING and step.wake_at:
            return Why(f"goes on without the branches that have not come by {at(step.wake_at)}")
        return self._waiting(step, count) if step.state == StepState.WAITING else None

    def _waiting(self, step: Step, count: ItemCount | None) -> Why:
        match step.waits_for:
            case WaitFor.PERSON:
                return Why(self._person(step))
            case WaitFor.DECISION:
                return Why("failed; a person decides what follows")
            case WaitFor.ITEMS:
                return Why(_items(step, count))
            case WaitFor.LIMIT:
                return self._limit(step)
            case WaitFor.RUN:
                return self._sub_run(step)
            case WaitFor.EVENT:
                return Why(self._event(step))
            case WaitFor.RETRY:
                return Why(self._retry(step))
        return Why(f"waits until {at(step.wake_at)}")

    # The run

    @cached_property
    def _pause(self) -> str:
        if self._run.paused_at is None:
            return "held for a moment; the run goes on"
        who = AuditEntry.objects.filter(object_type="run", object_id=str(self._run.pk), action="run.paused")
        name = who.order_by("-pk").values_list("actor_name", flat=True).first()
        return f"held: {name or 'somebody'} paused the run at {at(self._run.paused_at)}"

    # Agents

    @cached_property
    def _agents(self) -> Mapping[str, Sequence[AgentFact]]:
        ready = Step.objects.filter(run_id=self._run.pk, wake_at__isnull=False, state=StepState.READY)
        return facts_of(set(ready.values_list("kind", flat=True)))

    def _queue(self, step: Step) -> str:
        agents = self._agents.get(step.kind, ())
        step_type = registry.find(step.kind)
        if not agents:
            return f"no agent serves “{step_type.title if step_type else step.kind}” steps"
        if all(agent.paused for agent in agents):
            return f"its agent {_names(agents)} is paused"
        active = [agent for agent in agents if not agent.paused]
        if not any(agent.workers for agent in active):
            return f"its agent {_names(active)} has no living worker"
        places, taken = sum(agent.places for agent in active), sum(agent.taken for agent in active)
        line = self._line(step, active)
        if taken >= places:
            return f"all {places} places of {_names(active)} are taken; {line}"
        return f"queued for {_names(active)}; {line}"

    def _line(self, step: Step, agents: Sequence[AgentFact]) -> str:
        kinds = sorted(frozenset[str]().union(*(agent.kinds for agent in agents)))
        ready = Step.objects.filter(wake_at__isnull=False, state=StepState.READY, kind__in=kinds)
        before = ready.filter(priority=step.priority, since__lt=step.since) | ready.filter(priority__gt=step.priority)
        ahead = len(before.values_list("run_id")[:MOST_COUNTED])
        if ahead == MOST_COUNTED:
            return f"more than {MOST_COUNTED:,} steps came before it"
        return "it is next" if ahead == 0 else f"{ahead:,} {'step' if ahead == 1 else 'steps'} came before it"

    # Others

    @cached_property
    def _asked(self) -> Mapping[tuple[str, int], Approval]:
        opened = Approval.objects.filter(run_id=self._run.pk, state=ApprovalState.OPEN)
        return {(one.node, one.item): one for one in opened.only("node", "item", "role", "form", "due_at")}

    def _person(self, step: Step) -> str:
        approval = self._asked.get((step.node, step.item))
        if approval is None:
            return "waits for a person"
        role = Role(approval.role).label.lower()
        article = "an" if role[0] in "aeiou" else "a"
        due = f", due {at(approval.due_at)}" if approval.due_at else ""
        return f"waits for {article} {role} to {'answer' if approval.form else 'approve'}{due}"

    def _limit(self, step: Step) -> Why:
        mine = Slot.objects.filter(run_id=self._run.pk, node__in=[step.node, ""], item__in=[step.item, 0])
        slot = mine.filter(place__isnull=True).order_by("-node").first()
        if slot is None:
            return Why(f"waits for its turn, until {at(step.wake_at)}")
        if slot.key.endswith(":rate"):
            return Why(f"its turn{self._key(' under the rate of', slot)} is at {at(step.wake_at)}")
        if slot.key.endswith(":quiet"):
            return Why(f"waits for quiet{self._key(' under', slot)} until {at(step.wake_at)}")
        holders = _holders(slot)
        waiting = Slot.objects.filter(key=slot.key, place__isnull=True)
        before = waiting.filter(priority=slot.priority, since__lt=slot.since) | waiting.filter(
            priority__gt=slot.priority
        )
        whole = "the run waits" if slot.node == "" else "waits"
        numbers = ", ".join(f"#{number}" for _, number in holders) or "others"
        place = f"place {before.count() + 1} in line, held by {numbers}"
        return Why(f"{whole} for its turn{self._key(' under', slot)}: {place}", holders)

    def _key(self, words: str, slot: Slot) -> str:
        return f"{words} “{_shown(slot)}”" if self._with_values else ""

    def _sub_run(self, step: Step) -> Why:
        child = Run.objects.filter(parent_run=self._run.pk, parent_node=step.node, parent_item=step.item)
        found = child.select_related("workflow").order_by("-id").first()
        if found is None:
            return Why("waits for the run that it started")
        return Why(f"waits for run #{found.number} of “{found.workflow.name}”", [(found.pk, found.number)])

    def _event(self, step: Step) -> str:
        wait = EventWait.objects.filter(run_id=self._run.pk, node=step.node, item=step.item).first()
        if wait is None:
            return f"waits for an event until {at(step.wake_at)}"
        which = f" with {wait.field} = {wait.value}" if wait.field and self._with_values else ""
        return f"waits for the event “{wait.topic}”{which} until {at(step.wake_at)}"

    def _retry(self, step: Step) -> str:
        if step.failures:
            tries = "one try" if step.failures == 1 else f"{step.failures} tries"
            return f"tries again at {at(step.wake_at)}; {tries} failed"
        try:
            program_of(self._run.version_id, self._run.graph_id)
        except VersionUnusable as error:
            return f"{error}; looked at again at {at(step.wake_at)}"
        return f"put off until {at(step.wake_at)}: others held what it needs"


def _items(step: Step, count: ItemCount | None) -> str:
    done = f"{count.done:,} of {count.items:,} items done" if count else "waits for its items"
    window = step.taken - (step.size - step.pending)
    return f"{done}, {window:,} parts at once" if 0 < window < step.size else done


def _holders(slot: Slot) -> list[tuple[UUID, int]]:
    held = Slot.objects.filter(key=slot.key, place__isnull=False).order_by("place")
    runs = list(dict.fromkeys(held.values_list("run_id", flat=True)[: 10 * HOLDERS_SHOWN]))[:HOLDERS_SHOWN]
    return list(Run.objects.filter(pk__in=runs).order_by("pk").values_list("pk", "number"))


def _shown(slot: Slot) -> str:
    """The part of a key that people wrote: behind whose it is, and before what it counts."""
    owner, _, rest = slot.key.partition(":")
    value = rest.split(":", 2)[-1] if owner == "step" else rest.split(":", 1)[-1]
    for ending in (":at", ":rate", ":quiet"):
        value = value.removesuffix(ending)
    return value or "one at a time"


def _names(agents: Sequence[AgentFact]) -> str:
    return " or ".join(f"“{agent.name}”" for agent in agents)


def at(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC" if when else "later"
