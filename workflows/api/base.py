"""What the workflow views share: the workflow of the address, and problems that carry more than a sentence."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.base import CrmView
from crm.errors import RapportError
from crm.validation import refuse
from workflows.models import Workflow
from workflows.selectors.workflows import get_workflow
from workflows.services.waiting import LONGEST_SECONDS

WAIT = OpenApiParameter(
    "wait",
    float,
    description=f"Seconds to wait for the run's end, at most {LONGEST_SECONDS:.0f}; 202 if it goes on, and at once "
    "where too many wait already.",
)


def seconds_to_wait(request: Request) -> float | None:
    text = request.query_params.get("wait", "")
    if not text:
        return None
    if not text.isascii() or not text.replace(".", "", 1).isdigit() or float(text) > LONGEST_SECONDS:
        raise refuse("wait", f"Give a number of seconds, at most {LONGEST_SECONDS:.0f}.")
    return float(text)


class WorkflowView(CrmView):
    def workflow(self, key: str) -> Workflow:
        return get_workflow(actor=self.actor, key=key)

    def problem(self, error: RapportError, **more: Any) -> Response:
        """A problem with more members than every problem has."""
        response = self.handle_exception(error)
        response.data = {**response.data, **more}
        return response
