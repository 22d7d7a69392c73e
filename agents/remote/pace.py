"""How often a member may call the remote interfaces, counted over all processes."""

from __future__ import annotations

import logging
from time import time

from django.conf import settings
from django.core.cache import cache
from redis import RedisError

from crm.actors import Actor

logger = logging.getLogger(__name__)
WINDOW = 60


def seconds_to_wait(actor: Actor, what: str) -> int:
    """0 if the call is within the limit of this minute, else when the next minute begins."""
    now = time()
    key = f"pace:{what}:{actor.id}:{int(now // WINDOW)}"
    try:
        cache.add(key, 0, timeout=2 * WINDOW)
        calls = cache.incr(key)
    except ValueError:  # it ran out in between
        return 0
    except RedisError:
        # Limits are for the load; while nobody counts, work goes on.
        logger.warning("Calls can't be counted; no limit holds")
        return 0
    return 0 if calls <= settings.REMOTE[what] else WINDOW - int(now % WINDOW)
