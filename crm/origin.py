"""Where an automated change came from: the run, its step, the workflow's version and the model."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Origin:
    run_id: UUID | None = None
    node: str = ""
    workflow_version: str = ""  # "Churn rescue v3"
    model: str = ""
