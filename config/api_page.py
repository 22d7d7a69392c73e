"""The page to try the API on, without inline script or style, so that the strict policy holds for it too."""

from __future__ import annotations

from drf_spectacular.views import SpectacularSwaggerSplitView


class SwaggerPage(SpectacularSwaggerSplitView):
    template_name = "api_docs.html"
