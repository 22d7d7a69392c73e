"""Addresses of the agents' pages, of /submit and /status, and of development's sandboxes."""

from __future__ import annotations

from django.urls import path

from agents.api import submit
from agents.views import model, operations, sandbox, scoring

urlpatterns = [
    path("operations/", operations.overview, name="operations"),
    path("operations/<slug:name>/pause/", operations.pause, name="agent-pause"),
    path("operations/<slug:name>/resume/", operations.resume, name="agent-resume"),
    path("model/", model.overview, name="model"),
    path("model/train/", model.train, name="model-train"),
    path("model/training/", model.training, name="model-training"),
    path("model/<int:number>/promote/", model.promote, name="model-promote"),
    path("customers/<int:pk>/score/", scoring.score_customer, name="customer-score"),
    path("submit", submit.Submit.as_view()),
    path("status/<uuid:task_id>", submit.Status.as_view()),
    path("dev/mail/", sandbox.mails, name="mails"),
    path("dev/mail/<int:number>/", sandbox.mail, name="mail"),
    path("dev/payments/", sandbox.payments, name="payments"),
    path("sandbox/payments", sandbox.pay),
]
