"""The content security policy: strict everywhere, looser only under the admin console."""

from __future__ import annotations

from typing import Any

from csp.constants import NONCE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

# Unfold runs on Alpine.js, which evaluates the expressions in its attributes and sets styles inline.
# The console is open to admins only and shows no rich text; every other page keeps the strict policy.
ADMIN_PATH = "/admin/"
ADMIN_POLICY: dict[str, Any] = {
    "script-src": [SELF, NONCE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}


class ContentPolicyMiddleware(CSPMiddleware):
    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(ADMIN_PATH) and not report_only:
            parts.replace = {**(parts.replace or {}), **ADMIN_POLICY}
        return parts
