"""Addresses of the workflow part of /api/v1/."""

from __future__ import annotations

from django.urls import path

from workflows.api import approvals, cases, hooks, run_operations, runs, step_types, versions, workflows

urlpatterns = [
    path("workflows", workflows.WorkflowList.as_view()),
    path("workflows/import", workflows.ImportWorkflow.as_view()),
    path("workflows/<str:key>", workflows.WorkflowDetail.as_view()),
    path("workflows/<str:key>/export", workflows.ExportWorkflow.as_view()),
    path("workflows/<str:key>/draft", workflows.Draft.as_view()),
    path("workflows/<str:key>/publish", versions.Publish.as_view()),
    path("workflows/<str:key>/versions", versions.VersionList.as_view()),
    path("workflows/<str:key>/versions/diff", versions.VersionDiff.as_view()),
    path("workflows/<str:key>/versions/<int:number>", versions.VersionDetail.as_view()),
    path("workflows/<str:key>/cases", cases.CaseList.as_view()),
    path("workflows/<str:key>/cases/check", cases.CheckCases.as_view()),
    path("workflows/<str:key>/cases/<int:case_id>", cases.CaseDetail.as_view()),
    path("workflows/<str:key>/webhooks/<str:node>/secret", versions.WebhookSecret.as_view()),
    path("workflows/<str:key>/in_flight", run_operations.InFlight.as_view()),
    path("workflows/<str:key>/runs", runs.WorkflowRuns.as_view()),
    path("runs", runs.RunList.as_view()),
    path("runs/causes", run_operations.Causes.as_view()),
    path("runs/retry", run_operations.RetryAll.as_view()),
    path("runs/batches/<int:batch_id>", run_operations.BatchDetail.as_view()),
    path("runs/<str:run_id>", runs.RunDetail.as_view()),
    path("runs/<str:run_id>/case", cases.SaveCase.as_view()),
    path("runs/<str:run_id>/cancel", runs.CancelRun.as_view()),
    path("runs/<str:run_id>/pause", run_operations.PauseRun.as_view()),
    path("runs/<str:run_id>/resume", run_operations.ResumeRun.as_view()),
    path("runs/<str:run_id>/repeat", run_operations.RepeatRun.as_view()),
    path("runs/<str:run_id>/steps/<str:node>/leave_out", run_operations.LeaveOutStep.as_view()),
    path("runs/<str:run_id>/steps/<str:node>", runs.StepOutput.as_view()),
    path("runs/<str:run_id>/steps/<str:node>/decide", runs.DecideStep.as_view()),
    path("step-types", step_types.StepTypeList.as_view()),
    path("expressions/check", step_types.CheckExpression.as_view()),
    path("approvals", approvals.ApprovalList.as_view()),
    path("approvals/<int:approval_id>", approvals.ApprovalDetail.as_view()),
    path("approvals/<int:approval_id>/decide", approvals.Decide.as_view()),
    path("hooks/<str:token>", hooks.Hook.as_view()),
]
