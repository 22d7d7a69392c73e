"""Run a workflow: starts another one, and waits for its end if told to."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from workflows.services.sub_runs import start_sub_run
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepError, StepType, Wait


class Config(StepConfig):
    workflow: str = Field(
        min_length=1, max_length=80, title="Workflow", description="Its published version runs.",
        json_schema_extra={"x-fixed": True, "x-options": "/api/v1/workflows", "x-option-value": "key"},
    )  # fmt: skip
    input: dict[str, Any] = Field(default_factory=dict, title="Input", json_schema_extra={"x-widget": "key-values"})
    wait: bool = Field(default=True, title="Wait for its end")


def run(context: StepContext, config: Config) -> Outcome:
    if context.signal is not None:
        return _ended(context.signal)
    child = start_sub_run(context=context, workflow=config.workflow, given=config.input, waits=config.wait)
    if config.wait:
        return Wait(run=True)
    return Done({"run": str(child.pk), "number": child.number, "state": child.state, "output": None})


def _ended(signal: Any) -> Outcome:
    told = {name: signal[name] for name in ("run", "number", "state", "output")}
    if signal["state"] != "SUCCEEDED":
        message = f"Run {signal['number']}, which this step waited for, ended as {signal['state'].lower()}."
        raise StepError(message, code="run_failed", details={**told, "error": signal["error"]})
    return Done(told)


STEP = StepType(
    key="run_workflow",
    title="Run a workflow",
    family=Family.FLOW,
    description="Start another workflow, and wait for its end or go on at once.",
    effect=Effect.LOCAL,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {
            "run": {"type": "string"},
            "number": {"type": "integer"},
            "state": {"type": "string"},
            "output": {},
        },
    },
    icon="workflows",
    needs=(("run", "workflow"),),
    waits=True,
)
