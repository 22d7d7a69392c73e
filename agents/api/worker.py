"""Remote workers over REST: claim, renew, finish, fail. docs/remote-agents.md tells how."""

from __future__ import annotations

import threading
from time import monotonic
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.remote import RemoteView
from agents.remote.leases import Lease
from agents.services.remote_workers import Claim, claim_step, fail_step, finish_step, renew_lease
from agents.steps.remote_task import DEFAULT_QUEUE, KEY, QUEUE
from workflows.api.shapes import Strict
from workflows.engine.refs import StepRef, engine_setting
from workflows.graph.document import DEFAULT_PORT

LOOK_EVERY = 1.0  # seconds
LONGEST_WAIT = 20
_waiting = threading.BoundedSemaphore(settings.REMOTE["WAITING_CLAIMS"])


class ClaimIn(Strict):
    queues = serializers.ListField(
        child=serializers.RegexField(QUEUE), min_length=1, max_length=20, required=False,
        default=lambda: [DEFAULT_QUEUE],
    )  # fmt: skip
    wait_seconds = serializers.IntegerField(min_value=0, max_value=LONGEST_WAIT, required=False, default=0)


class LeaseIn(Strict):
    run_id = serializers.UUIDField()
    node = serializers.CharField(max_length=60)
    item = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, default=0)
    attempt = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class FinishIn(LeaseIn):
    output = serializers.JSONField(required=False, default=None, allow_null=True)
    port = serializers.CharField(max_length=40, required=False, default=DEFAULT_PORT)


class FailIn(LeaseIn):
    code = serializers.RegexField(r"^[a-z][a-z0-9_]{0,59}$")
    message = serializers.CharField(max_length=2000)
    retry = serializers.BooleanField(required=False, default=False)


class StepOut(serializers.Serializer[Any]):
    run_id = serializers.UUIDField()
    node = serializers.CharField()
    item = serializers.IntegerField(help_text="Under a For each the number of the item's step, else 0.")
    attempt = serializers.IntegerField(help_text="The fence: send it back with every call about the step.")
    type = serializers.CharField()
    config = serializers.JSONField(help_text="As the workflow says, expressions resolved.")
    input = serializers.JSONField(allow_null=True)
    idempotency_key = serializers.CharField(help_text="The same for every attempt.")
    lease_seconds = serializers.IntegerField(help_text="Renew within them, or another worker gets the step.")


class ClaimOut(serializers.Serializer[Any]):
    step = StepOut()


class RenewOut(serializers.Serializer[Any]):
    lease_seconds = serializers.IntegerField()


NOTHING = OpenApiResponse(description="Nothing to do; ask again.")
DONE = OpenApiResponse(description="Recorded.")


class WorkerView(RemoteView):
    kind = "remote"
    actions = {"POST": "work"}
    pace = "WORKER_CALLS_PER_MINUTE"

    def lease(self, shape: type[LeaseIn]) -> tuple[Lease, dict[str, Any]]:
        given = self.read(shape)
        ref = StepRef(given.pop("run_id"), given.pop("node"), given.pop("item"))
        return Lease(ref, given.pop("attempt")), given


class ClaimStep(WorkerView):
    @extend_schema(
        operation_id="worker_claim",
        description="Leases the step of these queues that waited longest; waits for one up to `wait_seconds`.",
        request=ClaimIn,
        responses={200: ClaimOut, 204: NOTHING},
    )
    def post(self, request: Request) -> Response:
        given = self.read(ClaimIn)
        claim = claim_step(actor=self.actor, queues=given["queues"])
        if claim is None and given["wait_seconds"]:
            claim = self._wait(given["queues"], given["wait_seconds"])
        return Response(status=204) if claim is None else Response({"step": rendered(claim)})

    def _wait(self, queues: list[str], seconds: int) -> Claim | None:
        """Some wait here; when all places are taken the answer comes at once, and the worker pauses by itself."""
        if not _waiting.acquire(blocking=False):
            return None
        try:
            until, clock = monotonic() + seconds, threading.Event()
            claim: Claim | None = None
            while claim is None and monotonic() < until:
                clock.wait(min(LOOK_EVERY, until - monotonic()))
                claim = claim_step(actor=self.actor, queues=queues)
            return claim
        finally:
            _waiting.release()


class RenewLease(WorkerView):
    @extend_schema(
        operation_id="worker_renew",
        description="409 `fence_lost` if the step is not yours any more: stop working on it.",
        request=LeaseIn,
        responses=RenewOut,
    )
    def post(self, request: Request) -> Response:
        lease, _ = self.lease(LeaseIn)
        renew_lease(actor=self.actor, lease=lease)
        return Response({"lease_seconds": int(engine_setting("LEASE_SECONDS"))})


class FinishStep(WorkerView):
    @extend_schema(
        operation_id="worker_finish",
        description="Records the output, and what follows is ready. 409 `fence_lost` wrote nothing.",
        request=FinishIn,
        responses={204: DONE},
    )
    def post(self, request: Request) -> Response:
        lease, given = self.lease(FinishIn)
        finish_step(actor=self.actor, lease=lease, **given)
        return Response(status=204)


class FailStep(WorkerView):
    @extend_schema(
        operation_id="worker_fail",
        description="Records the failure; with `retry` it is tried again as the step's policy says.",
        request=FailIn,
        responses={204: DONE},
    )
    def post(self, request: Request) -> Response:
        lease, given = self.lease(FailIn)
        fail_step(actor=self.actor, lease=lease, **given)
        return Response(status=204)


def rendered(claim: Claim) -> dict[str, Any]:
    run_id, node, item = claim.lease.ref
    return {
        "run_id": str(run_id),
        "node": node,
        "item": item,
        "attempt": claim.lease.attempt,
        "type": KEY,
        "config": claim.order.config.model_dump(mode="json", exclude={"input"}),
        "input": claim.order.output,
        "idempotency_key": claim.order.idempotency_key,
        "lease_seconds": int(engine_setting("LEASE_SECONDS")),
    }
