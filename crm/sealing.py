"""Encrypts secrets under the installation's key (AES-256-GCM), each bound to the place it stands in."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12


class CannotOpen(Exception):
    """Sealed under another key, for another place, or changed since."""


def seal(secret: bytes, *, place: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, secret, place.encode())


def unseal(sealed: bytes, *, place: str) -> bytes:
    nonce, content = bytes(sealed[:NONCE_BYTES]), bytes(sealed[NONCE_BYTES:])
    try:
        return _cipher().decrypt(nonce, content, place.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotOpen(f"The secret of {place} can't be opened with this installation's key.") from error


def _cipher() -> AESGCM:
    key = base64.b64decode(settings.ENCRYPTION_KEY)
    if len(key) != 32:
        raise ImproperlyConfigured("ENCRYPTION_KEY must be 32 bytes in base64.")
    return AESGCM(key)
