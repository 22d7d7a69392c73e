"""The built designer behind a small server of its own: static files, one page, and an API in memory."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from workflows.graph.policies import Policies, Settings

ROOT = Path(__file__).resolve().parent.parent
NONCE = "bench"
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; "
    f"font-src 'self'; style-src 'self' 'nonce-{NONCE}'"
)
HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Designer</title>
<link rel="stylesheet" href="/static/css/tokens.css"><link rel="stylesheet" href="/static/designer/{island}.css">
<link rel="stylesheet" href="/page.css"></head><body>
<div id="{root}" data-workflow-id="1" data-run-id="r1" data-api="/api/v1" data-csrf="token"></div>
<script type="module" nonce="{nonce}" src="/static/designer/{island}.js"></script></body></html>"""
PAGE_CSS = "body { margin: 0 }"

JSON = Any


def step_type(
    key: str, family: str, ports: Sequence[str] = ("out",), more: Mapping[str, JSON] | None = None, **fields: JSON
) -> JSON:
    """A step type as the API lists it, with the fields of its form."""
    return {
        "key": key,
        "title": key.replace("_", " ").capitalize(),
        "family": family,
        "description": "",
        "effect": "pure",
        "ports": list(ports),
        "dynamic_ports": None,
        "container": key == "map",
        **dict.fromkeys(("repeats", "grows", "waits", "only_at_top", "cacheable", "can_probe"), False),
        "schema": {"type": "object", "properties": fields or {"text": {"type": "string", "title": "Text"}}},
        "output_schema": None,
        "icon": "",
        **(more or {}),
    }


class DesignerApi:
    """One workflow in memory, answering as the product's API does."""

    def __init__(self, document: JSON, step_types: list[JSON], run: JSON = None) -> None:
        self.document, self.step_types, self.run = document, step_types, run
        self.revision = 1
        self.problems: list[JSON] = []
        self.published: JSON = {"number": 1, "at": "2026-01-01T00:00:00Z", "by": "Bo"}
        self.rights = {"edit": True, "publish": True, "run": True}
        self.saves: list[JSON] = []
        self.is_down = False
        self.refusal: JSON = None  # what publishing answers instead, unless cases are ignored
        self.in_flight: JSON = {"total": 0, "results": []}
        self.choices: list[JSON] = []

    def answer(self, method: str, path: str, body: JSON) -> tuple[int, JSON]:
        if self.is_down:
            return 503, {"title": "Down", "status": 503, "code": "down"}
        if path.startswith("/workflows/1"):
            found = self._of_workflow(method, path.removeprefix("/workflows/1"), body)
        else:
            found = self._elsewhere(path)
        if found is None and path in ("/workflows/1/runs", "/runs/r1") and self.run:
            found = (202 if method == "POST" else 200), self.run
        return found or (404, {"title": "Not found", "status": 404, "code": "not_found"})

    def _elsewhere(self, path: str) -> tuple[int, JSON] | None:
        if path == "/step-types":
            schemas = {"policies": Policies.model_json_schema(), "settings": Settings.model_json_schema()}
            return 200, {"results": self.step_types, **schemas}
        if path == "/workflows":
            return 200, {"results": [{"id": 7, "key": "tell-the-team", "name": "Tell the team"}]}
        return (200, {"ok": True}) if path == "/expressions/check" else None

    def _of_workflow(self, method: str, path: str, body: JSON) -> tuple[int, JSON] | None:
        if path == "":
            return 200, self._workflow()
        if path == "/draft" and method == "PUT":
            return self._save(body)
        if path == "/publish":
            return self._publish(body)
        if path == "/in_flight":
            return self._in_flight(method, body)
        return (200, {"number": 1, "document": self.document}) if re.fullmatch(r"/versions/\d+", path) else None

    def _publish(self, body: JSON) -> tuple[int, JSON]:
        if self.refusal and not body["ignore_cases"]:
            return 422, self.refusal
        self.published = {"number": self.published["number"] + 1, "at": "2026-01-01T00:00:00Z", "by": "Bo"}
        return 200, {"number": self.published["number"]}

    def _workflow(self) -> JSON:
        return {
            "id": 1,
            "key": "bench",
            "name": self.document["name"],
            "description": "",
            "draft": self.document,
            "revision": self.revision,
            "published": self.published,
            "problems": self.problems,
            "rights": self.rights,
            "webhooks": {},
        }

    def _in_flight(self, method: str, body: JSON) -> tuple[int, JSON]:
        if method == "GET":
            return 200, self.in_flight
        self.choices.append(body)
        return 202, {"total": self.in_flight["total"]}

    def _save(self, body: JSON) -> tuple[int, JSON]:
        if body["base_revision"] != self.revision:
            stale = {"status": 409, "code": "stale_revision", "revision": self.revision, "document": self.document}
            return 409, stale
        self.document = body["document"]
        self.revision += 1
        self.saves.append(body)
        return 200, {"revision": self.revision, "saved_at": "2026-01-01T00:00:00Z", "problems": self.problems}


@contextmanager
def serve(api: DesignerApi) -> Iterator[str]:
    """Serves until the block ends; gives the address."""
    handler = type("Handler", (_Handler,), {"api": api})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: DesignerApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/api/v1"):
            self._send_json(*self.api.answer("GET", path.removeprefix("/api/v1"), None))
        elif path.startswith("/static/"):
            self._send_file((ROOT / path.lstrip("/")).resolve())
        elif path == "/page.css":
            self._send(200, "text/css", PAGE_CSS.encode())
        else:
            island, root = ("run", "run-graph") if path.startswith("/runs/") else ("designer", "designer")
            self._send(200, "text/html", HTML.format(island=island, root=root, nonce=NONCE).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        self._send_json(*self.api.answer(self.command, self.path.removeprefix("/api/v1"), body))

    do_PUT = do_POST

    def _send_json(self, status: int, body: JSON) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send_file(self, path: Path) -> None:
        if not path.is_relative_to(ROOT / "static") or not path.is_file():
            self._send(404, "text/plain", b"")
            return
        self._send(200, guess_type(path)[0] or "application/octet-stream", path.read_bytes())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""
