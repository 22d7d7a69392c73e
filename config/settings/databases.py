"""The database and the cache, read from their addresses."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env


def postgres(url: str) -> dict[str, Any]:
    """Turn a `postgresql://` address, also one of a unix socket (`?host=/dir`), into a DATABASES entry."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must be a postgresql:// address; Rapport runs on PostgreSQL only.")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "config.pooled" if env.boolean("DATABASE_POOL", False) else "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": env.integer("DATABASE_CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        # The engine keeps no cursor on the server, so PgBouncer may pool by transaction.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {**query, "connect_timeout": 5, "options": _session_limits()},
    }


def _session_limits() -> str:
    limits = {
        "idle_in_transaction_session_timeout": env.integer("DATABASE_IDLE_TIMEOUT_MS", 15_000),
        "lock_timeout": env.integer("DATABASE_LOCK_TIMEOUT_MS", 3_000),
        "statement_timeout": env.integer("DATABASE_STATEMENT_TIMEOUT_MS", 15_000),
    }
    return " ".join(f"-c {name}={value}" for name, value in limits.items())


def redis_client_url(broker_url: str) -> str:
    """Say Celery's address of a unix socket the way redis-py says it."""
    return broker_url.replace("redis+socket://", "unix://", 1)


def redis_cache(broker_url: str) -> dict[str, Any]:
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_client_url(broker_url),
        "KEY_PREFIX": "rapport",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1, "serializer": "config.cached.JsonSerializer"},
    }
