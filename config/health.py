"""Answers the probes: alive, and ready to serve."""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from config.settings.databases import redis_client_url

GetResponse = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """Stands above the host check and the redirect to HTTPS: a probe calls by address, over plain HTTP."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "alive"})
        if request.path == "/readyz":
            return readiness()
        return self.get_response(request)


def readiness() -> HttpResponse:
    """Refuse traffic without the database or its tables; without the broker runs still finish, only later."""
    database = _database()
    migrations = _migrations() if database == "ok" else "unknown"
    broker = _broker()
    ready = database == migrations == "ok"
    status = "unready" if not ready else "ready" if broker == "ok" else "degraded"
    parts = {"status": status, "database": database, "migrations": migrations, "broker": broker}
    return JsonResponse(parts, status=200 if ready else 503)


def _database() -> str:
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return "pending" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"


def _broker() -> str:
    try:
        url = redis_client_url(settings.BROKER_URL)
        with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"
