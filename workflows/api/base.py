"""What the workflow views share: who asks, the workflow of the address, and a checked body."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from crm.actors import Actor, actor_of
from crm.errors import RapportError
from crm.models import Member
from workflows.models import Workflow
from workflows.selectors.workflows import get_workflow


class WorkflowView(APIView):
    @cached_property
    def actor(self) -> Actor:
        member = self.request.user
        assert isinstance(member, Member)
        return actor_of(member)

    def workflow(self, key: str) -> Workflow:
        return get_workflow(actor=self.actor, key=key)

    def number(self, name: str, default: int) -> int:
        """A whole number of the query string."""
        text = self.request.query_params.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default

    def problem(self, error: RapportError, **more: Any) -> Response:
        """A problem with more members than every problem has."""
        response = self.handle_exception(error)
        response.data = {**response.data, **more}
        return response


def read_body(shape: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    given = shape(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
