"""Every address of the installation, but for /healthz and /readyz, which config.health answers."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from config import api_page

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", api_page.SwaggerPage.as_view(url_name="api-schema"), name="api-docs"),
    path("api/v1/", include("crm.api.urls")),
    path("api/v1/", include("workflows.api.urls")),
    path("api/v1/", include("agents.api.urls")),
    path("", include("crm.urls")),
    path("", include("workflows.urls")),
    path("", include("agents.urls")),
]

handler400 = "crm.api.problems.bad_request"
handler403 = "crm.api.problems.forbidden"
handler404 = "crm.api.problems.not_found"
handler500 = "crm.api.problems.server_error"
