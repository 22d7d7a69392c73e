"""Public forms: what one asks, and the run that its answers start."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import uuid4

from django.core import signing
from django.core.cache import cache
from django.utils import timezone

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput, NotFound, RapportError
from crm.models.members import Role
from workflows.forms import check_answers
from workflows.models import Run, Trigger, TriggerKind
from workflows.services.runs import start_run

logger = logging.getLogger(__name__)
JSON = Any
# A page that was left open longer asks to be sent again.
OPEN_SECONDS = 24 * 3600
MOST_A_MINUTE, MOST_AN_HOUR = 10, 60
MAX_BYTES = 1_000_000

_SHAPES: Mapping[str, dict[str, JSON]] = {
    "text": {"type": "string", "maxLength": 500},
    "long_text": {"type": "string", "x-widget": "textarea", "maxLength": 5000},
    "email": {"type": "string", "format": "email", "maxLength": 254},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "boolean": {"type": "boolean"},
}


class Closed(Conflict):
    status = 410
    code = "form_closed"
    title = "This form is closed"


class TooMany(RapportError):
    status = 429
    code = "too_many_forms"
    title = "Too many forms"


class Stale(RapportError):
    """The page was open too long, or was not ours."""

    status = 409
    code = "form_stale"
    title = "Please send the form again"


def find_form(token: str) -> Trigger:
    """The form at this address."""
    forms = Trigger.objects.select_related("workflow").filter(kind=TriggerKind.FORM, token__isnull=False)
    trigger = None if "\x00" in token else forms.filter(token=token).first()
    if trigger is None:
        raise NotFound("There is no such form.")
    if not trigger.workflow.enabled:
        raise Closed("This form takes no answers at the moment.")
    return trigger


def schema_of(trigger: Trigger) -> dict[str, JSON]:
    """The JSON Schema of the answers."""
    fields = trigger.config["fields"]
    properties = {}
    for position, field in enumerate(fields):
        is_choice = field["type"] == "choice"
        shape = {"type": "string", "enum": field["choices"]} if is_choice else _SHAPES[field["type"]]
        properties[field["name"]] = {
            **shape, "title": field["label"], "description": field["help"], "x-order": position,
        }  # fmt: skip
    needed = [field["name"] for field in fields if field["required"] and field["type"] != "boolean"]
    return {"type": "object", "properties": properties, "required": needed}


def new_once(trigger: Trigger) -> str:
    """What a page carries so that its answers start one run, however often they are sent."""
    return signing.dumps(uuid4().hex, salt=_salt(trigger))


def submit_form(*, trigger: Trigger, answers: Mapping[str, JSON], once: str, by: str = "", address: str = "") -> Run:
    """Starts a run with the answers; the same page sent again answers the run that it started."""
    _count(address)
    try:
        page = signing.loads(once, salt=_salt(trigger), max_age=OPEN_SECONDS)
    except signing.BadSignature as error:
        raise Stale("The page was open for too long. Look through your answers and send them again.") from error
    if problems := check_answers(schema_of(trigger), answers):
        raise InvalidInput("Some answers can't be used yet.", errors=problems)
    workflow = trigger.workflow
    return start_run(
        actor=Actor(id=f"form:{workflow.key}/{trigger.node}"[:60], name="Form", role=Role.BUILDER),
        workflow=workflow,
        input={"answers": dict(answers), "by": by, "submitted_at": timezone.now().isoformat()},
        trigger=trigger.node,
        key=f"form:{trigger.node}:{page}",
    )


def _salt(trigger: Trigger) -> str:
    return f"form:{trigger.token}"


def _count(address: str) -> None:
    """Refuses an address that sends more than people do."""
    sender = _network(address)
    for seconds, most in ((60, MOST_A_MINUTE), (3600, MOST_AN_HOUR)):
        if _counted(f"form-sent:{seconds}:{sender}", seconds) > most:
            raise TooMany("So many forms came from your address that this one is not taken. Try again later.")


def _counted(key: str, seconds: int) -> int:
    try:
        cache.add(key, 0, seconds)
        return cache.incr(key)
    except ValueError:
        return 1  # it ran out between the two
    except Exception:
        # Forms go on without the cache, as everything does.
        logger.exception("Forms can't be counted")
        return 0


def _network(address: str) -> str:
    """Who has one address of IPv6 has 2⁶⁴."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)
