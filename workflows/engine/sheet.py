"""The rows that one transaction will write for a run: steps as they shall stand, results, attempts."""

from __future__ import annotations

from datetime import UTC, datetime

from workflows.engine import forecast, inserts, rows, values
from workflows.engine.program import Program
from workflows.engine.refs import RunRow, StepRef, Task, WorkerInfo
from workflows.engine.rows import StepRow
from workflows.engine.wake import Wake
from workflows.graph.compile import CompiledNode, is_end
from workflows.states import StepState
from workflows.steps import JSON

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
