"""What is drawn (workflow, version, trigger) and what runs (run, step and their history)."""

from workflows.models.approvals import Approval, ApprovalState
from workflows.models.batches import OPEN_BATCH, BatchKind, BatchState, RunBatch
from workflows.models.cases import WorkflowCase
from workflows.models.definitions import Version, Workflow
from workflows.models.history import Blob, Signal, StepAttempt, StepResult
from workflows.models.runs import EventWait, Pace, Run, RunGraph, RunKey, Slot, Step
from workflows.models.triggers import (
    MomentFire,
    RefusedStart,
    ScheduleFire,
    SegmentMember,
    Trigger,
    TriggerKind,
)

__all__ = [
    "OPEN_BATCH",
    "Approval",
    "ApprovalState",
    "BatchKind",
    "BatchState",
    "Blob",
    "EventWait",
    "MomentFire",
    "Pace",
    "RefusedStart",
    "Run",
    "RunBatch",
    "RunGraph",
    "RunKey",
    "ScheduleFire",
    "SegmentMember",
    "Signal",
    "Slot",
    "Step",
    "StepAttempt",
    "StepResult",
    "Trigger",
    "TriggerKind",
    "Version",
    "Workflow",
    "WorkflowCase",
]
