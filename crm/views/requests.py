"""Service requests as a list, and one of them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import permissions
from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Customer, ServiceRequest
from crm.models.fields import RecordKind
from crm.models.requests import Priority, RequestStatus
from crm.permissions import can
from crm.selectors.customers import get_customer
from crm.selectors.fields import custom_fields
from crm.selectors.members import list_members
from crm.selectors.requests import RequestQuery, get_request, list_requests
from crm.selectors.services import ServiceQuery, list_services
from crm.services.requests import NewRequest, create_request, delete_request, update_request
from crm.views.forms import (
    Form,
    Input,
    build,
    custom_inputs,
    custom_values,
    read_custom,
    read_id,
    read_moment,
    read_text,
)
from crm.views.pages import is_partial, page, render_list
from crm.views.saved_views import views_of

_TEXTS = ("subject", "description", "kind", "priority")
_VIEWS = (
    (gettext_lazy("All"), ""),
    (gettext_lazy("Unresolved"), "status=unresolved"),
    (gettext_lazy("Mine"), "assignee=me&status=unresolved"),
    (gettext_lazy("Urgent"), "priority=urgent&status=unresolved"),
)


def read_query(request: HttpRequest) -> RequestQuery:
    given = request.GET
    return RequestQuery(
        search=given.get("search", "").strip(),
        status=given.get("status", ""),
        priority=given.get("priority", ""),
        kind=given.get("kind", ""),
        assignee=given.get("assignee", ""),
        customer=read_id(given.get("customer", "")),
        service=read_id(given.get("service", "")),
        sort=given.get("sort") or "-time",
        cursor=given.get("cursor", ""),
    )


def filters(actor: Actor) -> dict[str, Any]:
    return {
        "statuses": RequestStatus.choices,
        "priorities": Priority.choices,
        "members": list_members(actor=actor),
        "may_create": can(actor, "create", ServiceRequest),
    }


@require_GET
@page
def request_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    query = read_query(request)
    context: dict[str, Any] = {
        "page": list_requests(actor=actor, query=query),
        "query": query,
        "is_filtered": any(key not in ("sort", "cursor") for key in request.GET),
        **filters(actor),
    }
    if not is_partial(request):
        context["views"] = views_of(request, actor, "requests", _VIEWS)
    return render_list(request, context, "crm/requests")


@require_GET
@page
def detail(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    shown = get_request(actor=actor, request_id=pk)
    fields = custom_fields(RecordKind.REQUEST)
    context = {
        "shown": shown,
        "statuses": RequestStatus.choices,
        "profile": [(field.label, shown.custom.get(key)) for key, field in fields.items()],
        "may_change": can(actor, "update", shown),
        "may_delete": can(actor, "delete", shown),
    }
    return render(request, "crm/request.html", context)


def _form(
    actor: Actor, customer: Customer | None, values: dict[str, Any], error: InvalidInput | None = None, *, new: bool
) -> Form:
    services = list_services(actor=actor, query=ServiceQuery(customer=customer.pk, size=200)).items if customer else []
    inputs = [
        Input("subject", gettext_lazy("Subject"), attributes={"maxlength": "200"}),
        Input("kind", gettext_lazy("Kind"), required=True, attributes={"list": "request-kinds", "maxlength": "50"}),
        Input(
            "service_id",
            gettext_lazy("Service"),
            "select",
            [(service.pk, f"{service.type} · {service.get_status_display()}") for service in services],
        ),
        Input("priority", gettext_lazy("Priority"), "select", Priority.choices, required=True),
        Input(
            "assignee_id",
            gettext_lazy("Assignee"),
            "select",
            [(member.pk, str(member)) for member in list_members(actor=actor)],
            blank=gettext_lazy("Nobody"),
        ),
        Input("request_time", gettext_lazy("Request time"), "datetime-local", required=True),
    ]
    if not new:
        inputs += [
            Input("status", gettext_lazy("Status"), "select", RequestStatus.choices, required=True),
            Input("response_time", gettext_lazy("Response time"), "datetime-local"),
        ]
    inputs += [
        Input("description", gettext_lazy("Description"), "textarea"),
        *custom_inputs(custom_fields(RecordKind.REQUEST)),
    ]
    return build(inputs, values, error)


def _read(request: HttpRequest, *, blanks: bool) -> dict[str, Any]:
    post = request.POST
    return {
        **{name: read_text(post, name) for name in _TEXTS},
        "service_id": read_id(post.get("service_id", "")),
        "assignee_id": read_id(post.get("assignee_id", "")),
        "request_time": read_moment(post.get("request_time", "")),
        "custom": read_custom(post, custom_fields(RecordKind.REQUEST), blanks=blanks),
    }


@require_http_methods(["GET", "POST"])
@page
def create(request: HttpRequest, actor: Actor) -> HttpResponse:
    permissions.require(actor, "create", ServiceRequest)
    pk = read_id(request.POST.get("customer") or request.GET.get("customer", ""))
    customer = get_customer(actor=actor, customer_id=pk) if pk else None
    if request.method != "POST":
        start = {"kind": "question", "priority": Priority.NORMAL, "request_time": timezone.now()}
        start |= {"service_id": request.GET.get("service", "")}
        return _show(request, _form(actor, customer, start, new=True), customer)
    error = InvalidInput(_("Choose a customer first."))
    if customer is not None:
        try:
            new = NewRequest(customer_id=customer.pk, **_read(request, blanks=False))
            made = create_request(actor=actor, new=new)
        except InvalidInput as problem:
            error = problem
        else:
            messages.success(request, _("Opened the request."))
            return redirect("request-detail", made.pk)
    return _show(request, _form(actor, customer, request.POST.dict(), error, new=True), customer, status=422)


def _show(
    request: HttpRequest, form: Form, customer: Customer | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    return render(request, "crm/request_form.html", {"form": form, "customer": customer, **more}, status=status)


@require_http_methods(["GET", "POST"])
@page
def edit(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    shown = get_request(actor=actor, request_id=pk)
    permissions.require(actor, "update", shown)
    if request.method != "POST":
        names = (*_TEXTS, "service_id", "assignee_id", "request_time", "status", "response_time")
        values = {name: getattr(shown, name) for name in names} | custom_values(shown.custom)
        return _show(request, _form(actor, shown.customer, values, new=False), shown.customer, shown=shown)
    try:
        update_request(actor=actor, request_id=pk, changes=_read(request, blanks=True) | _read_answer(request, shown))
    except InvalidInput as error:
        form = _form(actor, shown.customer, request.POST.dict(), error, new=False)
        return _show(request, form, shown.customer, status=422, shown=shown)
    messages.success(request, _("Saved."))
    return redirect("request-detail", pk)


def _read_answer(request: HttpRequest, shown: ServiceRequest) -> dict[str, Any]:
    """A response time that was left alone is not sent, so that a change of the status may set it."""
    status = request.POST.get("status", shown.status)
    answered = read_moment(request.POST.get("response_time", ""))
    before = shown.response_time.replace(second=0, microsecond=0) if shown.response_time else None
    return {"status": status} if answered == before else {"status": status, "response_time": answered}


@require_POST
@page
def delete(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    shown = get_request(actor=actor, request_id=pk)
    delete_request(actor=actor, request_id=pk)
    messages.success(request, _("Deleted the request."))
    return redirect("customer-detail", shown.customer_id)
