"""Steps run by the engine, on customers of their own."""

from tests.agents.running import admin, allowed, canary, customers, manager, run_step

__all__ = ["admin", "allowed", "canary", "customers", "manager", "run_step"]
