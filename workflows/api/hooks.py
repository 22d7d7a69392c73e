"""The address that outside systems call to start a run; they sign, instead of logging in."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workflows.api import shapes
from workflows.api.base import WAIT, seconds_to_wait
from workflows.services.hooks import MAX_BYTES, TooLarge, start_by_webhook
from workflows.states import RunState

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Hook(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)  # the signature is the permission

    @extend_schema(
        operation_id="hooks_call",
        description="Signed as Standard Webhooks describes, over the raw body. 202 once the run is committed; "
        "the same `webhook-id` again answers the run it started. With `wait`, 200 with what came of it once it ended.",
        parameters=[WAIT],
        request={"application/json": {}},
        responses={200: shapes.EndedHookOut, 202: shapes.HookOut},
        auth=[],
    )
    def post(self, request: Request, token: str) -> Response:
        # The length that the caller claims spares reading what is refused anyway.
        if int(request.headers.get("content-length") or 0) > MAX_BYTES:
            raise TooLarge(f"A call takes at most {MAX_BYTES:,} bytes.")
        headers = {name: request.headers.get(name, "") for name in HEADERS}
        wait = seconds_to_wait(request)
        run = start_by_webhook(token=token, headers=headers, body=request._request.body, wait=wait)
        answer = {"run": run.pk, "number": run.number}
        if wait is None or run.state == RunState.RUNNING:
            return Response(answer, status=202)
        return Response({**answer, "state": run.state, "output": run.output})
