"""Secrets in the hands of a step: handles that do not show themselves, and what strikes them out of results."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

REDACTED = "[secret]"
# Shorter forms stand in many innocent texts.
SHORTEST = 4
# How many characters of base64 the bytes before it have a part in, by their number modulo 3.
_SHARED = (0, 2, 3)


class Secret:
    """A secret's handle: it does not show itself, and can't be carried elsewhere by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        revealed = _revealed.get()
        if revealed is not None:
            revealed.add(self._value)
        return self._value

    def __repr__(self) -> str:
        return REDACTED

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret can't be pickled.")


_revealed: ContextVar[set[str] | None] = ContextVar("revealed", default=None)


@contextmanager
def watching() -> Iterator[Collection[str]]:
    """Collects the secrets that are revealed meanwhile, so that what comes of them can be cleaned."""
    found: set[str] = set()
    token = _revealed.set(found)
    try:
        yield found
    finally:
        _revealed.reset(token)


def redact(value: Any, secrets: Collection[str]) -> Any:
    """The value without the secrets, in any of the forms in which another system may give them back."""
    forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
    return _without(value, sorted(forms, key=len, reverse=True)) if forms else value


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode()
    yield from (secret, quote(secret, safe=""), quote_plus(secret), raw.hex())
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    for before, shared in enumerate(_SHARED):
        # Inside a longer text, as in Basic authentication, the secret's base64 depends on where it begins.
        packed = base64.b64encode(bytes(before) + raw).decode()[shared : (before + len(raw)) * 8 // 6]
        yield from (packed, packed.translate(str.maketrans("+/", "-_")))


def _without(value: Any, forms: list[str]) -> Any:
    if isinstance(value, str):
        for form in forms:
            value = value.replace(form, REDACTED)
        return value
    if isinstance(value, Mapping):
        return {_without(key, forms): _without(item, forms) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without(item, forms) for item in value]
    return value
