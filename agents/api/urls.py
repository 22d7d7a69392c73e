"""Addresses of the agents' part of /api/v1/."""

from __future__ import annotations

from django.urls import path

from agents.api import figures, predict, registry, tasks, worker

urlpatterns = [
    path("predict", predict.Predict.as_view()),
    path("agents", registry.AgentList.as_view()),
    path("operations/figures", figures.OperationsFigures.as_view()),
    path("models", registry.ModelList.as_view()),
    path("connections", registry.ConnectionList.as_view()),
    path("agent/tasks", tasks.TaskList.as_view()),
    path("agent/tasks/<str:task_id>", tasks.TaskDetail.as_view()),
    path("worker/claim", worker.ClaimStep.as_view()),
    path("worker/renew", worker.RenewLease.as_view()),
    path("worker/finish", worker.FinishStep.as_view()),
    path("worker/fail", worker.FailStep.as_view()),
]
