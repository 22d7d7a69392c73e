"""Ask a remote agent: gives a task to an agent elsewhere, and waits for its end without holding a worker."""

from __future__ import annotations

from typing import Any

from django.db.models import Min
from django.utils import timezone
from pydantic import Field

from agents.remote.asking import RemoteAgent, Report, agent_of
from agents.services.connections import find_connection
from workflows.models import StepAttempt
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepError, StepType, Wait

CALL_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
GROWTH = 0.5  # of the time gone by


class Config(StepConfig):
    connection: str = Field(
        min_length=1, max_length=60, title="Connection",
        json_schema_extra={"x-options": "/api/v1/connections?kind=agent_rest,agent_grpc"},
    )  # fmt: skip
    agent_type: str = Field(
        min_length=1, max_length=120, title="Agent type", description="What the agent shall do, by its own name for it."
    )
    input: Any = Field(
        default=None, title="Input", description="Empty: what the step before gave.",
        json_schema_extra={"x-widget": "json"},
    )  # fmt: skip
    timeout: float = Field(default=3600, gt=0, le=7 * 86_400, title="Ends at the latest after", description="Seconds.")


def run(context: StepContext, config: Config) -> Outcome:
    connection = find_connection(actor=context.run.actor, name=config.connection)
    agent = agent_of(context, connection, CALL_SECONDS)
    gone = _seconds_since_first_try(context)
    report = _report(context, config, agent)
    if report is None or not report.has_ended:
        if gone >= config.timeout:
            message = f"The agent was not done after {config.timeout:g} seconds."
            raise StepError(message, code="agent_timeout", details={"task_id": context.idempotency_key})
        pause = min(max(FIRST_PAUSE, gone * GROWTH), LONGEST_PAUSE, max(config.timeout - gone, FIRST_PAUSE))
        return Wait(seconds=pause)
    if report.state == "SUCCEEDED":
        return Done({"task_id": context.idempotency_key, "output": report.output})
    raise StepError(
        report.error_message or f"The agent says that the task {report.state.lower()}.",
        code=report.error_code or "agent_failed", details={"task_id": context.idempotency_key, "state": report.state},
    )  # fmt: skip


def _report(context: StepContext, config: Config, agent: RemoteAgent) -> Report | None:
    """How the task stands, which is given if the agent does not know it; None if nobody answered this time."""
    task_id = context.idempotency_key
    try:
        known = agent.status(task_id) if context.attempt > 1 else None
        given = context.input if config.input is None else config.input
        return known or agent.execute(task_id, config.agent_type, {} if given is None else given)
    except StepError as error:
        # An agent that had the task and is away for a while has not failed.
        if context.waited and error.retry:
            return None
        raise


def _seconds_since_first_try(context: StepContext) -> float:
    tries = StepAttempt.objects.filter(run_id=context.run.id, node=context.node, item=context.item)
    first = tries.aggregate(first=Min("started_at"))["first"]
    return 0.0 if first is None else (timezone.now() - first).total_seconds()


STEP = StepType(
    key="remote_agent",
    title="Ask a remote agent",
    family=Family.CONNECT,
    description="Give a task to an agent elsewhere, over REST or gRPC, and go on with what it answers.",
    effect=Effect.KEYED,
    needs=(("use", "connection"),),
    config=Config,
    run=run,
    waits=True,
    output={"type": "object", "properties": {"task_id": {"type": "string"}, "output": {}}},
    icon="plug",
)
