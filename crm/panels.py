"""Panels that higher layers put on the CRM's pages; settings name the callables, so nothing here imports them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from crm.actors import Actor
from crm.models import Customer


@dataclass(frozen=True)
class Panel:
    """A template and what it is rendered with."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


def home_panels(actor: Actor) -> Iterator[Panel]:
    for build in _callables("RAPPORT_HOME_PANELS"):
        panel = build(actor)
        if panel is not None:
            yield panel


def customer_panels(actor: Actor, customer: Customer) -> Iterator[Panel]:
    for build in _callables("RAPPORT_CUSTOMER_PANELS"):
        panel = build(actor, customer)
        if panel is not None:
            yield panel


def bulk_panels(actor: Actor) -> Iterator[Panel]:
    """What can be done with chosen customers."""
    for build in _callables("RAPPORT_BULK_PANELS"):
        panel = build(actor)
        if panel is not None:
            yield panel


def waiting_count(actor: Actor, url_name: str) -> int:
    """The number beside a page's name in the rail."""
    path = settings.RAPPORT_RAIL_COUNTS.get(url_name)
    return int(_load(path)(actor)) if path else 0


def _callables(setting: str) -> list[Callable[..., Panel | None]]:
    return [_load(path) for path in getattr(settings, setting)]


@cache
def _load(path: str) -> Callable[..., Any]:
    found: Callable[..., Any] = import_string(path)
    return found
