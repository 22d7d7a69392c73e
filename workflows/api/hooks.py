"""The address that outside systems call to start a run; they sign, instead of logging in."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workflows.api import shapes
from workflows.services.hooks import MAX_BYTES, TooLarge, start_by_webhook

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Hook(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)  # the signature is the permission

    @extend_schema(
        operation_id="hooks_call",
        description="Signed as Standard Webhooks describes, over the raw body. 202 once the run is committed; "
        "the same `webhook-id` again answers the run it started.",
        request={"application/json": {}},
        responses={202: shapes.HookOut},
        auth=[],
    )
    def post(self, request: Request, token: str) -> Response:
        # The length that the caller claims spares reading what is refused anyway.
        if int(request.headers.get("content-length") or 0) > MAX_BYTES:
            raise TooLarge(f"A call takes at most {MAX_BYTES:,} bytes.")
        headers = {name: request.headers.get(name, "") for name in HEADERS}
        run = start_by_webhook(token=token, headers=headers, body=request._request.body)
        return Response({"run": run.pk, "number": run.number}, status=202)
