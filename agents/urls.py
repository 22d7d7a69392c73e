"""Addresses of the agents' pages, of /submit and /status, and of development's sandboxes."""

from __future__ import annotations

from django.urls import path

from agents.api import predict, submit
from agents.views import model, operations, sandbox, scoring

urlpatterns = [
    path("operations/", operations.overview, name="operations"),
    path("operations/figures/", operations.figures, name="operations-figures"),
    path("operations/scheduling/", operations.scheduling, name="operations-scheduling"),
    path("operations/simulate/", operations.simulate, name="operations-simulate"),
    path("operations/<slug:name>/pause/", operations.pause, name="agent-pause"),
    path("operations/<slug:name>/resume/", operations.resume, name="agent-resume"),
    path("model/", model.overview, name="model"),
    path("model/train/", model.train, name="model-train"),
    path("model/training/", model.training, name="model-training"),
    path("model/<int:number>/promote/", model.promote, name="model-promote"),
    path("customers/<int:pk>/score/", scoring.score_customer, name="customer-score"),
    # The same as /api/v1/predict, where the schema describes it.
    path("predict", predict.Predict.as_view(schema=None)),
    path("submit", submit.Submit.as_view()),
    path("status/<str:task_id>", submit.Status.as_view()),
    path("dev/mail/", sandbox.mails, name="mails"),
    path("dev/mail/<int:number>/", sandbox.mail, name="mail"),
    path("dev/payments/", sandbox.payments, name="payments"),
    path("dev/warehouse/", sandbox.set_warehouse, name="set-warehouse"),
    path("sandbox/warehouse/orders", sandbox.ship),
    path("sandbox/payments", sandbox.pay),
    path("sandbox/payments/pay_<int:number>/refunds", sandbox.refund),
]
