"""Who is acting, for which request or run: read by the audit trail and the logs."""

from __future__ import annotations

from contextvars import ContextVar
from uuid import UUID

request_id: ContextVar[str] = ContextVar("request_id", default="")
run_id: ContextVar[UUID | None] = ContextVar("run_id", default=None)
actor: ContextVar[str] = ContextVar("actor", default="")
