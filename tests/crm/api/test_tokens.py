"""Access and refresh tokens: which are refused, and what a stolen one is worth."""

from __future__ import annotations

import base64
import json
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from crm.api import tokens
from crm.models import AuditEntry, Member, RefreshToken, Role
from crm.services.members import revoke_tokens, set_password, update_member
from tests.crm.people import PASSWORD, People, make_member

Change = Callable[[dict[str, Any]], None]


def ask(token: str) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return int(client.get("/api/v1/auth/me").status_code)


def post(path: str, **body: str) -> Any:
    return APIClient().post(f"/api/v1/auth/{path}", body)


@pytest.fixture
def member(people: People) -> Member:
    return Member.objects.get(pk=people.viewer.member_id or 0)


def test_a_password_buys_a_pair_that_opens_the_api(member: Member) -> None:
    answer = post("token", username="vic", password=PASSWORD)
    assert answer.status_code == 200
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
    assert ask(answer.json()["access"]) == 200
    assert AuditEntry.objects.filter(action="token.create").count() == 1


def test_a_wrong_password_is_a_problem_with_a_challenge(member: Member) -> None:
    answer = post("token", username="vic", password="wrong")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"


def _sign(claims: dict[str, Any], key: str = "", algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key or settings.TOKENS["KEY"], algorithm=algorithm)


def _claims(member: Member) -> dict[str, Any]:
    now = timezone.now()
    return {
        "sub": str(member.pk),
        "iss": settings.TOKENS["ISSUER"],
        "aud": settings.TOKENS["AUDIENCE"],
        "typ": "access",
        "jti": uuid.uuid4().hex,
        "sid": str(uuid.uuid4()),
        "ver": member.session_version,
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }


def test_our_own_claims_are_accepted(member: Member) -> None:
    assert ask(_sign(_claims(member))) == 200


def _set(**values: Any) -> Change:
    return lambda claims: claims.update(values)


def _drop(name: str) -> Change:
    return lambda claims: claims.pop(name)


@pytest.mark.parametrize(
    "change",
    [
        *(_drop(name) for name in ("sub", "iss", "aud", "typ", "jti", "sid", "ver", "iat", "exp")),
        _set(iss="somebody"),
        _set(aud="other-api"),
        _set(typ="refresh"),
        _set(typ="session"),
        _set(sub="0"),
        _set(sub="admin"),
        _set(sub="1 OR 1=1"),
        _set(ver=99),
        _set(ver="1"),
        _set(sid="none"),
        _set(exp=0),
        _set(iat=timezone.now() + timedelta(hours=1)),
        _set(nbf=timezone.now() + timedelta(hours=1)),
    ],
)
def test_wrong_claims_are_refused(member: Member, change: Change) -> None:
    claims = _claims(member)
    change(claims)
    assert ask(_sign(claims)) == 401


def _unsigned(claims: dict[str, Any]) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value, default=str).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({**claims, 'iat': 0, 'exp': 4102444800})}."


@pytest.mark.parametrize(
    "make",
    [
        _unsigned,
        lambda claims: _sign(claims, key="another key that is long enough for HS256"),
        lambda claims: _sign(claims, key=settings.SECRET_KEY),
        lambda claims: _sign(claims, algorithm="HS512"),
        lambda claims: _sign(claims)[:-3] + "abc",
        lambda claims: _sign(claims).rsplit(".", 1)[0] + ".",
        lambda claims: "x.y.z",
        lambda claims: "",
        lambda claims: "a" * 5000,
        lambda claims: f"{_sign(claims)} {_sign(claims)}",
    ],
)
def test_wrong_tokens_are_refused(member: Member, make: Callable[[dict[str, Any]], str]) -> None:
    assert ask(make(_claims(member))) == 401


def test_a_token_dies_with_its_members_rights(people: People, member: Member) -> None:
    access = tokens.start_session(member).access
    update_member(actor=people.admin, member_id=member.pk, changes={"is_active": False})
    assert ask(access) == 401


@pytest.mark.parametrize("act", ["revoke", "password"])
def test_a_token_dies_when_the_session_version_is_raised(people: People, member: Member, act: str) -> None:
    pair = tokens.start_session(member)
    if act == "revoke":
        revoke_tokens(actor=people.admin, member_id=member.pk)
    else:
        set_password(actor=people.viewer, member_id=member.pk, password="quite another word")
    assert ask(pair.access) == 401
    assert post("refresh", refresh=pair.refresh).status_code == 401


def test_a_refresh_token_is_changed_for_a_new_pair_once(member: Member) -> None:
    first = post("token", username="vic", password=PASSWORD).json()
    second = post("refresh", refresh=first["refresh"])
    assert second.status_code == 200
    assert ask(second.json()["access"]) == 200


def test_reuse_ends_the_whole_family(member: Member) -> None:
    first = post("token", username="vic", password=PASSWORD).json()
    second = post("refresh", refresh=first["refresh"]).json()
    assert post("refresh", refresh=first["refresh"]).status_code == 401
    assert post("refresh", refresh=second["refresh"]).status_code == 401
    assert ask(second["access"]) == 401


def test_other_sessions_survive_the_end_of_one(member: Member) -> None:
    one, other = tokens.start_session(member), tokens.start_session(member)
    assert post("revoke", refresh=one.refresh).status_code == 204
    assert (ask(one.access), ask(other.access)) == (401, 200)


def test_an_access_token_refreshes_nothing(member: Member) -> None:
    assert post("refresh", refresh=tokens.start_session(member).access).status_code == 401


def test_an_expired_row_refreshes_nothing(member: Member) -> None:
    pair = tokens.start_session(member)
    RefreshToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert post("refresh", refresh=pair.refresh).status_code == 401


def test_the_token_itself_is_not_stored(member: Member) -> None:
    pair = tokens.start_session(member)
    jti = jwt.decode(pair.refresh, options={"verify_signature": False})["jti"]
    assert RefreshToken.objects.get().jti_hash != jti


@pytest.mark.django_db(transaction=True)
def test_of_fifty_refreshes_at_once_one_succeeds() -> None:
    pair = tokens.start_session(make_member("vic", Role.VIEWER))
    start, results = threading.Barrier(50), []

    def attempt() -> None:
        start.wait()
        try:
            tokens.refresh(pair.refresh)
            results.append(True)
        except tokens.TokenRefused:
            results.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(True) == 1
    assert len(results) == 50
