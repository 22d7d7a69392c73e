"""Closures of map, filter, all, exists and exists_one. Each item pays for the nodes of its body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workflows.expressions.emit import Closure, Slots, boolean, emit
from workflows.expressions.errors import ExpressionError, LimitError, located
from workflows.expressions.functions.registry import plain
from workflows.expressions.limits import Evaluation
from workflows.expressions.schema import a_kind, kind_of
from workflows.expressions.syntax import Macro

Items = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Loop:
    slot: int  # of the variable
    cost: int  # of one item
    condition: Closure | None
    body: Closure
    position: int

    def each(self, evaluation: Evaluation, items: Items) -> Iterator[Any]:
        variables, slot, cost = evaluation.variables, self.slot, self.cost
        for item in items:
            evaluation.fuel -= cost
            if evaluation.fuel < 0:
                evaluation.stop()
            variables[slot] = item
            yield item

    def holds(self, evaluation: Evaluation) -> bool:
        return boolean(self.body(evaluation), self.position)


@emit.register
def _macro(node: Macro, slots: Slots) -> Closure:
    # Not the number of names: a variable may hide an outer one of its name, whose slot stays taken.
    slot = max(slots.values(), default=-1) + 1
    inner = {**slots, node.variable: slot}
    condition = emit(node.condition, inner) if node.condition else None
    cost = 1 + node.body.cost + (node.condition.cost if node.condition else 0)
    loop = Loop(slot, cost, condition, emit(node.body, inner), node.body.position)
    target, run = emit(node.target, slots), _RUNS[node.name]

    def go(evaluation: Evaluation) -> Any:
        items = target(evaluation)
        try:
            return run(evaluation, items if type(items) is list else _listed(items, node), loop)
        except LimitError as error:
            raise located(error, node.position) from None

    return go


def _listed(value: Any, node: Macro) -> Items:
    value = plain(value)
    if type(value) is dict:
        return list(value)
    if type(value) is list:
        return value
    message = f"{node.name}() goes through a list, and this is {a_kind(kind_of(value))}."
    raise ExpressionError("wrong_type", message, node.position)


def _filter(evaluation: Evaluation, items: Items, loop: Loop) -> list[Any]:
    body, position = loop.body, loop.position
    kept = []
    for item in loop.each(evaluation, items):
        verdict = body(evaluation)
        if verdict is True or (verdict is not False and boolean(verdict, position)):
            kept.append(item)
    return kept


def _map(evaluation: Evaluation, items: Items, loop: Loop) -> list[Any]:
    condition, body = loop.condition, loop.body
    if condition is None:
        evaluation.make_list(len(items))
        return [body(evaluation) for _ in loop.each(evaluation, items)]
    made = [body(evaluation) for _ in loop.each(evaluation, items) if boolean(condition(evaluation), loop.position)]
    evaluation.make_list(len(made))
    return made


def _decides(evaluation: Evaluation, items: Items, loop: Loop, decisive: bool) -> bool:
    """Whether one item decides; as in CEL it may though another one is an error."""
    failure: ExpressionError | None = None
    for _ in loop.each(evaluation, items):
        try:
            if loop.holds(evaluation) is decisive:
                return True
        except LimitError:
            raise
        except ExpressionError as error:
            failure = failure or error
    if failure:
        raise failure
    return False


def _all(evaluation: Evaluation, items: Items, loop: Loop) -> bool:
    return not _decides(evaluation, items, loop, False)


def _exists(evaluation: Evaluation, items: Items, loop: Loop) -> bool:
    return _decides(evaluation, items, loop, True)


def _exists_one(evaluation: Evaluation, items: Items, loop: Loop) -> bool:
    return sum(loop.holds(evaluation) for _ in loop.each(evaluation, items)) == 1


_RUNS: dict[str, Callable[[Evaluation, Items, Loop], Any]] = {
    "map": _map,
    "filter": _filter,
    "all": _all,
    "exists": _exists,
    "exists_one": _exists_one,
}
