"""Segments and the builder of their rules."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import permissions
from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Segment
from crm.permissions import can
from crm.selectors.rule_fields import rule_fields
from crm.selectors.segments import get_segment, list_segments, segment_customers
from crm.services.segments import create_segment, delete_segment, update_segment
from crm.views.pages import page
from crm.views.rules import in_words, line_of, lines_of, read_condition

_SHOWN = 8


@require_GET
@page
def segment_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    fields = rule_fields()
    rows = [(segment, in_words(segment.condition, fields)) for segment in list_segments(actor=actor)]
    return render(request, "crm/segments.html", {"rows": rows, "may_create": can(actor, "create", Segment)})


@require_GET
@page
def detail(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    segment = get_segment(actor=actor, segment_id=pk)
    found = segment_customers(actor=actor, segment=segment)
    context = {
        "segment": segment,
        "rules": in_words(segment.condition, rule_fields()),
        "match": segment.condition.get("match", "all"),
        "number": found.count(),
        "customers": found.order_by("name", "pk")[:_SHOWN],
        "may_change": can(actor, "update", segment),
        "may_delete": can(actor, "delete", segment),
    }
    return render(request, "crm/segment.html", context)


@require_http_methods(["GET", "POST"])
@page
def create(request: HttpRequest, actor: Actor) -> HttpResponse:
    permissions.require(actor, "create", Segment)
    if request.method != "POST":
        return _show(request, {"match": "all", "rules": lines_of({"rules": [{"field": "lifecycle", "op": "is"}]})})
    try:
        segment = create_segment(actor=actor, **_read(request))
    except InvalidInput as error:
        return _again(request, error)
    messages.success(request, _("Saved the segment “%s”.") % segment.name)
    return redirect("segment-detail", segment.pk)


@require_http_methods(["GET", "POST"])
@page
def edit(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    segment = get_segment(actor=actor, segment_id=pk)
    permissions.require(actor, "update", segment)
    if request.method != "POST":
        values = {"name": segment.name, "description": segment.description, "segment": segment}
        condition = {"match": segment.condition.get("match", "all"), "rules": lines_of(segment.condition)}
        return _show(request, values | condition)
    try:
        update_segment(actor=actor, segment_id=pk, changes=_read(request))
    except InvalidInput as error:
        return _again(request, error, segment=segment)
    messages.success(request, _("Saved."))
    return redirect("segment-detail", pk)


def _read(request: HttpRequest) -> dict[str, Any]:
    post = request.POST
    return {
        "name": post.get("name", ""),
        "description": post.get("description", ""),
        "condition": read_condition(post, rule_fields()),
    }


def _show(request: HttpRequest, values: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, "crm/segment_form.html", {"fields": rule_fields().values(), **values}, status=status)


def _again(request: HttpRequest, error: InvalidInput, **more: Any) -> HttpResponse:
    """The form with all that was given, and each problem at its rule."""
    problems = {problem.get("field", ""): problem["message"] for problem in error.errors}
    given = _read(request)
    rules = lines_of(given["condition"], problems)
    own = {key: problems.pop(key, "") for key in ("name", "description")}
    general = [text for key, text in problems.items() if not key.startswith("condition.rules.")]
    values = {**given, "match": given["condition"]["match"], "rules": rules, "problems": own, "general": general}
    return _show(request, values | more, status=422)


@require_GET
@page
def rule(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A line of the builder for the field that was chosen, or a fresh one."""
    permissions.require(actor, "create", Segment)
    fields = rule_fields()
    name = request.GET.get("field", "")
    given = {"op": request.GET.get("op", ""), "value": request.GET.get("value", "")}
    line = line_of({"field": name if name in fields else "lifecycle", **given}, fields)
    return render(request, "crm/segments/rule.html", {"rule": line, "fields": fields.values()})


@require_POST
@page
def preview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How many customers the rules as they stand are true of, and some of them."""
    permissions.require(actor, "create", Segment)
    context: dict[str, Any] = {}
    try:
        found = segment_customers(actor=actor, segment=Segment(condition=read_condition(request.POST, rule_fields())))
        context = {"number": found.count(), "customers": found.order_by("name", "pk")[:_SHOWN]}
    except InvalidInput as error:
        context = {"problem": error.errors[0]["message"] if error.errors else error.detail}
    return render(request, "crm/segments/preview.html", context)


@require_POST
@page
def delete(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    segment = get_segment(actor=actor, segment_id=pk)
    delete_segment(actor=actor, segment_id=pk)
    messages.success(request, _("Deleted the segment “%s”.") % segment.name)
    return redirect("segment-list")
