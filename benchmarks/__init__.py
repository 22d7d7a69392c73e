"""Measurements: the engine beside others, the designer against its budgets."""
