"""Log-in, refresh and log-out of the API, and who the caller is."""

from __future__ import annotations

from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api import shapes, tokens
from crm.api.base import CrmView
from crm.models import Member


class _Open(CrmView):
    authentication_classes = ()
    permission_classes = (AllowAny,)  # the password or the token in the body is the permission

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class Token(_Open):
    @extend_schema(
        operation_id="auth_token",
        description="Changes a password for a pair of tokens. Too many wrong ones: 429 with Retry-After.",
        request=shapes.CredentialsIn,
        responses=shapes.PairOut,
        auth=[],
    )
    def post(self, request: Request) -> Response:
        given = self.read(shapes.CredentialsIn)
        # The log-in guard counts on Django's own request, and replaces the answer when it has seen enough.
        member = authenticate(request._request, username=given["username"], password=given["password"])
        if not isinstance(member, Member):
            raise AuthenticationFailed("The name or the password is wrong.")
        return self.show(shapes.PairOut, tokens.start_session(member))


class Refresh(_Open):
    @extend_schema(
        operation_id="auth_refresh",
        description="Changes a refresh token for a new pair, once. Using it a second time ends the session.",
        request=shapes.RefreshIn,
        responses=shapes.PairOut,
        auth=[],
    )
    def post(self, request: Request) -> Response:
        return self.show(shapes.PairOut, tokens.refresh(self.read(shapes.RefreshIn)["refresh"]))


class Revoke(_Open):
    @extend_schema(
        operation_id="auth_revoke",
        description="Logs out: every token of the session is worth nothing from now on.",
        request=shapes.RefreshIn,
        responses={204: None},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        tokens.end_session(self.read(shapes.RefreshIn)["refresh"])
        return Response(status=204)


class Me(CrmView):
    kind = Member
    actions = {"GET": "read"}

    @extend_schema(operation_id="auth_me", responses=shapes.MemberOut)
    def get(self, request: Request) -> Response:
        return self.show(shapes.MemberOut, request.user)
