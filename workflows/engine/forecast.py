"""What is predicted of a step at its birth: the time from it to the end of its run, from how long nodes took so far."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from time import monotonic

from django.conf import settings
from django.utils.module_loading import import_string

from workflows.engine.program import Program
from workflows.graph.remaining import remaining

FRESH_SECONDS = 60
KEPT = 200  # graphs

# By identity of the graph, which is kept with it so that no other can get its number.
_known: OrderedDict[int, tuple[float, Program, Mapping[str, float]]] = OrderedDict()
_lock = Lock()


def rank(program: Program, node: str) -> float:
    """Seconds; 0 while nothing is known, and at most a minute old."""
    key = id(program.graph)
    known = _known.get(key)
    if known is None or monotonic() - known[0] > FRESH_SECONDS:
        seconds: Mapping[str, float] = import_string(settings.STEP_FORECAST)(program.workflow_id)
        known = monotonic(), program, remaining(program.graph, seconds)
        with _lock:
            _known[key] = known
            _known.move_to_end(key)
            if len(_known) > KEPT:
                _known.popitem(last=False)
    return known[2].get(node, 0.0)


def forget() -> None:
    with _lock:
        _known.clear()
