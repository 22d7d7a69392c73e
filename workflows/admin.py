"""The admin console's view of workflows: everything to read, nothing to change behind the services' back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from workflows.models import Approval, RefusedStart, Run, Trigger, Version, Workflow


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Workflow)
class WorkflowAdmin(ReadOnly):
    list_display = ("name", "key", "published", "revision", "enabled", "owner")
    list_filter = ("enabled",)
    search_fields = ("name", "key")
    list_select_related = ("published", "owner")


@admin.register(Version)
class VersionAdmin(ReadOnly):
    list_display = ("workflow", "number", "published_at", "published_by", "note", "sha256")
    list_filter = ("workflow",)
    list_select_related = ("workflow", "published_by")


@admin.register(Trigger)
class TriggerAdmin(ReadOnly):
    list_display = ("workflow", "node", "kind", "topic", "next_fire_at")
    list_filter = ("kind",)
    list_select_related = ("workflow",)
    exclude = ("secret",)


@admin.register(RefusedStart)
class RefusedStartAdmin(ReadOnly):
    list_display = ("workflow", "node", "started_by", "code", "tries", "at", "retry_at")
    list_filter = ("code",)
    list_select_related = ("workflow",)


@admin.register(Run)
class RunAdmin(ReadOnly):
    list_display = ("number", "workflow", "state", "started_by", "created_at", "finished_at")
    list_filter = ("state", "workflow")
    list_select_related = ("workflow",)
    search_fields = ("number",)
    ordering = ("-id",)
    # Counting all runs to page through them would read the whole table.
    show_full_result_count = False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not search_term.strip().isdigit():
            return queryset, False
        return queryset.filter(number=int(search_term.strip()[:18])), False


@admin.register(Approval)
class ApprovalAdmin(ReadOnly):
    list_display = ("title", "workflow", "run_number", "role", "state", "decided_by", "created_at", "decided_at")
    list_filter = ("state", "role", "workflow")
    list_select_related = ("workflow", "decided_by")
    exclude = ("items",)
