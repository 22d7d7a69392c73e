"""A test of a workflow: an input, the answers of what can't be done again, and what is to come of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from workflows.graph.diff import Change, brief, changes, in_words
from workflows.graph.document import ERROR_PORT, Document
from workflows.graph.validate import NodeType, ports_of

JSON = Any
Counts = Mapping[str, Mapping[str, int]]

MOST_TOLD = 10


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(_Part):
    """What a step gave then: an output by a port, or an error."""

    port: str = Field(default="out", max_length=60)
    output: JSON = None
    error: dict[str, JSON] | None = None


class Facts(_Part):
    """What expressions saw of the run."""

    id: str = ""
    number: int = 0
    workflow: str = ""
    version: int = 0
    now: datetime
    trigger: str = Field(default="", max_length=40)


class Expected(_Part):
    """What is left out is not compared."""

    state: str = "SUCCEEDED"
    # Step -> port -> how often it left that way; empty: it is not reached.
    steps: dict[str, dict[str, int]] = Field(default_factory=dict)
    output: JSON = None
    outputs: dict[str, JSON] = Field(default_factory=dict)
    # What the steps that answer from the case are asked with: their config, and the inputs that they name.
    calls: dict[str, JSON] = Field(default_factory=dict)


class Case(_Part):
    input: dict[str, JSON] = Field(default_factory=dict)
    run: Facts
    # "step", or "step[3]" for the fourth item inside a For each.
    answers: dict[str, Answer] = Field(default_factory=dict)
    expected: Expected


@dataclass(frozen=True)
class Outcome:
    """What came of a run, or of a case."""

    state: str
    steps: Counts
    output: JSON = None
    outputs: Mapping[str, JSON] = field(default_factory=dict)
    calls: Mapping[str, JSON] = field(default_factory=dict)
    error: Mapping[str, JSON] | None = None
    unanswered: tuple[str, ...] = ()  # steps for which the case has no answer


@dataclass(frozen=True)
class Result:
    name: str
    differences: tuple[str, ...]
    steps: Counts

    @property
    def passed(self) -> bool:
        return not self.differences

    def as_json(self) -> dict[str, JSON]:
        return {"name": self.name, "passed": self.passed, "differences": list(self.differences)}


def key_of(node: str, index: int | None) -> str:
    return node if index is None else f"{node}[{index}]"


def differences(document: Document, expected: Expected, actual: Outcome) -> tuple[str, ...]:
    """In words; of what follows from a missing answer nothing is said."""
    if actual.unanswered:
        missing = [_unanswered(document, expected, node) for node in actual.unanswered]
        both = {node: ways for node, ways in expected.steps.items() if ways and actual.steps.get(node)}
        return _first([*_on_steps(document, expected.model_copy(update={"steps": both}), actual), *missing])
    steps, outputs = _on_steps(document, expected, actual), _on_outputs(document, expected, actual)
    return _first([*_on_state(expected, actual), *steps, *_on_calls(document, expected, actual), *outputs])


def _first(told: list[str]) -> tuple[str, ...]:
    rest = len(told) - MOST_TOLD
    return (*told[:MOST_TOLD], *((f"And {rest} more.",) if rest > 0 else ()))


def _label(document: Document, node: str) -> str:
    found = document.nodes.get(node)
    return f"“{found.label or node}”" if found else f"“{node}”"


def _unanswered(document: Document, expected: Expected, node: str) -> str:
    step = node.partition("[")[0]
    if expected.steps.get(step) == {}:
        return f"{_label(document, step)} was reached; it was not reached then, so the case has no answer of it."
    return (
        f"{_label(document, step)} can't be done again, and the case has no answer of {node}. "
        "Save the case again from a run of the changed workflow."
    )


def _on_state(expected: Expected, actual: Outcome) -> Iterator[str]:
    if actual.state != expected.state:
        why = f": {actual.error.get('message', '')}" if actual.error else "."
        yield f"The run ended {actual.state} instead of {expected.state}{why}"


def _on_steps(document: Document, expected: Expected, actual: Outcome) -> Iterator[str]:
    order = [*document.nodes, *sorted(set(expected.steps) - set(document.nodes))]
    for node, then in ((node, expected.steps[node]) for node in order if node in expected.steps):
        now = dict(actual.steps.get(node, {}))
        if node not in document.nodes:
            if then:
                yield f"The step {node} is not there any more; it was left by {_ways(then)}."
        elif now and not then:
            yield f"{_label(document, node)} was reached and left by {_ways(now)}; it was not reached then."
        elif then and not now:
            yield f"{_label(document, node)} was not reached; it was left by {_ways(then)} then."
        elif now != then:
            yield f"{_label(document, node)} was left by {_ways(now)} instead of {_ways(then)}."


def _on_calls(document: Document, expected: Expected, actual: Outcome) -> Iterator[str]:
    for key, then in expected.calls.items():
        node, bracket, index = key.partition("[")
        item = f", item {int(index.rstrip(']')) + 1}" if bracket else ""
        for change in changes(then, actual.calls.get(key, then), "asked"):
            yield f"{_label(document, node)}{item} would be {_asked(change)}"


def _asked(change: Change) -> str:
    path = change.path.removeprefix("asked.").removeprefix("config.")
    return f"asked with another value: {in_words(replace(change, path=path))}"


def _ways(counts: Mapping[str, int]) -> str:
    return " and ".join(port if count == 1 else f"{port} {count:,} times" for port, count in sorted(counts.items()))


def _on_outputs(document: Document, expected: Expected, actual: Outcome) -> Iterator[str]:
    if "output" in expected.model_fields_set:
        yield from (f"The run’s {in_words(change)}" for change in changes(expected.output, actual.output, "output"))
    for node, then in expected.outputs.items():
        if node not in actual.outputs:
            yield f"{_label(document, node)} gave nothing; it was {brief(then)}."
            continue
        for change in changes(then, actual.outputs[node], "output"):
            yield f"{_label(document, node)}: {in_words(change)}"


@dataclass(frozen=True)
class Coverage:
    """The ways out of all steps, and those that no case took."""

    ways: int
    never: tuple[tuple[str, str], ...]

    @property
    def taken(self) -> int:
        return self.ways - len(self.never)

    def as_json(self, document: Document) -> dict[str, JSON]:
        never = [{"node": node, "label": document.nodes[node].label or node, "port": port} for node, port in self.never]
        return {"ways": self.ways, "taken": self.taken, "never": never}

    def in_words(self, document: Document) -> str:
        missed = ", ".join(f"{_label(document, node)} by {port}" for node, port in self.never[:MOST_TOLD])
        more = f" and {len(self.never) - MOST_TOLD} more" if len(self.never) > MOST_TOLD else ""
        return f"{self.taken} of {self.ways} ways taken" + (f"; never {missed}{more}" if missed else "")


def cover(document: Document, types: Mapping[str, NodeType], taken: Iterable[Counts]) -> Coverage:
    seen = {(node, port) for counts in taken for node, ports in counts.items() for port in ports}
    ways = [(node.id, port) for node in document.nodes.values() for port in _ports(document, types, node.id)]
    return Coverage(len(ways), tuple(way for way in ways if way not in seen))


def _ports(document: Document, types: Mapping[str, NodeType], node: str) -> Iterator[str]:
    """Of errors only those that lead somewhere; of steps that nobody knows only what is drawn."""
    drawn = {edge.port for edge in document.outgoing(node)}
    step_type = types.get(document.nodes[node].type)
    possible = ports_of(document.nodes[node], step_type) if step_type else tuple(sorted(drawn))
    return (port for port in possible if port != ERROR_PORT or port in drawn)
