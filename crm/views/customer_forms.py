"""The forms by which customers are created and changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from crm import permissions
from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Customer, Lifecycle
from crm.models.customers import CustomerKind
from crm.selectors.customers import get_customer
from crm.selectors.fields import custom_fields
from crm.selectors.members import list_members, list_teams
from crm.services.customers import FIELDS, NewCustomer, create_customer, delete_customer, set_teams, update_customer
from crm.views.forms import Form, Input, build, custom_inputs, custom_values, read_custom, read_id, read_ids, read_text
from crm.views.pages import page


def _form(actor: Actor, values: dict[str, Any], error: InvalidInput | None = None) -> Form:
    inputs = [
        Input("name", gettext_lazy("Name"), required=True, attributes={"maxlength": "200", "autocomplete": "off"}),
        Input("email", gettext_lazy("Email"), "email", required=True),
        Input("phone_number", gettext_lazy("Phone"), "tel"),
        Input("kind", gettext_lazy("Kind"), "select", CustomerKind.choices, required=True),
        Input("lifecycle", gettext_lazy("Lifecycle"), "select", Lifecycle.choices, required=True),
        Input(
            "owner_id",
            gettext_lazy("Owner"),
            "select",
            [(member.pk, str(member)) for member in list_members(actor=actor)],
            blank=gettext_lazy("Nobody"),
        ),
        Input(
            "team_ids",
            gettext_lazy("Teams"),
            "checks",
            [(str(team.pk), team.name) for team in list_teams(actor=actor)],
            help=gettext_lazy("There are no teams yet."),
        ),
        Input("notes", gettext_lazy("Notes"), "textarea"),
        *custom_inputs(custom_fields()),
    ]
    return build(inputs, values, error)


@require_http_methods(["GET", "POST"])
@page
def create(request: HttpRequest, actor: Actor) -> HttpResponse:
    permissions.require(actor, "create", Customer)
    if request.method != "POST":
        start = {"kind": CustomerKind.PERSON, "lifecycle": Lifecycle.LEAD, "owner_id": actor.member_id}
        return render(request, "crm/customer_form.html", {"form": _form(actor, start)})
    post = request.POST
    new = NewCustomer(
        **{name: read_text(post, name) for name in FIELDS},
        owner_id=read_id(post.get("owner_id", "")),
        team_ids=read_ids(post.getlist("team_ids")),
        custom=read_custom(post, custom_fields(), blanks=False),
    )
    try:
        customer = create_customer(actor=actor, new=new)
    except InvalidInput as error:
        return _again(request, actor, error, {})
    messages.success(request, _("Added %s.") % customer.name)
    return redirect("customer-detail", customer.pk)


@require_http_methods(["GET", "POST"])
@page
def edit(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    customer = get_customer(actor=actor, customer_id=pk)
    permissions.require(actor, "update", customer)
    if request.method != "POST":
        values = {name: getattr(customer, name) for name in FIELDS} | custom_values(customer.custom)
        values |= {"owner_id": customer.owner_id, "team_ids": [str(team.pk) for team in customer.teams.all()]}
        return render(request, "crm/customer_form.html", {"form": _form(actor, values), "customer": customer})
    post = request.POST
    changes: dict[str, Any] = {name: read_text(post, name) for name in FIELDS if name in post}
    changes |= {
        "owner_id": read_id(post.get("owner_id", "")),
        "custom": read_custom(post, custom_fields(), blanks=True),
    }
    try:
        with transaction.atomic():
            update_customer(actor=actor, customer_id=pk, changes=changes)
            set_teams(actor=actor, customer_id=pk, team_ids=read_ids(post.getlist("team_ids")))
    except InvalidInput as error:
        return _again(request, actor, error, {"customer": customer})
    messages.success(request, _("Saved."))
    return redirect("customer-detail", pk)


def _again(request: HttpRequest, actor: Actor, error: InvalidInput, context: dict[str, Any]) -> HttpResponse:
    """The form with all that was given, and what is wrong with it."""
    values = {**request.POST.dict(), "team_ids": request.POST.getlist("team_ids")}
    return render(request, "crm/customer_form.html", {"form": _form(actor, values, error), **context}, status=422)


@require_POST
@page
def delete(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    customer = get_customer(actor=actor, customer_id=pk)
    delete_customer(actor=actor, customer_id=pk)
    messages.success(request, _("Deleted %s. The audit trail keeps what it was.") % customer.name)
    return redirect("customer-list")
