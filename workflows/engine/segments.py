"""Segments entered and left. Who is in is kept a trigger, and a run starts in the transaction that changes it.

Two things look: each event has its customer looked at again, and from time to time all are compared, for what only
time brings ("scored in the last 7 days") and for changes that are no events (a team's members).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

from crm.events import MUTED
from crm.models import Customer, EventCursor, Segment
from crm.selectors.conditions import condition_query
from workflows.engine.facts import facts_of
from workflows.engine.refused import Wanted, start_or_keep
from workflows.engine.start import DEEPEST
from workflows.models import Run, SegmentMember, Trigger, Workflow

logger = logging.getLogger(__name__)
COMPARE_EVERY = timedelta(minutes=5)
# More at once are taken in several transactions.
MOST = 200
# Whether nobody's run caused the change, or it must start nothing; else the run's id.
Cause = str | None
SILENT = "muted"
READER = "triggers"  # the outbox's, whose cursor says what is read

_UNREAD = "SELECT topic, payload FROM crm_event WHERE (xid, id) > (%s, %s)"


@dataclass(frozen=True)
class Moves:
    """Who came and who went since the trigger looked last."""

    entered: set[int]
    left: set[int]

    def without(self, ids: Iterable[int]) -> Moves:
        return Moves(self.entered - set(ids), self.left - set(ids))

    def first(self, most: int) -> Moves:
        entered = set(sorted(self.entered)[:most])
        return Moves(entered, set(sorted(self.left)[: most - len(entered)]))

    def __len__(self) -> int:
        return len(self.entered) + len(self.left)


def touched(events: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[int, Cause]:
    """The customers that these events concern, each with the cause of its latest."""
    found: dict[int, Cause] = {}
    for topic, payload in events:
        if topic == MUTED:
            found.update(dict.fromkeys(payload["customers"], SILENT))
        elif topic.startswith("customer."):
            found[payload["id"]] = payload.get("caused_by")
        else:
            owners = {(payload.get(side) or {}).get("customer_id") for side in ("before", "after")}
            found.update({pk: payload.get("caused_by") for pk in owners if isinstance(pk, int)})
    return found


def recheck(trigger_ids: Sequence[int], causes: Mapping[int, Cause]) -> None:
    """Looks at these customers again, for each of the triggers; in the transaction that read their events."""
    if not causes:
        return
    # A publication locks the workflow before its triggers; so does this, or the two could wait for each other.
    list(Workflow.objects.select_for_update(no_key=True).filter(triggers__in=trigger_ids).order_by("pk"))
    locked = Trigger.objects.select_for_update(of=("self",)).select_related("workflow").order_by("pk")
    for trigger in locked.filter(pk__in=trigger_ids):
        _apart(trigger, causes)


def _apart(trigger: Trigger, causes: Mapping[int, Cause]) -> None:
    """A segment whose condition can't be asked any more keeps no other from its own."""
    try:
        with transaction.atomic():
            segment = _segment(trigger)
            if segment is not None:
                moves = _moves(trigger, segment, causes)
                _record(trigger, segment, moves, causes)
    except OperationalError:
        raise
    except Exception:
        logger.exception("The segment of workflow %s can't be looked at", trigger.workflow.key)


def compare(trigger: Trigger, now: datetime) -> int:
    """Compares everybody. The caller has locked the trigger."""
    trigger.next_fire_at = now + COMPARE_EVERY
    trigger.save(update_fields=["next_fire_at"])
    segment = _segment(trigger)
    if segment is None:
        return 0
    moves = _moves(trigger, segment)
    if not moves:
        return 0
    # Whoever has an event that is not yet read is left to its reader, which knows the cause. Asked after the
    # comparison: what that could see, this sees too.
    moves = moves.without(_unread())
    part = moves.first(MOST)
    if len(part) < len(moves):
        trigger.next_fire_at = now
        trigger.save(update_fields=["next_fire_at"])
    return _record(trigger, segment, part, {})


def take_baseline(trigger: Trigger) -> None:
    """Whoever is in the segment now is known to be, and starts nothing."""
    SegmentMember.objects.filter(trigger=trigger).delete()
    segment = find_segment(trigger.config["segment"])
    trigger.condition = segment.condition if segment else None
    trigger.save(update_fields=["condition"])
    if segment is not None:
        inside = Customer.objects.filter(condition_query(segment.condition)).values_list("pk", flat=True)
        members = [SegmentMember(trigger=trigger, customer_id=pk) for pk in inside]
        SegmentMember.objects.bulk_create(members, batch_size=5_000)


def find_segment(named: int | str) -> Segment | None:
    """By its id or its name, as steps name it."""
    by_number = isinstance(named, int) or named.isdigit()
    found = Segment.objects.filter(pk=int(named)).first() if by_number else None
    return found or Segment.objects.filter(name=str(named)).first()


def _segment(trigger: Trigger) -> Segment | None:
    """The segment, if its members are known: one that was deleted, or asks for others now, is begun anew."""
    segment = find_segment(trigger.config["segment"])
    if segment is None or segment.condition != trigger.condition:
        if segment is not None or trigger.condition is not None:
            take_baseline(trigger)
        return None
    return segment


def _moves(trigger: Trigger, segment: Segment, among: Iterable[int] | None = None) -> Moves:
    inside = Customer.objects.filter(condition_query(segment.condition))
    known = SegmentMember.objects.filter(trigger=trigger)
    if among is not None:
        ids = list(among)
        inside, known = inside.filter(pk__in=ids), known.filter(customer_id__in=ids)
    now, then = set(inside.values_list("pk", flat=True)), set(known.values_list("customer_id", flat=True))
    return Moves(now - then, then - now)


def _record(trigger: Trigger, segment: Segment, moves: Moves, causes: Mapping[int, Cause]) -> int:
    SegmentMember.objects.bulk_create([SegmentMember(trigger=trigger, customer_id=pk) for pk in moves.entered])
    SegmentMember.objects.filter(trigger=trigger, customer_id__in=moves.left).delete()
    wanted = trigger.config["change"]
    told = [(pk, "entered") for pk in sorted(moves.entered) if wanted != "left"]
    told += [(pk, "left") for pk in sorted(moves.left) if wanted != "entered"]
    told = [(pk, change) for pk, change in told if causes.get(pk) != SILENT]
    facts = facts_of("customer", [pk for pk, _ in told])
    told = [(pk, change) for pk, change in told if pk in facts]  # the others were deleted just now
    depths = _depths({cause for pk, _ in told if (cause := causes.get(pk))})
    started = 0
    for pk, change in told:
        depth = depths.get(causes.get(pk) or "", 0)
        if depth > DEEPEST:
            logger.warning("Workflow %s would start itself without end; a move is left", trigger.workflow.key)
            continue
        given = {**facts[pk], **facts[pk]["customer"], "change": change,
                 "segment": {"id": segment.pk, "name": segment.name}}  # fmt: skip
        by = ("segment", f"Segment {segment.name}"[:150])
        started += start_or_keep(trigger.workflow, Wanted(trigger.node, given, by, depth=depth)) is not None
    return started


def _depths(causes: set[str]) -> dict[str, int]:
    runs = Run.objects.filter(pk__in=causes).values_list("pk", "depth") if causes else ()
    return {str(pk): depth + 1 for pk, depth in runs}


def _unread() -> set[int]:
    read = EventCursor.objects.filter(reader=READER).values_list("xid", "event_id").first() or (0, 0)
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, read)
        return set(touched((topic, json.loads(payload)) for topic, payload in cursor.fetchall()))
