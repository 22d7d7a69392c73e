"""Celery: messages are hints, so they are acknowledged early and nothing is kept of them."""

from __future__ import annotations

from typing import Any

# A redelivery after a visibility timeout would run a step behind the engine's back.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_SERIALIZER = "json"
CELERY_EVENT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Publishing is best effort: the sweepers find whatever a lost message would have announced.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "health_check_interval": 25,
    # How often publishing tries to connect, in seconds between: it must not hold its caller up.
    "max_retries": 1,
    "interval_start": 0.1,
    "interval_step": 0,
    "interval_max": 0.1,
}
CELERY_WORKER_POOL = "agents.processes:TaskPool"  # for agents whose pool is prefork
# For a result that a dead process may have left behind; until then its place counts as taken.
CELERY_WORKER_LOST_WAIT = 1.0
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # kilobytes
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30.0
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "clerk"
CELERY_TIMEZONE = "UTC"

# Housekeeping only, safe to do twice or never: two beats, or none, do no harm.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {"keep-house": {"task": "keep_house", "schedule": 600.0}}
