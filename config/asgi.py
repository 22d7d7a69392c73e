"""The web server's entry point."""

from __future__ import annotations

import os

from django.conf import settings
from django.core import checks
from django.core.asgi import get_asgi_application

from config.body_limit import BodyLimit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
# Under ASGI every request has a thread of its own, so it gives its connection back for the next one.
os.environ.setdefault("DATABASE_CONN_MAX_AGE", "0")
os.environ.setdefault("DATABASE_POOL", "true")

application = BodyLimit(get_asgi_application(), settings.LARGEST_BODY)

unsafe = [message for message in checks.run_checks(tags=["rapport"]) if message.is_serious()]
if unsafe:
    raise SystemExit("\n".join(str(message) for message in unsafe))
