"""mailcatcher: in development, takes every mail and keeps it to be read on a page; nothing leaves the machine."""

from __future__ import annotations

import asyncio
import email
import email.policy
import signal
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections

from agents.models import CaughtMail

MAX_BYTES = 1_000_000


class Handler:
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await sync_to_async(keep)(envelope)
        return "250 Kept"


def keep(envelope: Envelope) -> None:
    close_old_connections()
    content = envelope.content or b""
    raw = content if isinstance(content, bytes) else content.encode()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    CaughtMail.objects.create(
        sender=envelope.mail_from or "",
        recipients=list(envelope.rcpt_tos),
        subject=str(message.get("Subject", ""))[:300],
        message_id=str(message.get("Message-ID", ""))[:300],
        source=raw.decode("utf-8", errors="replace").replace("\x00", ""),
    )


class Command(BaseCommand):
    help = "Catches all mail on the loopback address, for development."

    def handle(self, *args: Any, **options: Any) -> None:
        controller = Controller(
            Handler(), hostname=settings.EMAIL_HOST, port=settings.EMAIL_PORT, data_size_limit=MAX_BYTES
        )
        controller.start()
        try:
            asyncio.run(_until_told())
        finally:
            controller.stop()


async def _until_told() -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, over.set)
    await over.wait()
