"""Addresses of the agents' pages, of /submit and /status, and of development's sandboxes."""

from __future__ import annotations

from django.urls import path

from agents.api import submit
from agents.views import sandbox

urlpatterns = [
    path("submit", submit.Submit.as_view()),
    path("status/<uuid:task_id>", submit.Status.as_view()),
    path("dev/mail/", sandbox.mails, name="mails"),
    path("dev/mail/<int:number>/", sandbox.mail, name="mail"),
    path("dev/payments/", sandbox.payments, name="payments"),
    path("sandbox/payments", sandbox.pay),
]
