"""Logging in and out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import views
from django.utils.translation import gettext_lazy as _

# The demo's members: one a role, of the role's name.
DEMO_ROLES = (
    {"username": "admin", "may": _("does everything")},
    {"username": "manager", "may": _("decides, imports, sees the audit")},
    {"username": "builder", "may": _("draws workflows")},
    {"username": "operator", "may": _("works requests")},
    {"username": "viewer", "may": _("reads")},
)


class LogIn(views.LoginView):
    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        roles = DEMO_ROLES if settings.DEMO_LOGINS else ()
        return super().get_context_data(**kwargs, demo_roles=roles)


class LogOut(views.LogoutView):
    http_method_names = ["post", "options"]
