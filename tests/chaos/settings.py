"""The tests' settings with step types of the chaos tests, and with engine times that a scenario may shorten."""

from __future__ import annotations

import json

from config import env
from config.settings.test import *

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.app.ChaosConfig"]
ENGINE |= json.loads(env.text("CHAOS_ENGINE", "{}"))
STEP_DISPATCHER = env.text("CHAOS_DISPATCHER", STEP_DISPATCHER)
# It sleeps for all of it, whatever is left to do.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
LOGGING["root"]["level"] = env.text("LOG_LEVEL", "WARNING")
