"""The kind of worker that gunicorn starts."""

from __future__ import annotations

from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker


class WebWorker(UvicornWorker):  # type: ignore[misc]  # it comes without types
    # Uvicorn would believe X-Forwarded-For from any local client; config.client_address decides that instead.
    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "auto",
        "http": "auto",
        "lifespan": "off",
        "proxy_headers": False,
        "server_header": False,
    }
