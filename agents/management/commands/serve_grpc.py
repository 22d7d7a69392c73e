"""serve_grpc: lets other agents give us tasks over gRPC, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.remote.server import make_server

PORT = 50051
GRACE_SECONDS = 10


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Serves the protocol between agents over gRPC. See docs/remote-agents.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on, 127.0.0.1 by default")
        parser.add_argument("--port", type=int, default=PORT, help=f"{PORT} by default; 0 for any that is free")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            server, port = make_server(f"{options['host']}:{options['port']}")
        except (ImproperlyConfigured, OSError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        server.start()
        self.stdout.write(f"gRPC on {options['host']}:{port}")
        self.stdout.flush()
        over.wait()
        # No new calls from now on; those in hand have their time.
        server.stop(GRACE_SECONDS).wait()
