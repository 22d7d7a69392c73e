"""What one transaction will have done to a run: results, ended steps, resolved edges, new steps, the run's end.

Edges are resolved in memory first. A join that is complete within the transaction never touches its row;
what is left is counted on the joins' rows at the end, in the graph's order, so transactions can't deadlock.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from workflows.engine import awaiting, drop, ending, forecast, graphs, joins, run_rows, signals, values
from workflows.engine.joins import Arrivals, JoinRule
from workflows.engine.program import Program
from workflows.engine.refs import RunRow, StepRef, Task, WorkerInfo, engine_setting
from workflows.engine.rows import DAY
from workflows.engine.sheet import Key, Sheet
from workflows.graph.compile import TOP, UNDO, CompiledNode, end_of, is_end
from workflows.graph.document import DEFAULT_PORT, ERROR_PORT
from workflows.graph.policies import Join
from workflows.states import RunState, StepState, WaitFor
from workflows.steps import JSON, Expand, StepError, Stop, Wait

NO_JOIN = Join()
# In the place of an item's port: its error had nowhere to go.
UNHANDLED = "!"


def ports_past(node: CompiledNode) -> set[str]:
    """The ways that a run takes past a step that was taken out of it."""
    ports = [port for port in node.edges if port != ERROR_PORT]
    return {DEFAULT_PORT} if DEFAULT_PORT in ports else set(ports[:1])


class Ledger(Sheet):
    def __init__(self, run: RunRow, program: Program, worker: WorkerInfo, memory: dict[Key, tuple[str, JSON]]) -> None:
        super().__init__(run, program, worker, memory)
        self.ready: deque[Task] = deque()
        self.ended: RunState | None = None
        # What the run's row says of its end; not before what it did is undone.
        self.closed: run_rows.Ended | None = None
        self.rolls_back = False
        # Open steps were cancelled, maybe one that was claimed here.
        self.has_dropped = False
        self._stopped = False
        self._undone = False
        # Maps that failed: what is left of their bodies is of no use.
        self._abandoned: list[str] = []
        self._joins: dict[Key, Arrivals] = {}
        self._chunks: dict[str, Arrivals] = {}
        self._error: JSON | None = None

    # What happened to a step

    def succeed(self, task: Task, port: str, output: JSON) -> None:
        self._keep(task.node, task.item, task.attempt, port, output)
        self._end(task, StepState.SUCCEEDED)
        self._follow(self._node(task), task.item, {port})

    def end_chunk(
        self, task: Task, outcomes: Sequence[JSON], ports: set[str], failed: int,
        state: StepState = StepState.SUCCEEDED, error: JSON | None = None,
    ) -> None:  # fmt: skip
        """`outcomes`: per item None, [port, output] or [UNHANDLED, error]; `failed` of them had nowhere to go."""
        self._keep(task.node, task.item, task.attempt, "*", outcomes)
        self._end(task, state, error)
        if failed:
            self._count_failure(task, failed)
        self._follow(self._node(task), task.item, ports)

    def fail(self, task: Task, error: StepError, state: StepState = StepState.FAILED) -> None:
        shown = error.as_json()
        handled = ERROR_PORT in self._node(task).edges
        self._keep(task.node, task.item, task.attempt, ERROR_PORT, {"error": shown})
        self._end(task, state, shown)
        if task.node in self.program.graph.entries:
            self._abandoned.append(task.node)
        if not handled:
            self._count_failure(task, 1)
            self._error = self._error or {"node": task.node, **shown}
        self._follow(self._node(task), task.item, {ERROR_PORT})

    def skip(self, task: Task, reason: str) -> None:
        """It is not carried out; its branches are resolved as not taken."""
        self._end(task, StepState.SKIPPED, {"code": reason})
        self._follow(self._node(task), task.item, set())

    def pass_by(self, task: Task) -> None:
        """It was taken out of the run: on to what follows, as if it had been done."""
        self._end(task, StepState.SKIPPED, {"code": "left_out"})
        self._follow(self._node(task), task.item, ports_past(self._node(task)))

    def lose_out(self, task: Task) -> None:
        """It came too late for a join that has begun, and leads nowhere else."""
        self._end(task, StepState.CANCELLED, {"code": "join_has_begun"})

    def has_lost(self, task: Task) -> bool:
        """Whether the join that it leads to has begun without it. Steps that stood open then were dropped by the join;
        one that is born later, behind a step that leads elsewhere too, learns it here."""
        lost_to = self.program.graph.lost_to.get(task.node)
        return lost_to is not None and joins.has_begun(self.run.id, lost_to, task.item)

    def stop(self, task: Task, stop: Stop) -> None:
        """Ends the run here; whatever else is open is cancelled."""
        error = None if stop.error is None else {"node": task.node, "code": "stopped", "message": stop.error}
        self._keep(task.node, task.item, task.attempt, DEFAULT_PORT, stop.output)
        self._end(task, StepState.SUCCEEDED if error is None else StepState.FAILED, error)
        self._error = self._error or error
        self._stopped = True
        self.ended = RunState.SUCCEEDED if error is None else RunState.FAILED
        self.ready.clear()

    def wait(self, task: Task, wait: Wait) -> None:
        self._note_attempt(task, "WAITING")
        if wait.for_answer:
            reason = WaitFor.PERSON if wait.person else WaitFor.RUN if wait.run else WaitFor.EVENT
            timeout = self._node(task).policies.timeout_seconds
            if wait.event:
                awaiting.register(StepRef(self.run.id, task.node, task.item), wait.event)
            if signals.came_early(StepRef(self.run.id, task.node, task.item)):
                self._put(task, StepState.READY, reason, wake_seconds=engine_setting("READY_GRACE_SECONDS"))
                self.wakes.append((self._kind(task.node), StepRef(self.run.id, task.node, task.item)))
                return
            self._put(task, StepState.WAITING, reason, wake_seconds=wait.seconds or timeout or DAY)
        else:
            self._put(task, StepState.WAITING, WaitFor.TIME, wake_seconds=wait.seconds, wake_at=wait.until)

    def expand(self, task: Task, expand: Expand) -> None:
        """Puts the items into chunks; those whose turn it is are ready at the body's entries."""
        items = list(expand.items)
        if not items:
            self.succeed(task, DEFAULT_PORT, {"count": 0, "succeeded": 0, "failed": 0, "results": [], "errors": []})
            return
        if expand.body is not None:
            self.run, self.program = graphs.grow(self.run, self.program, task.node, expand)
        size = self._chunk_size(task.node, expand)
        starts = range(0, len(items), size)
        numbers = range(expand.after + 1, expand.after + len(starts) + 1)
        self._check_number(task.node, numbers[-1])
        for number, start in zip(numbers, starts, strict=True):
            chunk = {"start": expand.after + start, "items": items[start : start + size]}
            self._keep(task.node, number, task.attempt, "item", chunk, remember=False)
        # Only now that every chunk could be kept: a map that fails must not leave steps behind.
        begun = numbers[: expand.at_once]
        self._begin_chunks(task.node, begun)
        self._note_attempt(task, "EXPANDED")
        self._put(
            task, StepState.WAITING, WaitFor.ITEMS, pending=len(starts), wake_seconds=DAY,
            size=numbers[-1], begun=begun[-1], budget=expand.failures_allowed,
        )  # fmt: skip

    def _check_number(self, node: str, chunks: int) -> None:
        most = int(engine_setting("STEPS_A_RUN"))
        steps = chunks * sum(one.scope == node for one in self.program.graph.nodes.values())
        if steps > most:
            message = f"This would be {steps:,} steps; a run has at most {most:,}. Work on fewer items, or in sub-runs."
            raise StepError(message, code="too_many_steps")

    def _chunk_size(self, node: str, expand: Expand) -> int:
        if node in self.program.graph.one_by_one or expand.body is not None:
            return 1
        return max(1, expand.chunk_size or int(engine_setting(self._usual_chunk(node))))

    def _usual_chunk(self, node: str) -> str:
        body = (one for one in self.program.instructions.values() if one.node.scope == node)
        return "CHUNK_CALLS" if any(one.type.effect.is_outside for one in body) else "CHUNK_ITEMS"

    def _begin_chunks(self, node: str, numbers: Iterable[int]) -> None:
        graph = self.program.graph
        for number in numbers:
            for entry in graph.entries[node]:
                self._birth(entry, number, StepState.READY, wake_seconds=engine_setting("READY_GRACE_SECONDS"))
            self._arm(node, number)

    def hand_on(self, task: Task) -> None:
        """Leaves a ready step to whoever claims it."""
        if task.exists:
            raise ValueError("A claimed step can't be handed on.")
        self._birth(task.node, task.item, StepState.READY, wake_seconds=engine_setting("READY_GRACE_SECONDS"))

    def hand_on_all(self) -> None:
        while self.ready:
            self.hand_on(self.ready.popleft())

    def cancel(self, error: JSON = None) -> None:
        """Ends the run early, what is open of it having been dropped."""
        self._error = error
        self.ended = RunState.CANCELLED

    def leave(self, error: JSON) -> None:
        """The run is not carried out at all."""
        self.ready.clear()
        self._joins.clear()
        self.cancel(error)

    def expire(self, error: JSON) -> None:
        self._error = error
        self.ended = RunState.FAILED

    def claim(self, task: Task) -> None:
        """Takes a ready step for this worker, to be executed after the commit."""
        self._birth(
            task.node, task.item, StepState.RUNNING, attempt=task.attempt,
            wake_seconds=engine_setting("LEASE_SECONDS"),
        )  # fmt: skip
        task.exists, task.waited = True, 0.0

    def start(self, taken: Iterable[str], among: Iterable[str] | None = None) -> None:
        """Begins a run: the entries that started it are ready, the others skipped. `among`: those not begun yet."""
        chosen = set(taken)
        self._arm(TOP, 0)
        for entry in self.program.graph.entries[TOP] if among is None else among:
            self._reach(entry, 0, Arrivals(n=1, taken=int(entry in chosen)))

    # Edges

    def _follow(self, node: CompiledNode, item: int, ports: set[str]) -> None:
        self._arm(node.id, item)
        for port, targets in node.edges.items():
            for target in targets:
                self._arrive(target, item, taken=port == "*" or port in ports)

    def _arm(self, node: str, item: int) -> None:
        """From here on runs the time of joins that wait only so long: their rows are there from the start."""
        for join in self.program.graph.arms.get(node, ()):
            self._joins.setdefault((join, item), Arrivals())

    def replay(self, source: str, ports: set[str], targets: Iterable[str]) -> None:
        """Resolves those edges of an ended step at the top that lead to some steps, which have been made anew."""
        wanted = set(targets)
        node = self.program.graph.nodes[source]
        for join in self.program.graph.arms.get(source, ()):
            if join in wanted:
                self._joins.setdefault((join, 0), Arrivals())
        if ERROR_PORT in ports and ERROR_PORT not in node.edges:
            self._count_failure(Task(source, 0, datetime.now(UTC)), 1)
        for port, leads_to in node.edges.items():
            for target in leads_to:
                if target in wanted or is_end(target):
                    self._arrive(target, 0, taken=port == "*" or port in ports)

    def _arrive(self, target: str, item: int, *, taken: bool) -> None:
        if target == end_of(UNDO):
            self._undone = True
            return
        came = self._joins.setdefault((target, item), Arrivals())
        came.n += 1
        came.taken += taken
        if came.n == self.program.graph.incoming(target):
            del self._joins[target, item]
            if is_end(target) and target.partition(":")[2] in self.program.graph.joined:
                # A failure that led into a join was counted here by an earlier transaction.
                came.failed += joins.close_end(self.run.id, target, item)
            self._reach(target, item, came)

    def _reach(self, target: str, item: int, came: Arrivals) -> None:
        """All edges of the target are resolved."""
        if is_end(target):
            self._reach_end(target.partition(":")[2], came)
        elif came.taken and target in self.program.left_out:
            self.pass_by(Task(target, item, datetime.now(UTC)))
        elif came.taken:
            self.ready.append(Task(target, item, datetime.now(UTC)))
        else:
            self._birth(target, item, StepState.SKIPPED)
            self._follow(self.program.graph.nodes[target], item, set())

    def _reach_end(self, scope: str, came: Arrivals) -> None:
        if scope == TOP:
            self.ended = RunState.FAILED if came.failed else RunState.SUCCEEDED
        else:
            chunks = self._chunks.setdefault(scope, Arrivals())
            chunks.n += 1
            chunks.failed += came.failed

    def _count_failure(self, task: Task, failed: int) -> None:
        scope = self._node(task).scope
        if scope == UNDO:
            return
        self._joins.setdefault((end_of(scope), task.item), Arrivals()).failed += failed

    def _rule(self, node: str) -> JoinRule:
        graph = self.program.graph
        join = NO_JOIN if is_end(node) else graph.nodes[node].policies.join or NO_JOIN
        rule = JoinRule(self._kind(node), graph.incoming(node), join.needed, join.deadline_seconds)
        if is_end(node):
            return rule
        return replace(rule, rank=forecast.rank(self.program, node), units=self._units(node))

    # Writing

    def write(self) -> None:
        """Writes all of it, in the caller's transaction."""
        self._write_rows()
        for node in self._abandoned:
            self._drop_body(node)
        while self._joins or self._chunks:
            self._settle_joins()
            self._settle_maps()
            self._write_rows()
        if self._error is not None:
            run_rows.note_error(self.run.id, json.dumps(self._error, default=str))
        if self._left:
            self.wakes += drop.release(self.run.id, self._left)
        if self._stopped:
            self._drop()
        if self.ended is not None or self._undone:
            self._end_run()

    def _end_run(self) -> None:
        """A run that failed or was cancelled first undoes what it did, the latest first, a step at a time."""
        state = RunState(self.run.ending) if self._undone else self.ended or RunState.FAILED
        if self.program.graph.losers:
            self._drop()  # branches that came too late for their join may still be under way
        undo = ending.next_undo(self.run.id, self.program) if state != RunState.SUCCEEDED else None
        if undo is None:
            output = values.shortened(self._run_output()) if state != RunState.CANCELLED else None
            if closed := ending.close(self.run, self.program, state, output):
                self.closed, wakes = closed
                self.wakes += wakes
        elif self._undone or run_rows.begin_rollback(self.run.id, state):
            self.rolls_back = True
            self._birth(undo, 0, StepState.READY, wake_seconds=engine_setting("READY_GRACE_SECONDS"))
            self._write_rows()

    def _settle_joins(self) -> None:
        graph = self.program.graph
        reached, self._joins = self._joins, {}
        last = len(graph.rank)
        for node, item in sorted(reached, key=lambda key: (graph.rank.get(key[0], last), len(key[0]) == 4, *key)):
            settled = joins.arrive(self.run, node, item, self._rule(node), reached[node, item])
            if settled is None or settled[0] == StepState.PENDING:
                continue
            state, _, failed = settled
            if is_end(node):
                self._reach_end(node.partition(":")[2], Arrivals(failed=failed))
            elif state == StepState.READY:
                self.wakes.append((self._kind(node), StepRef(self.run.id, node, item)))
                if losers := graph.dropped_by(node):
                    self._drop(losers, item or None)
            else:
                self._follow(graph.nodes[node], item, set())

    def _settle_maps(self) -> None:
        chunks, self._chunks = self._chunks, {}
        for node in sorted(chunks):
            count = joins.end_chunks(self.run.id, node, chunks[node].n, chunks[node].failed)
            if count is None:
                continue
            if count.budget is not None and count.failed > count.budget and not count.is_complete:
                self._give_up(node)
            elif not count.is_complete:
                self._begin_chunks(node, count.begins)
                continue
            self.wakes.append((self._kind(node), StepRef(self.run.id, node, 0)))

    def _drop(self, nodes: Sequence[str] | None = None, item: int | None = None) -> None:
        self.has_dropped = True
        self.wakes += drop.drop_steps(self.run.id, nodes, item)

    def _give_up(self, node: str) -> None:
        self._drop_body(node)
        joins.give_up(self.run.id, node)

    def _drop_body(self, node: str) -> None:
        body = [one.id for one in self.program.graph.nodes.values() if one.scope == node]
        self._drop([*body, end_of(node)])

    def _run_output(self) -> JSON:
        """The output of the step that ended the run; of several, each under its name."""
        sinks = self.program.graph.sinks[TOP]
        known: Mapping[Key, tuple[str, JSON]] = {
            **values.load(self.run.id, ((node, 0) for node in sinks if (node, 0) not in self.memory)),
            **self.memory,
        }
        outputs = {node: known[node, 0][1] for node in sinks if (node, 0) in known and known[node, 0][0] != ERROR_PORT}
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs
