"""The rows that one transaction will write for a run: steps as they shall stand, results, attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

from workflows.engine import forecast, inserts, rows, values
from workflows.engine.program import Program, actor_for
from workflows.engine.refs import RunRow, StepRef, Task, WorkerInfo, engine_setting
from workflows.engine.rows import DAY, StepRow
from workflows.engine.wake import Wake
from workflows.graph.compile import CompiledNode, is_end
from workflows.states import StepState, WaitFor
from workflows.steps import JSON, RunInfo, StepError

Key = tuple[str, int]


class Sheet:
    def __init__(self, run: RunRow, program: Program, worker: WorkerInfo, memory: dict[Key, tuple[str, JSON]]) -> None:
        self.run, self.program, self.worker = run, program, worker
        # Outputs known in this process: (node, item) -> (port, output).
        self.memory = memory
        self.wakes: list[Wake] = []
        # Ended steps that may hold something: a place under a limit, an answer that they waited for.
        self._left: list[Key] = []
        self._updates: list[StepRow] = []
        self._births: list[StepRow] = []
        self._results: list[dict[str, object]] = []
        self._attempts: list[dict[str, object]] = []
        self._blobs: list[tuple[object, ...]] = []

    @cached_property
    def run_info(self) -> RunInfo:
        """What each step of the run is told of it."""
        run, program = self.run, self.program
        return RunInfo(
            run.id, run.number, program.workflow_id, program.workflow, program.number, run.input, actor_for(program),
            run.depth,
        )  # fmt: skip

    @cached_property
    def run_facts(self) -> Mapping[str, JSON]:
        """What expressions see as `run`."""
        run, program = self.run, self.program
        return {"id": str(run.id), "number": run.number, "workflow": program.workflow, "version": program.number}

    # Steps that stay open

    def put_off(self, task: Task, seconds: float | None) -> None:
        """Others are at it: it waits for its turn, or so many seconds."""
        self._put(task, StepState.WAITING, WaitFor.LIMIT, wake_seconds=DAY if seconds is None else seconds)

    def retry(self, task: Task, error: StepError, delay: float) -> None:
        self._note_attempt(task, "FAILED", error.as_json())
        waits_for = task.waited_for or WaitFor.RETRY
        self._put(task, StepState.WAITING, waits_for, failures=task.failures + 1, wake_seconds=delay)

    def lose(self, task: Task, error: StepError) -> None:
        """The worker was lost: ready again, with what the step had waited for."""
        self._note_attempt(task, "LOST", error.as_json())
        self._put(task, StepState.READY, task.waited_for, wake_seconds=engine_setting("READY_GRACE_SECONDS"))
        self.wakes.append((self._kind(task.node), StepRef(self.run.id, task.node, task.item)))

    def probe(self, task: Task, error: StepError) -> None:
        """An effect may have happened: its target is asked before anything else."""
        self.lose(replace(task, waited_for=WaitFor.PROBE), error)

    def park(self, task: Task, error: StepError) -> None:
        """An effect may have happened: a person decides."""
        self._note_attempt(task, "UNCERTAIN", error.as_json())
        self._put(task, StepState.UNCERTAIN, WaitFor.PERSON, wake_seconds=DAY)

    def ask(self, task: Task, error: StepError) -> None:
        """It failed for good, and a person decides what follows."""
        self._note_attempt(task, "FAILED", error.as_json())
        self._put(task, StepState.WAITING, WaitFor.DECISION, failures=task.failures + 1, wake_seconds=DAY)

    # Rows

    def _node(self, task: Task) -> CompiledNode:
        return self.program.graph.nodes[task.node]

    def _kind(self, node: str) -> str:
        return "end" if is_end(node) else self.program.graph.nodes[node].type

    def _keep(self, node: str, item: int, attempt: int, port: str, output: JSON, *, remember: bool = True) -> None:
        stored = values.store(output)
        blob_id = None
        if stored.blob:
            blob_id, size, content = stored.blob
            self._blobs.append((blob_id, size, content))
        self._results.append(
            {"node": node, "item": item, "attempt": attempt, "port": port, "output": stored.text, "blob_id": blob_id}
        )
        if remember:
            self.memory[node, item] = (port, output)

    def _end(self, task: Task, state: StepState, error: JSON | None = None) -> None:
        self._note_attempt(task, state, error)
        self._put(task, state)
        if self.program.instructions[task.node].holds:
            self._left.append((task.node, task.item))

    def _note_attempt(self, task: Task, outcome: str, error: JSON | None = None) -> None:
        self._attempts.append(
            {
                "node": task.node, "item": task.item, "attempt": task.attempt, "started_at": task.started,
                "ended_at": datetime.now(UTC), "outcome": outcome, "error": error, "waited": task.waited,
                "input": task.given,
            }
        )  # fmt: skip

    def _put(
        self, task: Task, state: StepState, waits_for: str = "", *, failures: int | None = None, pending: int = 0,
        wake_seconds: float | None = None, wake_at: datetime | None = None,
        size: int = 0, begun: int | None = None, budget: int | None = None,
    ) -> None:  # fmt: skip
        row = StepRow(
            node=task.node, item=task.item, kind=self._kind(task.node), state=state, waits_for=waits_for,
            pending=pending, attempt=task.attempt, failures=task.failures if failures is None else failures,
            crashes=task.crashes, wake_seconds=wake_seconds, wake_at=wake_at, worker_id=self.worker.id,
            size=size, begun=begun, budget=budget, priority=self._priority(task.node), units=self._units(task.node),
        )  # fmt: skip
        (self._updates if task.exists else self._births).append(row)

    def _birth(
        self, node: str, item: int, state: StepState, *, attempt: int = 0, wake_seconds: float | None = None
    ) -> None:
        kind = self._kind(node)
        worker = self.worker.id if state == StepState.RUNNING else None
        self._births.append(
            StepRow(
                node,
                item,
                kind,
                state,
                attempt=attempt,
                wake_seconds=wake_seconds,
                worker_id=worker,
                priority=self._priority(node),
                rank=self._rank(node, state),
                units=self._units(node),
            )
        )
        if state == StepState.READY:
            self.wakes.append((kind, StepRef(self.run.id, node, item)))

    def _rank(self, node: str, state: StepState) -> float:
        return forecast.rank(self.program, node) if state == StepState.READY else 0.0

    def _units(self, node: str) -> int:
        return self.program.instructions[node].type.units

    def _priority(self, node: str) -> int | None:
        return self.program.graph.nodes[node].policies.priority

    def _write_rows(self) -> None:
        for row in self._updates:
            rows.update_step(self.run.id, row)
        inserts.insert_blobs(self.run, self._blobs)
        inserts.insert(self.run, self.worker, steps=self._births, results=self._results, attempts=self._attempts)
        for written in (self._updates, self._births, self._blobs, self._results, self._attempts):
            written.clear()
