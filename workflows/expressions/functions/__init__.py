"""Everything an expression can do with values. Importing this fills the registry."""

from workflows.expressions.functions import conversions, lists, numbers, ordering, texts, times
from workflows.expressions.functions.registry import FUNCTIONS, Function, call, find

__all__ = ["FUNCTIONS", "Function", "call", "conversions", "find", "lists", "numbers", "ordering", "texts", "times"]
