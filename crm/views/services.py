"""Services: what customers have."""

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
from crm.models import Customer, Service, ServiceRequest
from crm.models.fields import RecordKind
from crm.models.services import ServiceStatus
from crm.permissions import can
from crm.selectors.customers import get_customer
from crm.selectors.fields import custom_fields
from crm.selectors.requests import RequestQuery, list_requests
from crm.selectors.services import ServiceQuery, get_service, list_services, service_types
from crm.services.services import NewService, create_service, delete_service, update_service
from crm.views.forms import Form, Input, build, custom_inputs, custom_values, read_custom, read_id, read_moment
from crm.views.pages import is_partial, page, render_list
from crm.views.saved_views import views_of

_FIELDS = ("type", "status", "start_time", "end_time")
_VIEWS = (
    (gettext_lazy("All"), ""),
    (gettext_lazy("Pending"), "status=pending"),
    (gettext_lazy("Active"), "status=active"),
    (gettext_lazy("Completed"), "status=completed"),
)


@require_GET
@page
def service_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    given = request.GET
    query = ServiceQuery(
        search=given.get("search", "").strip(),
        status=given.get("status", ""),
        type=given.get("type", ""),
        customer=read_id(given.get("customer", "")),
        sort=given.get("sort") or "-start",
        cursor=given.get("cursor", ""),
    )
    context: dict[str, Any] = {
        "page": list_services(actor=actor, query=query),
        "query": query,
        "may_create": can(actor, "create", Service),
        "is_filtered": bool(query.search or query.status or query.type or query.customer),
    }
    if not is_partial(request):
        context |= {
            "views": views_of(request, actor, "services", _VIEWS),
            "types": service_types(actor=actor),
            "statuses": ServiceStatus.choices,
        }
    return render_list(request, context, "crm/services")


@require_GET
@page
def detail(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    service = get_service(actor=actor, service_id=pk)
    fields = custom_fields(RecordKind.SERVICE)
    context = {
        "service": service,
        "profile": [(field.label, service.custom.get(key)) for key, field in fields.items()],
        "requests": list_requests(actor=actor, query=RequestQuery(service=pk, size=10)),
        "may_change": can(actor, "update", service),
        "may_delete": can(actor, "delete", service),
        "may_ask": can(actor, "create", ServiceRequest),
    }
    return render(request, "crm/service.html", context)


def _form(values: dict[str, Any], error: InvalidInput | None = None) -> Form:
    inputs = [
        Input("type", gettext_lazy("Type"), required=True, attributes={"list": "service-types", "maxlength": "100"}),
        Input("status", gettext_lazy("Status"), "select", ServiceStatus.choices, required=True),
        Input("start_time", gettext_lazy("Start time"), "datetime-local", required=True),
        Input(
            "end_time",
            gettext_lazy("End time"),
            "datetime-local",
            help=gettext_lazy("Empty while the service has no end."),
        ),
        *custom_inputs(custom_fields(RecordKind.SERVICE)),
    ]
    return build(inputs, values, error)


def _read(request: HttpRequest, *, blanks: bool) -> dict[str, Any]:
    post = request.POST
    return {
        "type": post.get("type", ""),
        "status": post.get("status", ""),
        "start_time": read_moment(post.get("start_time", "")),
        "end_time": read_moment(post.get("end_time", "")),
        "custom": read_custom(post, custom_fields(RecordKind.SERVICE), blanks=blanks),
    }


@require_http_methods(["GET", "POST"])
@page
def create(request: HttpRequest, actor: Actor) -> HttpResponse:
    permissions.require(actor, "create", Service)
    customer = _customer(request, actor)
    if request.method != "POST":
        return _show(request, actor, _form({"status": ServiceStatus.PENDING, "start_time": timezone.now()}), customer)
    if customer is None:
        error = InvalidInput(_("Choose a customer first."))
        return _show(request, actor, _form(request.POST.dict(), error), customer, status=422)
    try:
        service = create_service(actor=actor, new=NewService(customer_id=customer.pk, **_read(request, blanks=False)))
    except InvalidInput as error:
        return _show(request, actor, _form(request.POST.dict(), error), customer, status=422)
    messages.success(request, _("Added %s.") % service.type)
    return redirect("service-detail", service.pk)


def _customer(request: HttpRequest, actor: Actor) -> Customer | None:
    pk = read_id(request.POST.get("customer") or request.GET.get("customer", ""))
    return get_customer(actor=actor, customer_id=pk) if pk else None


def _show(
    request: HttpRequest, actor: Actor, form: Form, customer: Customer | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"form": form, "customer": customer, "types": service_types(actor=actor), **more}
    return render(request, "crm/service_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@page
def edit(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    service = get_service(actor=actor, service_id=pk)
    permissions.require(actor, "update", service)
    if request.method != "POST":
        values = {name: getattr(service, name) for name in _FIELDS} | custom_values(service.custom)
        return _show(request, actor, _form(values), service.customer, service=service)
    try:
        update_service(actor=actor, service_id=pk, changes=_read(request, blanks=True))
    except InvalidInput as error:
        form = _form(request.POST.dict(), error)
        return _show(request, actor, form, service.customer, status=422, service=service)
    messages.success(request, _("Saved."))
    return redirect("service-detail", pk)


@require_POST
@page
def delete(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    service = get_service(actor=actor, service_id=pk)
    delete_service(actor=actor, service_id=pk)
    messages.success(request, _("Deleted %s.") % service.type)
    return redirect("customer-detail", service.customer_id)
