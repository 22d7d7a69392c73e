"""A schedule as text: a table and a Gantt chart."""

from __future__ import annotations

from agents.planner.bounds import Bounds
from agents.planner.schedule import Placement, Schedule

WIDE = 60  # characters


def table(schedule: Schedule) -> str:
    rows: list[tuple[str, ...]] = [("task", "node", "units", "start", "end", "waited")]
    for one in sorted(schedule.placements, key=lambda one: (one.start, one.task.id)):
        units, numbers = str(one.task.units), (one.start, one.end, one.wait)
        rows.append((one.task.id, one.node, units, *(f"{number:g}" for number in numbers)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                     for row in rows)  # fmt: skip


def gantt(schedule: Schedule) -> str:
    """A line for every unit of every node; each task fills as many as it needs."""
    end = schedule.makespan or 1.0
    lines = []
    widest = max(len(node.name) for node in schedule.nodes)
    for node in schedule.nodes:
        mine = [one for one in schedule.placements if one.node == node.name]
        for unit, line in enumerate(_lines(mine, node.capacity, end)):
            lines.append(f"{(node.name if unit == 0 else '').ljust(widest)} │{line}│")
    lines.append(f"{' ' * widest} 0{f'{end:g}'.rjust(WIDE + 1)}")
    return "\n".join(lines)


def _lines(placements: list[Placement], capacity: int, end: float) -> list[str]:
    lines = [["·"] * WIDE for _ in range(capacity)]
    until = [0.0] * capacity
    for one in sorted(placements, key=lambda one: one.start):
        free = [unit for unit in range(capacity) if until[unit] <= one.start + 1e-9]
        for unit in free[: one.task.units]:
            until[unit] = one.end
            first, last = round(one.start / end * WIDE), round(one.end / end * WIDE)
            label = one.task.id[: max(last - first, 0)]
            lines[unit][first:last] = label.ljust(last - first, "█")
    return ["".join(line) for line in lines]


def distance(schedule: Schedule, bounds: Bounds) -> str:
    """How far a schedule is from what none can beat, in words."""
    return "\n".join(
        (
            f"makespan {schedule.makespan:g}, bound {bounds.makespan:g} (critical path {bounds.critical_path:g},"
            f" work {bounds.work:g}, by size {bounds.classes:g}): {above(schedule.makespan, bounds.makespan)}",
            f"Σ R·t {schedule.cost:g}, bound {bounds.cost:g}: {above(schedule.cost, bounds.cost)}",
        )
    )


def above(value: float, bound: float) -> str:
    if value <= bound * (1 + 1e-9):
        return "the bound itself, nothing is better"
    return f"{(value / bound - 1):.1%} above" if bound else "above"
