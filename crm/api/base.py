"""What the API's views share: who asks, a checked body, pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from crm.actors import Actor
from crm.api.access import Actions, Kind, actor_of_request
from crm.errors import NotFound
from crm.selectors.keyset import LARGEST_PAGE, PAGE_SIZE, Page
from crm.validation import refuse

CURSOR = OpenApiParameter("cursor", str, description="The `next` of the page before; empty for the first page.")
SIZE = OpenApiParameter("size", int, description=f"Rows a page, at most {LARGEST_PAGE}.", default=PAGE_SIZE)
PAGING = [CURSOR, SIZE]


class CrmView(APIView):
    """Subclasses say what they need: see access.py."""

    kind: Kind
    actions: Actions

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        for name, value in request.query_params.dict().items():
            if "\x00" in f"{name}{value}":
                raise refuse(name, "Remove the NUL character.", "nul")
        if any("\x00" in str(value) for value in kwargs.values()):
            raise NotFound("There is nothing at this address.")

    @cached_property
    def actor(self) -> Actor:
        return actor_of_request(self.request)

    @property
    def params(self) -> Mapping[str, str]:
        return self.request.query_params.dict()

    def whole(self, name: str, default: int | None = None) -> int | None:
        """A whole number of the query string."""
        text = self.request.query_params.get(name, "")
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise refuse(name, "Give a whole number.")
        return int(text)

    def size(self) -> int:
        return self.whole("size", PAGE_SIZE) or PAGE_SIZE

    def text(self, name: str) -> str:
        return self.request.query_params.get(name, "").strip()

    def read(self, shape: type[Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        given = shape(data=self.request.data, partial=partial)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def show(self, shape: type[Serializer[Any]], item: object, status: int = 200) -> Response:
        return Response(shape(item).data, status=status)

    def show_page(self, shape: type[Serializer[Any]], page: Page[Any]) -> Response:
        return Response({"results": shape(page.items, many=True).data, "next": page.next})
