"""One change to many chosen customers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.actors import Actor
from crm.errors import InvalidInput, RapportError
from crm.services.customers import update_customers
from crm.services.tags import tag_customers
from crm.views.forms import read_ids
from crm.views.pages import page

_MOST = 500


@require_POST
@page
def change_many(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All of the chosen or none."""
    ids = read_ids(request.POST.getlist("customer"))
    try:
        if not 1 <= len(ids) <= _MOST:
            raise InvalidInput(_("Choose 1 to %s customers.") % _MOST)
        number = _change(request, actor, ids)
        words = ngettext("Changed %(number)s customer.", "Changed %(number)s customers.", number)
        messages.success(request, words % {"number": number})
    except RapportError as error:
        messages.error(request, error.detail)
    return redirect(_back(request))


def _change(request: HttpRequest, actor: Actor, ids: list[int]) -> int:
    act, value = request.POST.get("act"), request.POST.get("value", "").strip()
    if act == "tag":
        return tag_customers(actor=actor, customer_ids=ids, tag=request.POST.get("tag", ""))
    if act == "lifecycle":
        return len(update_customers(actor=actor, changes={pk: {"lifecycle": value} for pk in ids}))
    if act == "take":
        return len(update_customers(actor=actor, changes={pk: {"owner_id": actor.member_id} for pk in ids}))
    raise InvalidInput(_("Choose what to change."))


def _back(request: HttpRequest) -> str:
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else reverse("customer-list")
