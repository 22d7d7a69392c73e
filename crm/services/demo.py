"""The CRM part of the demo: members, teams, the Telco customers, and some months of requests and notes."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import transaction
from django.utils import timezone

from crm import events
from crm.actors import SYSTEM, Actor, actor_of
from crm.models import (
    Activity,
    Customer,
    CustomField,
    Import,
    Member,
    Role,
    Segment,
    Service,
    ServiceRequest,
    Tag,
    Team,
)
from crm.models.activities import ActivityKind
from crm.models.imports import ImportState
from crm.models.requests import RequestStatus
from crm.services.activities import NewActivity, add_activities
from crm.services.customers import delete_customers, join_team
from crm.services.fields import delete_field
from crm.services.imports import check_import, run_import, start_import, upload_import
from crm.services.members import create_member, create_team, delete_member, delete_team
from crm.services.requests import NewRequest, create_requests
from crm.services.segments import create_segment, delete_segment
from crm.services.tags import create_tag, delete_tag, tag_customers

Say = Callable[[str], None]
FILE_NAME = "telco.csv"
PASSWORD = "rapport-demo"  # noqa: S105 - the demo's, known to everybody
REQUESTS, NOTES = 400, 300
_DAYS = 150
_SEED = 20
_FOLDER = Path(__file__).resolve().parent.parent / "demo"


@dataclass(frozen=True)
class DemoMember:
    username: str
    first_name: str
    last_name: str
    role: Role
    team: str = ""


_HOME, _BUSINESS = "Home customers", "Business customers"
MEMBERS = (
    DemoMember("admin", "Ada", "Marsh", Role.ADMIN),
    DemoMember("manager", "Lin", "Yue", Role.MANAGER, _HOME),
    DemoMember("builder", "Boris", "Kern", Role.BUILDER),
    DemoMember("operator", "Olivia", "Reyes", Role.OPERATOR, _HOME),
    DemoMember("viewer", "Victor", "Hale", Role.VIEWER),
    DemoMember("operator2", "Chen", "Jing", Role.OPERATOR, _BUSINESS),
)
TAGS = ("vip", "newsletter", "paper-invoice")
SEGMENTS: tuple[tuple[str, str, list[dict[str, Any]]], ...] = (
    ("All customers", "Everybody.", []),
    ("Active customers", "Those whose lifecycle is active.", [{"field": "lifecycle", "op": "is", "value": "active"}]),
    (
        "Month-to-month customers",
        "They can leave any month.",
        [{"field": "custom.contract", "op": "is", "value": "Month-to-month"}],
    ),
    ("High risk", "A churn risk of 70 % and more.", [{"field": "churn_risk", "op": "gte", "value": 0.7}]),
    (
        "New with fibre",
        "Fibre, and with us for a year at most.",
        [
            {"field": "custom.internet_service", "op": "is", "value": "Fiber optic"},
            {"field": "custom.tenure", "op": "lte", "value": 12},
        ],
    ),
    ("Customers for years", "With us for four years and longer.",
     [{"field": "custom.tenure", "op": "gte", "value": 48}]),
)  # fmt: skip
# What the source calls by its column becomes a service, too.
_SERVICES = {
    "phone_service": "Phone",
    "multiple_lines": "Multiple lines",
    "internet_service": "Internet",
    "online_security": "Online security",
    "online_backup": "Online backup",
    "device_protection": "Device protection",
    "tech_support": "Tech support",
    "streaming_tv": "Streaming TV",
    "streaming_movies": "Streaming films",
}


def load_demo_records(say: Say) -> None:
    """Loads what is missing; a second call changes nothing."""
    with events.muted():
        _load_teams_and_members()
        say(f"members: {', '.join(member.username for member in MEMBERS)}")
        manager = actor_of(Member.objects.get(username="manager"))
        _import_customers(manager, say)
        if not ServiceRequest.objects.exists():
            _load_what_happened(manager, say)
        _load_segments(manager)
        say(f"segments: {', '.join(name for name, _, _ in SEGMENTS)}")


def _load_teams_and_members() -> None:
    teams = {name: Team.objects.filter(name=name).first() or create_team(actor=SYSTEM, name=name)
             for name in (_HOME, _BUSINESS)}  # fmt: skip
    for wanted in MEMBERS:
        if not Member.objects.filter(username=wanted.username).exists():
            create_member(
                actor=SYSTEM,
                username=wanted.username,
                password=None,
                role=wanted.role,
                first_name=wanted.first_name,
                last_name=wanted.last_name,
                email=f"{wanted.username}@example.com",
                team_ids=[teams[wanted.team].pk] if wanted.team else [],
            )

    if settings.DEMO_LOGINS:
        # One hash for all, past the rules for passwords: this one is known to everybody.
        without = Member.objects.filter(
            username__in=[m.username for m in MEMBERS], password__startswith=UNUSABLE_PASSWORD_PREFIX
        )
        without.update(password=make_password(PASSWORD))


def _import_customers(actor: Actor, say: Say) -> None:
    """Through the product's own importer."""
    source = Import.objects.defer("content").filter(file_name=FILE_NAME).exclude(state=ImportState.UNDONE).first()
    if source and source.state == ImportState.DONE:
        return
    if source is None or source.state not in (ImportState.QUEUED, ImportState.RUNNING):
        source = upload_import(actor=actor, file_name=FILE_NAME, content=_file())
        mapping = source.mapping | {name: [f"new.{name}", f"service:{title}"] for name, title in _SERVICES.items()}
        mapping |= {"customer_since": "service_start", "owner": "owner"}
        check_import(actor=actor, import_id=source.pk, mapping=mapping)
        start_import(actor=actor, import_id=source.pk, announce=False)
    say(f"importing {source.total:,} customers")
    run_import(source.pk)


