"""Scores one customer at a click."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents.services.models import current_scorer, score_customers
from crm.actors import Actor
from crm.errors import NotFound
from crm.permissions import require
from crm.selectors.customers import get_customer
from crm.views.pages import page


@require_POST
@page
def score_customer(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    customer = get_customer(actor=actor, customer_id=pk)
    require(actor, "score", customer)
    try:
        scorer = current_scorer()
    except NotFound as error:  # the customer is there, a model is not
        messages.error(request, error.detail)
        return redirect("customer-detail", pk)
    scored = score_customers(actor=actor, customer_ids=[pk])[0]
    told = {"model": scorer.name, "risk": f"{scored.prediction.probability:.2f}"}
    messages.success(request, _("Scored by %(model)s: the risk is %(risk)s.") % told)
    return redirect("customer-detail", pk)
