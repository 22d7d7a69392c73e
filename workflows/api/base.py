"""What the workflow views share: the workflow of the address, and problems that carry more than a sentence."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response

from crm.api.base import CrmView
from crm.errors import RapportError
from workflows.models import Workflow
from workflows.selectors.workflows import get_workflow


class WorkflowView(CrmView):
    def workflow(self, key: str) -> Workflow:
        return get_workflow(actor=self.actor, key=key)

    def problem(self, error: RapportError, **more: Any) -> Response:
        """A problem with more members than every problem has."""
        response = self.handle_exception(error)
        response.data = {**response.data, **more}
        return response
