"""schedule plan, schedule simulate: which step should run where and when, and how far that is from the best."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.planner import cases, draw
from agents.planner.bounds import Bounds, lower_bounds
from agents.planner.dispatch import Strategy, plan
from agents.planner.exact import Objective, solve
from agents.planner.model import Case, PlanError
from agents.planner.schedule import Schedule
from agents.services.simulations import simulate


class Command(BaseCommand):
    help = "Plans a case, or replays this installation's history under each strategy."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="action", required=True)
        planned = commands.add_parser("plan", help="plans the tasks of a file on its nodes")
        planned.add_argument("file", nargs="?", type=Path, help='{"nodes": [{"name", "capacity"}], "tasks": […]}')
        planned.add_argument("--case", choices=["mission"], help="a case that comes with the product")
        planned.add_argument("--duration-of-c", type=float, default=1.0, help="in the given case, which leaves it open")
        planned.add_argument("--objective", choices=["makespan", "cost"], default="cost", help="cost is Σ R·t")
        planned.add_argument("--seconds", type=float, default=5.0, help="at most so long for the exact search")
        simulated = commands.add_parser("simulate", help="replays real runs under each strategy")
        simulated.add_argument("--strategy", choices=[*Strategy, "all"], default="all")
        simulated.add_argument("--days", type=int, default=7)
        simulated.add_argument("--load", type=float, default=1.0, help="runs arrive so many times as fast")
        for command in (planned, simulated):
            command.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(self.plan(options) if options["action"] == "plan" else self.simulate(options))

    def plan(self, options: dict[str, Any]) -> str:
        try:
            case = _case(options)
        except PlanError as error:
            raise CommandError(f"{error.code}: {error}") from error
        objective: Objective = options["objective"]
        bounds, solution = lower_bounds(case), solve(case, objective, options["seconds"])
        plans = {strategy.value: plan(case, strategy) for strategy in Strategy}
        if options["json"]:
            return json.dumps(
                {
                    "bounds": {**bounds.__dict__, "makespan": bounds.makespan},
                    "exact": {**_shown(solution.schedule, bounds), "objective": objective, "proven": solution.proven},
                    "strategies": {name: _shown(schedule, bounds) for name, schedule in plans.items()},
                }
            )
        proof = "nothing is better" if solution.proven else "out of time, so there may be a better one"
        parts = [f"By {objective} ({proof}):", draw.table(solution.schedule), draw.gantt(solution.schedule)]
        parts += [draw.distance(solution.schedule, bounds)]
        parts += [f"{name}: {draw.distance(schedule, bounds)}" for name, schedule in plans.items()]
        if options["case"]:
            parts.insert(0, f"C takes {options['duration_of_c']:g}: the case leaves it open (--duration-of-c).")
        return "\n\n".join(parts)

    def simulate(self, options: dict[str, Any]) -> str:
        strategies = list(Strategy) if options["strategy"] == "all" else [Strategy(options["strategy"])]
        if not (1 <= options["days"] <= 366 and 0.01 <= options["load"] <= 1_000_000):
            raise CommandError("--days is from 1 to 366, --load from 0.01 to 1000000.")
        result = simulate(days=options["days"], load=options["load"], strategies=strategies)
        return json.dumps(result) if options["json"] else _simulation_in_words(result)


def _case(options: dict[str, Any]) -> Case:
    if (options["file"] is None) == (options["case"] is None):
        raise CommandError("Name a file, or --case mission.")
    if options["case"]:
        return cases.mission(options["duration_of_c"])
    try:
        return cases.read(json.loads(options["file"].read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        if isinstance(error, PlanError):
            raise
        raise CommandError(f"{options['file']} can't be read as JSON: {error}") from error


def _shown(schedule: Schedule, bounds: Bounds) -> dict[str, Any]:
    placements = [
        {"task": one.task.id, "node": one.node, "units": one.task.units, "start": one.start, "end": one.end}
        for one in sorted(schedule.placements, key=lambda one: (one.start, one.task.id))
    ]
    return {
        "makespan": schedule.makespan,
        "makespan_above_bound": schedule.makespan - bounds.makespan,
        "cost": schedule.cost,
        "cost_above_bound": schedule.cost - bounds.cost,
        "utilisation": schedule.utilisation,
        "imbalance": schedule.imbalance,
        "placements": placements,
    }


COLUMNS = (
    ("strategy", "strategy", "{}"), ("makespan", "makespan s", "{:.2f}"), ("distance", "above bound", "{:.2%}"),
    ("utilisation", "utilisation", "{:.1%}"), ("wait_p50", "wait p50 s", "{:.3f}"),
    ("wait_p95", "wait p95 s", "{:.3f}"), ("job_p95", "run p95 s", "{:.3f}"),
    ("worst_key", "worst workflow s", "{:.3f}"), ("imbalance", "L", "{:.3f}"),
)  # fmt: skip


def _simulation_in_words(result: dict[str, Any]) -> str:
    if not result["tasks"]:
        return f"No run began in the last {result['days']} days."
    head = f"{result['tasks']:,} attempts of {result['runs']:,} runs of the last {result['days']} days"
    head += " (the newest; there were more)" if result["cut"] else ""
    nodes = ", ".join(f"{node['name']} ({node['capacity']})" for node in result["nodes"])
    rows = [[title for _, title, _ in COLUMNS]]
    rows += [[form.format(one[name]) for name, _, form in COLUMNS] for one in result["outcomes"]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    table = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return (
        f"{head}, {result['load']:g} times as fast\non {nodes}; no schedule is under {result['bound']:.2f} s\n\n{table}"
    )
