"""Cases for the planner, drawn by Hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from agents.planner.model import Case, Node, Task

DURATIONS = st.integers(0, 6).map(float)


@st.composite
def drawn_cases(draw: Any, most: int = 12) -> Case:
    """Any case that can be planned: tasks depend on earlier ones only, and fit the largest node."""
    capacities = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    tasks: list[Task] = []
    for number in range(draw(st.integers(1, most))):
        before = [task.id for task in tasks]
        depends_on = draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else []
        tasks.append(
            Task(
                f"t{number}",
                duration=draw(DURATIONS),
                units=draw(st.integers(1, max(capacities))),
                depends_on=tuple(depends_on),
                priority=draw(st.integers(0, 1)),
                release=draw(st.sampled_from([0.0, 0.0, 1.0, 5.0])),
                key=draw(st.sampled_from(["a", "b", "c"])),
                predicted=draw(st.none() | DURATIONS),
            )
        )
    return Case(draw(st.permutations(tasks)), [Node(f"n{one}", capacity) for one, capacity in enumerate(capacities)])
