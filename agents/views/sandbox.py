"""Development only: the mails that were caught, and a payment provider to try workflows against."""

from __future__ import annotations

import email
import email.policy
import json
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from agents.models import CaughtMail, SandboxPayment

SHOWN = 100


def _require_sandbox() -> None:
    if not settings.SANDBOX_URL:
        raise Http404


@login_required
@require_GET
def mails(request: HttpRequest) -> HttpResponse:
    _require_sandbox()
    return render(request, "agents/mails.html", {"mails": CaughtMail.objects.defer("source")[:SHOWN]})


@login_required
@require_GET
def mail(request: HttpRequest, number: int) -> HttpResponse:
    _require_sandbox()
    found = get_object_or_404(CaughtMail, pk=number)
    parsed = email.message_from_string(found.source, policy=email.policy.default)
    part = parsed.get_body(preferencelist=("plain",))
    text = part.get_content() if part else found.source
    return render(request, "agents/mail.html", {"mail": found, "text": text})


@login_required
@require_GET
def payments(request: HttpRequest) -> HttpResponse:
    _require_sandbox()
    return render(
        request,
        "agents/payments.html",
        {
            "payments": SandboxPayment.objects.order_by("-pk")[:SHOWN],
            "warehouse_closed": cache.get(WAREHOUSE_CLOSED),
        },
    )


# The product's own steps call these as another system would: no session, and the key tells calls apart.
@csrf_exempt
@require_POST
def pay(request: HttpRequest) -> JsonResponse:
    _require_sandbox()
    key = request.headers.get("Idempotency-Key", "")
    try:
        given = json.loads(request.body)
        amount = Decimal(str(given["amount"])).quantize(Decimal("0.01"))
        currency, reference = str(given.get("currency", "EUR"))[:3].upper(), str(given.get("reference", ""))[:200]
    except (ValueError, KeyError, TypeError, InvalidOperation, RecursionError):
        return JsonResponse({"error": "Send amount, currency and reference."}, status=422)
    is_payable = amount.is_finite() and 0 < amount < 10**9
    if not key or len(key) > 100 or not is_payable or "\x00" in currency + reference:
        return JsonResponse({"error": "Send an Idempotency-Key and an amount above 0."}, status=422)
    payment, is_new = SandboxPayment.objects.get_or_create(
        idempotency_key=key, defaults={"amount": amount, "currency": currency, "reference": reference}
    )
    return JsonResponse(_shown(payment), status=201 if is_new else 200)


@csrf_exempt
@require_POST
def refund(request: HttpRequest, number: int) -> JsonResponse:
    _require_sandbox()
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > 100:
        return JsonResponse({"error": "Send an Idempotency-Key."}, status=422)
    payment = get_object_or_404(SandboxPayment, pk=number)
    is_new = SandboxPayment.objects.filter(pk=payment.pk, refunded=False).update(refunded=True) == 1
    shown = {**_shown(payment), "id": f"ref_{payment.pk}", "status": "refunded", "payment": f"pay_{payment.pk}"}
    return JsonResponse(shown, status=201 if is_new else 200)


# In development the warehouse may be closed for a while, to see what workflows make of it.
WAREHOUSE_CLOSED = "sandbox:warehouse-closed"


@csrf_exempt
@require_POST
def ship(request: HttpRequest) -> JsonResponse:
    _require_sandbox()
    if cache.get(WAREHOUSE_CLOSED):
        return JsonResponse({"error": "The warehouse is closed."}, status=503)
    try:
        order = str(json.loads(request.body)["order"])[:100]
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({"error": "Send the order."}, status=422)
    return JsonResponse({"shipment": f"ship_{order}", "status": "on its way"}, status=201)


@login_required
@require_POST
def set_warehouse(request: HttpRequest) -> HttpResponse:
    _require_sandbox()
    cache.set(WAREHOUSE_CLOSED, request.POST.get("closed") == "yes", timeout=None)
    return redirect("payments")


def _shown(payment: SandboxPayment) -> dict[str, object]:
    return {
        "id": f"pay_{payment.pk}",
        "status": "paid",
        "amount": float(payment.amount),
        "currency": payment.currency,
        "reference": payment.reference,
    }