def _file() -> bytes:
    """The Telco file with two columns more: since when each has been a customer, and who looks after some."""
    lines = (Path(settings.BASE_DIR) / "data" / FILE_NAME).read_text(encoding="utf-8")
    reader, chance = csv.DictReader(io.StringIO(lines)), random.Random(_SEED)  # noqa: S311 - made-up data
    output = io.StringIO()
    writer = csv.DictWriter(output, [*(reader.fieldnames or ()), "customer_since", "owner"], lineterminator="\n")
    writer.writeheader()
    today = timezone.now().date()
    owners = ["operator", "operator2", "manager"]
    for row in reader:
        owner = chance.choice(owners) if chance.random() < 0.12 else ""
        writer.writerow({**row, "customer_since": _since(today, int(row["tenure"]), chance), "owner": owner})
    return output.getvalue().encode()


def _since(today: date, months: int, chance: random.Random) -> date:
    return today - timedelta(days=round(30.44 * months) + chance.randrange(30))


@transaction.atomic
def _load_what_happened(actor: Actor, say: Say) -> None:
    chance = random.Random(_SEED)  # noqa: S311 - made-up data
    ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    for name in (_HOME, _BUSINESS):
        team = Team.objects.get(name=name)
        join_team(actor=actor, team_id=team.pk, customer_ids=chance.sample(ids, len(ids) // 8))
    for tag, share in zip(TAGS, (0.02, 0.2, 0.08), strict=True):
        if not Tag.objects.filter(name=tag).exists():
            create_tag(actor=actor, name=tag)
        tag_customers(actor=actor, customer_ids=chance.sample(ids, int(len(ids) * share)), tag=tag, tell=False)
    operators = [actor_of(member) for member in Member.objects.filter(role=Role.OPERATOR, is_active=True)]
    create_requests(actor=actor, items=list(_requests(chance, ids, operators)))
    say(f"requests: {ServiceRequest.objects.count():,}")
    add_activities(actor=actor, items=list(_notes(chance, ids)))
    say(f"timeline entries: {Activity.objects.count():,}")


def _requests(chance: random.Random, ids: Sequence[int], operators: Sequence[Actor]) -> Iterator[NewRequest]:
    texts: list[dict[str, str]] = json.loads((_FOLDER / "requests.json").read_text(encoding="utf-8"))
    now = timezone.now()
    asking = chance.sample(ids, REQUESTS)
    services: dict[tuple[int, str], int] = {
        (customer, kind.partition(":")[0]): pk
        for pk, customer, kind in Service.objects.filter(customer__in=asking).values_list("pk", "customer_id", "type")
    }
    for customer in asking:
        text = chance.choice(texts)
        asked = _moment(chance, now)
        answered = asked + timedelta(hours=chance.lognormvariate(2.2, 1.1))
        recent = now - asked < timedelta(days=12)
        resolved = answered < now and not (recent and chance.random() < 0.6)
        open_now = chance.choice((RequestStatus.OPEN, RequestStatus.IN_PROGRESS, RequestStatus.WAITING))
        yield NewRequest(
            customer_id=customer,
            subject=text["subject"],
            description=text["description"],
            kind=text["kind"],
            priority=text["priority"],
            service_id=services.get((customer, text["service"])),
            assignee_id=chance.choice(operators).member_id
            if operators and (resolved or chance.random() < 0.5)
            else None,
            request_time=asked,
            status=RequestStatus.RESOLVED if resolved else open_now,
            response_time=answered if resolved else None,
        )


def _moment(chance: random.Random, now: datetime) -> datetime:
    """In the past months, in the daytime, and more often lately."""
    day = now - timedelta(days=1 + _DAYS * chance.random() ** 1.5)
    return day.replace(hour=chance.randrange(7, 20), minute=chance.randrange(60), second=chance.randrange(60))


def _notes(chance: random.Random, ids: Sequence[int]) -> Iterator[NewActivity]:
    texts: list[dict[str, str]] = json.loads((_FOLDER / "notes.json").read_text(encoding="utf-8"))
    now = timezone.now()
    for customer in chance.sample(ids, NOTES):
        text = chance.choice(texts)
        data = {"outcome": text["outcome"]} if "outcome" in text else {}
        yield NewActivity(customer, text["summary"], ActivityKind(text["kind"]), "", data, _moment(chance, now))


def _load_segments(actor: Actor) -> None:
    for name, description, rules in SEGMENTS:
        if not Segment.objects.filter(name=name).exists():
            condition = {"match": "all", "rules": rules}
            create_segment(actor=actor, name=name, description=description, condition=condition)


def clear_demo_records(say: Say) -> None:
    """Removes what load_demo_records() made; the audit trail keeps that it was there."""
    with events.muted():
        for source in Import.objects.defer("content").filter(file_name=FILE_NAME):
            _clear_import(source)
            say(f"customers of {source.file_name} removed")
        _clear_settings()
        say("segments, tags, fields and teams removed")
        kept = _clear_members()
        say(f"members removed, but for {kept}: an installation needs an admin" if kept else "members removed")


def _clear_import(source: Import) -> None:
    made = source.records.filter(created=True, customer__isnull=False)
    while batch := list(made.values_list("customer_id", flat=True)[:500]):
        delete_customers(actor=SYSTEM, customer_ids=batch)
    source.delete()


def _clear_settings() -> None:
    for segment in Segment.objects.filter(name__in=[name for name, _, _ in SEGMENTS]):
        delete_segment(actor=SYSTEM, segment_id=segment.pk)
    for tag in Tag.objects.filter(name__in=TAGS, customers__isnull=True):
        delete_tag(actor=SYSTEM, tag_id=tag.pk)
    with (Path(settings.BASE_DIR) / "data" / FILE_NAME).open(encoding="utf-8") as file:
        keys = next(csv.reader(file))
    for field in CustomField.objects.filter(record="customer", key__in=keys):
        if not Customer.objects.filter(custom__has_key=field.key).exists():
            delete_field(actor=SYSTEM, field_id=field.pk)
    for team in Team.objects.filter(name__in=(_HOME, _BUSINESS)):
        delete_team(actor=SYSTEM, team_id=team.pk)


def _clear_members() -> str:
    """The demo's admin stays while there is no other; answers its name then."""
    names = [member.username for member in MEMBERS]
    others = Member.objects.filter(role=Role.ADMIN, is_active=True).exclude(username__in=names)
    kept = "" if others.exists() else "admin"
    for member in Member.objects.filter(username__in=names).exclude(username=kept):
        delete_member(actor=SYSTEM, member_id=member.pk)
    return kept
