"""What agents say to a step that waits for one of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db import connection

from agents.models import Agent
from agents.routing import kinds_of
from agents.worker import LOST_AFTER
from workflows.engine.clock import database_now
from workflows.selectors.agent_facts import AgentFact


def facts_of(kinds: Collection[str]) -> Mapping[str, Sequence[AgentFact]]:
    facts = [_fact(agent) for agent in Agent.objects.prefetch_related("workers")]
    return {kind: [fact for fact in facts if kind in fact.kinds] for kind in kinds}


def _fact(agent: Agent) -> AgentFact:
    now = database_now()
    alive = [one.pk for one in agent.workers.all() if one.stopped_at is None and now - one.heartbeat_at < LOST_AFTER]
    return AgentFact(agent.name, agent.paused, len(alive), agent.capacity * len(alive), _taken(alive), kinds_of(agent))


def _taken(workers: Sequence[UUID]) -> int:
    """Places that steps in hand take up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(sum(units), 0) FROM workflows_step"
            " WHERE wake_at IS NOT NULL AND state = 'RUNNING' AND worker_id = ANY(%s)",
            [list(workers)],
        )
        return int(cursor.fetchone()[0])
