"""Step outputs in the database: small ones in their row, large ones in a blob with a preview."""

from __future__ import annotations

import json
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import connection
from uuid_utils.compat import uuid7

from crm.validation import why_not_kept
from workflows.steps import JSON, StepError

INLINE_BYTES = 256 * 1024
# 7,043 customers with their scores and reasons take 3.6 MB; this leaves room for 16,000.
MAX_BYTES = 8 * 1024 * 1024
PREVIEW_ITEMS = 20
KEPT_BYTES = 64 * 1024 * 1024

Key = tuple[str, int]  # node, item


class StoredValue:
    """A value as its row holds it."""

    __slots__ = ("blob", "text")

    def __init__(self, text: str, blob: tuple[UUID, int, bytes] | None) -> None:
        self.text, self.blob = text, blob


def store(value: JSON) -> StoredValue:
    try:
        text = _encode(value)
    except (TypeError, ValueError) as error:
        raise StepError(f"The output is not JSON: {error}", code="output_not_json") from error
    # Escapes of NUL or of half a character; few outputs hold any, so few are looked at twice.
    if ("\\u0000" in text or "\\ud" in text) and (why := why_not_kept(json.loads(text))):
        raise StepError(f"The output can't be kept. {why}", code="output_not_json")
    if len(text) <= INLINE_BYTES:
        return StoredValue(text, None)
    if len(text) > MAX_BYTES:
        raise StepError(
            f"The output is {len(text) / 1e6:.1f} MB; {MAX_BYTES / 1e6:.0f} MB are allowed. Work on fewer records.",
            code="output_too_large",
        )
    packed = zlib.compress(text.encode(), level=1)
    preview = json.dumps(preview_of(value), default=_plain)
    return StoredValue(preview, (uuid7(), len(text), packed))


def _plain(value: object) -> str:
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} can't be written as JSON")


# Made once: json.dumps would make one each time.
_encode = json.JSONEncoder(separators=(",", ":"), default=_plain, allow_nan=False).encode


def preview_of(value: JSON, room: int = PREVIEW_ITEMS) -> JSON:
    """The value with its long lists and texts cut."""
    if isinstance(value, Mapping):
        return {key: preview_of(item, room) for key, item in list(value.items())[:100]}
    if isinstance(value, (list, tuple)):
        return [preview_of(item, 5) for item in value[:room]]
    if isinstance(value, str):
        return value[:500]
    return value


def shortened(value: JSON) -> str:
    """The value's JSON where it is small, else that of its preview."""
    text = json.dumps(value, separators=(",", ":"), default=_plain)
    return text if len(text) <= INLINE_BYTES else json.dumps(preview_of(value), default=_plain)


# Results never change, so a process keeps the large ones that it has decoded. An agent may work in threads.
_kept: OrderedDict[UUID, tuple[int, JSON]] = OrderedDict()
_kept_lock = Lock()


def _decode_blobs(run_id: UUID, ids: Sequence[UUID]) -> dict[UUID, JSON]:
    with _kept_lock:
        found = {blob: _kept[blob][1] for blob in ids if blob in _kept}
    missing = [blob for blob in ids if blob not in found]
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, size, content FROM workflows_blob WHERE run_id = %s AND id = ANY(%s)",
                [run_id, missing],
            )
            fetched = {blob: (size, json.loads(zlib.decompress(content))) for blob, size, content in cursor.fetchall()}
        found.update((blob, value) for blob, (_, value) in fetched.items())
        _keep(fetched)
    return found


def _keep(fetched: Mapping[UUID, tuple[int, JSON]]) -> None:
    with _kept_lock:
        _kept.update(fetched)
        while sum(size for size, _ in _kept.values()) > KEPT_BYTES:
            _kept.popitem(last=False)


def load(run_id: UUID, keys: Iterable[Key]) -> dict[Key, tuple[str, Any]]:
    """(port, output) of those steps that have a result."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT node, item, port, output, blob_id FROM workflows_stepresult"
            " WHERE run_id = %s AND (node, item) IN %s",
            [run_id, tuple(wanted)],
        )
        rows = cursor.fetchall()
    blobs = _decode_blobs(run_id, [blob for *_, blob in rows if blob])
    return {
        (node, item): (port, blobs[blob] if blob else json.loads(output or "null"))
        for node, item, port, output, blob in rows
    }
