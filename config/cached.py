"""What is kept in the broker's memory is JSON: whoever can write there must not be able to run code here."""

from __future__ import annotations

import json
from typing import Any


class JsonSerializer:
    """As Django's Redis cache wants it; whole numbers stay plain, so that the server can count."""

    def dumps(self, value: Any) -> bytes | int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """None, as for a value that is not there, where it is no JSON."""
        try:
            return json.loads(data)
        except ValueError:
            return None
