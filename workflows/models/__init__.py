"""What is drawn (workflow, version, trigger) and what runs (run, step and their history)."""

from workflows.models.approvals import Approval, ApprovalState
from workflows.models.definitions import ScheduleFire, Trigger, TriggerKind, Version, Workflow
from workflows.models.history import Blob, Signal, StepAttempt, StepResult
from workflows.models.runs import Run, RunKey, Slot, Step

__all__ = [
    "Approval",
    "ApprovalState",
    "Blob",
    "Run",
    "RunKey",
    "ScheduleFire",
    "Signal",
    "Slot",
    "Step",
    "StepAttempt",
    "StepResult",
    "Trigger",
    "TriggerKind",
    "Version",
    "Workflow",
]
