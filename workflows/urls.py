"""Addresses of the pages of workflows, runs and approvals."""

from __future__ import annotations

from django.urls import path

from workflows.views import approvals, cases, causes, decisions, forms, run_control, runs, starts, workflows

urlpatterns = [
    path("workflows/", workflows.workflow_list, name="workflow-list"),
    path("workflows/new/", workflows.create, name="workflow-create"),
    path("workflows/import/", workflows.import_document, name="workflow-import"),
    path("customers/run/", starts.run_for_customers, name="workflow-run-customers"),
    path("workflows/<slug:key>/", workflows.designer, name="workflow-designer"),
    path("workflows/<slug:key>/versions/", workflows.versions, name="workflow-versions"),
    path("workflows/<slug:key>/in-flight/", causes.in_flight, name="workflow-in-flight"),
    path("workflows/<slug:key>/in-flight/choose/", causes.choose, name="workflow-in-flight-choose"),
    path("workflows/<slug:key>/enabled/", workflows.set_enabled, name="workflow-enabled"),
    path("workflows/<slug:key>/run/", workflows.run_now, name="workflow-run"),
    path("workflows/<slug:key>/delete/", workflows.delete, name="workflow-delete"),
    path("workflows/<slug:key>/refused/<int:refused_id>/", starts.decide_refused, name="workflow-refused"),
    path("workflows/<slug:key>/tests/", cases.save, name="workflow-case-save"),
    path("workflows/<slug:key>/tests/<int:case_id>/delete/", cases.delete, name="workflow-case-delete"),
    path("f/<str:token>/", forms.form, name="form"),
    path("f/<str:token>/thanks/", forms.thanks, name="form-thanks"),
    path("runs/", runs.run_list, name="run-list"),
    path("runs/causes/", causes.causes, name="run-causes"),
    path("runs/causes/retry/", causes.retry, name="run-retry-all"),
    path("runs/<uuid:run_id>/", runs.run_detail, name="run-detail"),
    path("runs/<uuid:run_id>/cancel/", runs.cancel, name="run-cancel"),
    path("runs/<uuid:run_id>/pause/", run_control.pause, name="run-pause"),
    path("runs/<uuid:run_id>/resume/", run_control.resume, name="run-resume"),
    path("runs/<uuid:run_id>/repeat/", run_control.repeat, name="run-repeat"),
    path("runs/<uuid:run_id>/change/", run_control.change, name="run-change"),
    path("runs/<uuid:run_id>/steps/<str:node>/leave-out/", run_control.leave_out, name="run-step-leave-out"),
    path("runs/<uuid:run_id>/steps/<str:node>/<int:item>/decision/", decisions.detail, name="run-step-decision"),
    path("runs/<uuid:run_id>/steps/<str:node>/<int:item>/decide/", decisions.decide, name="run-step-decide"),
    path("approvals/decisions/", decisions.inbox, name="decision-list"),
    path("approvals/", approvals.inbox, name="approval-list"),
    path("approvals/<int:approval_id>/", approvals.detail, name="approval-detail"),
    path("approvals/<int:approval_id>/items/", approvals.items, name="approval-items"),
    path("approvals/<int:approval_id>/decide/", approvals.decide, name="approval-decide"),
]
