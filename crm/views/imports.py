"""The import of a CSV file: upload, mapping and dry run, progress, result, undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import permissions
from crm.actors import Actor
from crm.errors import InvalidInput
from crm.imports.reading import MOST_BYTES
from crm.models import Import
from crm.models.imports import ImportState
from crm.permissions import can
from crm.selectors.imports import get_import, list_imports
from crm.services.imports import check_import, start_import, undo_import, upload_import
from crm.views.mapping import lines_of, match_keys, read_mapping
from crm.views.pages import is_partial, page, render_list

_OPEN = (ImportState.UPLOADED, ImportState.CHECKED)
_ERRORS_SHOWN = 50


@require_GET
@page
def import_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    permissions.require(actor, "read", Import)
    context = {
        "page": list_imports(actor=actor, cursor=request.GET.get("cursor", "")),
        "may_create": can(actor, "create", Import),
    }
    return render_list(request, context, "crm/imports")


@require_http_methods(["GET", "POST"])
@page
def upload(request: HttpRequest, actor: Actor) -> HttpResponse:
    permissions.require(actor, "create", Import)
    if request.method != "POST":
        return render(request, "crm/import_new.html")
    file = request.FILES.get("file")
    try:
        if file is None:
            raise InvalidInput(_("Choose a file first."))
        if (file.size or 0) > MOST_BYTES:
            raise InvalidInput(_("The file is larger than 20 MB; split it."))
        source = upload_import(actor=actor, file_name=file.name or "file.csv", content=file.read())
    except InvalidInput as error:
        problem = error.errors[0]["message"] if error.errors else error.detail
        return render(request, "crm/import_new.html", {"problem": problem}, status=422)
    return redirect("import-detail", source.pk)


@require_GET
@page
def detail(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    source = get_import(actor=actor, import_id=pk)
    response = _show(request, actor, source)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _show(
    request: HttpRequest, actor: Actor, source: Import, error: InvalidInput | None = None, *, status: int = 200
) -> HttpResponse:
    if is_partial(request):
        return render(request, "crm/imports/progress.html", _facts(actor, source), status=status)
    context = _facts(actor, source)
    if source.state in _OPEN:
        problems = {problem.get("field", ""): problem["message"] for problem in error.errors} if error else {}
        lines = lines_of(source, problems)
        shown = {f"mapping.{line.column}" for line in lines} | {"match_key"}
        context |= {
            "lines": lines,
            "match_keys": match_keys(source),
            "match_problem": problems.get("match_key", ""),
            "general": [text for key, text in problems.items() if key not in shown],
        }
    return render(request, "crm/import.html", context, status=status)


def _facts(actor: Actor, source: Import) -> dict[str, Any]:
    return {
        "source": source,
        "is_open": source.state in _OPEN,
        "is_working": source.state in (ImportState.QUEUED, ImportState.RUNNING),
        "percent": round(100 * source.done / source.total) if source.total else 100,
        "errors": source.errors[:_ERRORS_SHOWN],
        "may_start": can(actor, "update", Import),
        "may_undo": can(actor, "undo", Import) and source.state in (ImportState.DONE, ImportState.FAILED),
    }


@require_POST
@page
def check(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """The dry run."""
    source = get_import(actor=actor, import_id=pk)
    mapping = read_mapping(request.POST, source)
    match_key = request.POST.get("match_key", "email")
    mute = "start_workflows" not in request.POST
    try:
        check_import(actor=actor, import_id=pk, mapping=mapping, match_key=match_key, mute_triggers=mute)
    except InvalidInput as error:
        source.mapping, source.match_key, source.mute_triggers = mapping, match_key, mute
        return _show(request, actor, source, error, status=422)
    return redirect("import-detail", pk)


@require_POST
@page
def start(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    start_import(actor=actor, import_id=pk)
    return redirect("import-detail", pk)


@require_POST
@page
def undo(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    source = undo_import(actor=actor, import_id=pk)
    messages.success(
        request,
        _("Took back %(undone)s customers; kept %(kept)s that something happened to since.") % source.counts,
    )
    return redirect("import-detail", pk)
