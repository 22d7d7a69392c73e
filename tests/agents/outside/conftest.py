"""A system outside to call, and steps that call it."""

from tests.agents.running import admin, allowed, canary, manager, run_step

__all__ = ["admin", "allowed", "canary", "manager", "run_step"]
