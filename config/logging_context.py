"""Puts the request, the run and the actor on every log record."""

from __future__ import annotations

import logging

from crm import context


class ContextFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = context.request_id.get()
        record.run_id = str(context.run_id.get() or "")
        record.actor = context.actor.get()
        # Django adds the request, whose address may hold what somebody searched for.
        record.__dict__.pop("request", None)
        return True
