"""Tokens of the API: short access tokens, and refresh tokens in families that a thief's use brings down."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

from crm import audit, context
from crm.actors import SYSTEM, actor_of
from crm.models import Member, RefreshToken

ACCESS, REFRESH = "access", "refresh"
_CLAIMS = {"sub", "iss", "aud", "typ", "jti", "sid", "ver", "iat", "exp"}
_LONGEST_TOKEN = 2_000
_REFUSED = "The token is not valid, or not valid any more. Log in again."


class TokenRefused(AuthenticationFailed):
    """One answer for every cause: what is wrong with a token is nobody's business but ours."""

    def __init__(self) -> None:
        super().__init__(_REFUSED)


@dataclass(frozen=True)
class Pair:
    access: str
    refresh: str
    expires_in: int


@dataclass(frozen=True)
class Claims:
    member_id: int
    session: uuid.UUID
    version: int
    jti: str


def _backend() -> TokenBackend:
    tokens = settings.TOKENS
    return TokenBackend(
        tokens["ALGORITHM"], signing_key=tokens["KEY"], audience=tokens["AUDIENCE"], issuer=tokens["ISSUER"]
    )


def _write(member: Member, kind: str, session: uuid.UUID, jti: str, seconds: int) -> str:
    now = timezone.now()
    claims = {
        "sub": str(member.pk),
        "typ": kind,
        "jti": jti,
        "sid": str(session),
        "ver": member.session_version,
        "iat": now,
        "exp": now + timedelta(seconds=seconds),
    }
    return str(_backend().encode(claims))


def read(token: str, kind: str) -> Claims:
    """The claims of a token of this kind that we signed and that has not expired."""
    if len(token) > _LONGEST_TOKEN:
        raise TokenRefused
    try:
        claims: dict[str, Any] = _backend().decode(token)  # type: ignore[arg-type]
        if not claims.keys() >= _CLAIMS or claims["typ"] != kind or not isinstance(claims["ver"], int):
            raise TokenRefused
        return Claims(int(claims["sub"]), uuid.UUID(claims["sid"]), claims["ver"], str(claims["jti"]))
    except (TokenBackendError, ValueError, TypeError, AttributeError) as error:
        raise TokenRefused from error


def start_session(member: Member) -> Pair:
    session = uuid.uuid4()
    with transaction.atomic():
        pair = _issue(member, session)
        audit.record_one(actor=actor_of(member), action="token.create", target=member, after={"session": str(session)})
    return pair


def issue_lasting_token(member: Member, seconds: int) -> str:
    """An access token for a program that can't log in; it ends with the member's other sessions."""
    session = uuid.uuid4()
    with transaction.atomic():
        after = {"session": str(session), "seconds": seconds}
        audit.record_one(actor=SYSTEM, action="token.create", target=member, after=after)
    return _write(member, ACCESS, session, uuid.uuid4().hex, seconds)


def _issue(member: Member, session: uuid.UUID) -> Pair:
    seconds, jti = settings.TOKENS["REFRESH_SECONDS"], uuid.uuid4().hex
    RefreshToken.objects.create(
        jti_hash=_digest(jti),
        family=session,
        member=member,
        session_version=member.session_version,
        expires_at=timezone.now() + timedelta(seconds=seconds),
    )
    access_seconds = settings.TOKENS["ACCESS_SECONDS"]
    return Pair(
        access=_write(member, ACCESS, session, uuid.uuid4().hex, access_seconds),
        refresh=_write(member, REFRESH, session, jti, seconds),
        expires_in=access_seconds,
    )


def _digest(jti: str) -> str:
    return hashlib.sha256(jti.encode()).hexdigest()


def refresh(token: str) -> Pair:
    """Changes a refresh token for a new pair, once. A second use ends the session: one of the two is a thief."""
    claims, now = read(token, REFRESH), timezone.now()
    with transaction.atomic():
        if _use(claims, now):
            return _issue(_member(claims), claims.session)
    _end(claims.session, now)
    raise TokenRefused


def _use(claims: Claims, now: datetime) -> bool:
    # One statement asks and marks, so of any number of parallel calls one wins.
    unused = RefreshToken.objects.filter(
        jti_hash=_digest(claims.jti), used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
    )
    return unused.update(used_at=now) == 1


def _end(session: uuid.UUID, now: datetime) -> None:
    RefreshToken.objects.filter(family=session, revoked_at__isnull=True).update(revoked_at=now)


def end_session(token: str) -> None:
    """For a log-out: the whole family, access tokens included, is worth nothing from now on."""
    claims = read(token, REFRESH)
    member = _member(claims)
    with transaction.atomic():
        _end(claims.session, timezone.now())
        after = {"session": str(claims.session)}
        audit.record_one(actor=actor_of(member), action="token.revoke", target=member, after=after)


def _member(claims: Claims) -> Member:
    member = Member.objects.filter(pk=claims.member_id, is_active=True, session_version=claims.version).first()
    if member is None:
        raise TokenRefused
    return member


def member_of(token: str) -> tuple[Member, Claims]:
    """Whose access token this is; raises TokenRefused."""
    claims = read(token, ACCESS)
    member = _member(claims)
    if RefreshToken.objects.filter(family=claims.session, revoked_at__isnull=False).exists():
        raise TokenRefused
    return member, claims


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`."""

    def authenticate(self, request: Request) -> tuple[Member, Claims] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise TokenRefused
        member, claims = member_of(words[1].decode("latin-1"))
        context.actor.set(member.username)
        return member, claims

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
