"""Reads imports, without their files."""

from __future__ import annotations

from django.db.models import QuerySet

from crm import permissions
from crm.actors import Actor
from crm.errors import NotFound
from crm.models import Import
from crm.selectors.keyset import PAGE_SIZE, Page, Sort, page_of

_NEWEST = Sort("-created", "created_at", descending=True)


def list_imports(*, actor: Actor, cursor: str = "", size: int = PAGE_SIZE) -> Page[Import]:
    return page_of(_readable(actor), _NEWEST, cursor, size)


def get_import(*, actor: Actor, import_id: int) -> Import:
    source = _readable(actor).filter(pk=import_id).first()
    if source is None:
        raise NotFound(f"There is no import {import_id}.")
    return source


def _readable(actor: Actor) -> QuerySet[Import]:
    return permissions.scope(actor, Import.objects.defer("content").select_related("created_by"))
