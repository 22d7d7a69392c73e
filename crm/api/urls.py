"""Addresses of the CRM part of /api/v1/."""

from __future__ import annotations

from django.urls import path

from crm.api import audit, auth, customers, imports, requests, schema, segments, services, settings

__all__ = ["schema", "urlpatterns"]  # importing schema describes the log-in to the OpenAPI page

urlpatterns = [
    path("auth/token", auth.Token.as_view()),
    path("auth/refresh", auth.Refresh.as_view()),
    path("auth/revoke", auth.Revoke.as_view()),
    path("auth/me", auth.Me.as_view()),
    path("customers", customers.CustomerList.as_view()),
    path("customers/<int:customer_id>", customers.CustomerDetail.as_view()),
    path("customers/<int:customer_id>/owner", customers.CustomerOwner.as_view()),
    path("customers/<int:customer_id>/tags", customers.CustomerTags.as_view()),
    path("customers/<int:customer_id>/tags/<str:tag>", customers.CustomerTag.as_view()),
    path("customers/<int:customer_id>/timeline", customers.Timeline.as_view()),
    path("customers/<int:customer_id>/history", customers.History.as_view()),
    path("services", services.ServiceList.as_view()),
    path("services/<int:service_id>", services.ServiceDetail.as_view()),
    path("requests", requests.RequestList.as_view()),
    path("requests/<int:request_id>", requests.RequestDetail.as_view()),
    path("segments", segments.SegmentList.as_view()),
    path("segments/<int:segment_id>", segments.SegmentDetail.as_view()),
    path("segments/<int:segment_id>/customers", segments.SegmentCustomers.as_view()),
    path("tags", settings.TagList.as_view()),
    path("tags/<int:tag_id>", settings.TagDetail.as_view()),
    path("fields", settings.FieldList.as_view()),
    path("members", settings.MemberList.as_view()),
    path("teams", settings.TeamList.as_view()),
    path("imports", imports.ImportList.as_view()),
    path("imports/<int:import_id>", imports.ImportDetail.as_view()),
    path("imports/<int:import_id>/check", imports.ImportCheck.as_view()),
    path("imports/<int:import_id>/start", imports.ImportStart.as_view()),
    path("imports/<int:import_id>/undo", imports.ImportUndo.as_view()),
    path("audit", audit.AuditList.as_view()),
]
