"""A version ready to execute: its graph with step types looked up and expressions compiled, kept per process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

from pydantic import ValidationError

from crm.actors import Actor, actor_of
from crm.models.members import Role
from workflows import registry
from workflows.expressions import ExpressionError
from workflows.expressions.bindings import Binding, compile_value
from workflows.graph.compile import CompiledGraph, CompiledNode
from workflows.graph.document import references
from workflows.models import RunGraph, Version
from workflows.steps import JSON, Effect, Family, OnUncertain, StepConfig, StepError, StepType

KEPT = 200  # versions
RIGHTS_SECONDS = 10  # how long a publisher's role may be out of date


@dataclass(frozen=True)
class Instruction:
    """One node: what to call, and with what."""

    node: CompiledNode
    type: StepType[Any]
    config: Binding
    constant: StepConfig | None  # the config, where no expression is in it
    needs: frozenset[str]  # nodes whose outputs it reads
    limit_key: Binding | None = None

    @property
    def on_uncertain(self) -> OnUncertain | None:
        """What follows when it may have happened; None where that does no harm."""
        if self.type.effect is not Effect.UNKEYED:
            return None
        asked = self.node.policies.on_uncertain
        return OnUncertain(asked) if asked else self.type.on_uncertain

    @property
    def holds(self) -> bool:
        """Its end may have to let go of something: a place under a limit, an answer it waits for."""
        return self.type.waits or self.limit_key is not None

    def config_for(self, scope: Mapping[str, JSON], *, opening: bool = False) -> StepConfig:
        """With `opening` without what a step that repeats asks after each time."""
        if self.constant is not None:
            return self.constant
        config = compile_value(_without_until(self.node.config)) if opening else self.config
        try:
            validated: StepConfig = self.type.config.model_validate(config.resolve(scope))
            return validated
        except ExpressionError as error:
            raise StepError(str(error), code="expression_failed") from error
        except ValidationError as error:
            raise StepError(_in_words(error), code="config_invalid") from error

    def input_for(self, scope: Mapping[str, JSON]) -> JSON:
        """The value of a single reference, an object of several, else what the step before gave."""
        outputs: Mapping[str, JSON] = scope["steps"]
        if not self.node.inputs:
            before = [node for node, _ in self.node.sources if node in outputs]
            return outputs[before[0]]["output"] if len(before) == 1 else scope["input"]
        values = {reference.partition(".")[0]: _look_up(reference, scope) for reference in self.node.inputs}
        return next(iter(values.values())) if len(values) == 1 else values


@dataclass(frozen=True)
class Program:
    version_id: int
    workflow_id: int
    workflow: str
    number: int
    graph: CompiledGraph
    instructions: Mapping[str, Instruction]
    publisher_id: int | None
    # What the runs of a limited workflow are told apart by.
    run_key: Binding | None = None
    # Steps that a person took out of this one run.
    left_out: frozenset[str] = frozenset()


class VersionUnusable(Exception):
    """This process can't carry the version out, say because a step type is not installed here."""


def _without_until(config: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: value for name, value in config.items() if name != "until"}


def _in_words(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'config'}: {one['msg']}" for one in error.errors()[:5])


def _look_up(reference: str, scope: Mapping[str, JSON]) -> JSON:
    """`node.output.a.b`, or a path into the run's input."""
    head, *path = reference.split(".")
    if path and path[0] == "output":
        value, path = scope["steps"].get(head, {}).get("output"), path[1:]
    else:
        value, path = scope["input"], [head, *path]
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            raise StepError(
                f"The input {reference!r} is not there. Start the run with it, or change the step's inputs.",
                code="input_missing",
            )
        value = value[part]
    return value


def _constant(step_type: StepType[Any], config: Binding) -> StepConfig | None:
    if step_type.family is Family.TRIGGER:
        # A trigger's config is asked before there is a run; in the run it has nothing to say.
        return StepConfig()
    return step_type.config.model_validate(config.resolve({})) if config.is_constant else None


def _instruction(node: CompiledNode) -> Instruction:
    step_type = registry.get(node.type)
    config = compile_value(dict(node.config))
    limit_key = compile_value(node.policies.limit.key) if node.policies.limit else None
    named = config.references | (limit_key.references if limit_key else frozenset())
    read = {path[1] for path in named if path[0] == "steps" and len(path) > 1}
    before = () if node.inputs else (source for source, _ in node.sources)
    return Instruction(
        node=node,
        type=step_type,
        config=config,
        constant=_constant(step_type, config),
        needs=frozenset({*read, *references(node.inputs), *before}),
        limit_key=limit_key,
    )


def assemble(version: Version, own: RunGraph | None = None) -> Program:
    graph = CompiledGraph.from_json(own.compiled if own else version.compiled)
    return Program(
        version_id=version.pk,
        workflow_id=version.workflow_id,
        workflow=version.workflow.name,
        number=version.number,
        graph=graph,
        instructions={key: _instruction(node) for key, node in graph.nodes.items()},
        publisher_id=version.published_by_id,
        run_key=compile_value(graph.settings.limit.key) if graph.settings.limit else None,
        left_out=frozenset(own.left_out) if own else frozenset(),
    )


_programs: OrderedDict[tuple[int, int | None], Program] = OrderedDict()
_programs_lock = Lock()  # an agent may work in threads
_actors: dict[int, tuple[float, Actor]] = {}


def program_of(version_id: int, graph_id: int | None = None) -> Program:
    """Versions and graphs never change, so what was assembled once serves for good."""
    key = version_id, graph_id
    program = _programs.get(key)
    if program is None:
        program = _load(version_id, graph_id)
    with _programs_lock:
        _programs[key] = program
        _programs.move_to_end(key)
        if len(_programs) > KEPT:
            _programs.popitem(last=False)
    return program


def _load(version_id: int, graph_id: int | None) -> Program:
    version = Version.objects.select_related("workflow").get(pk=version_id)
    own = None if graph_id is None else RunGraph.objects.get(pk=graph_id)
    try:
        return assemble(version, own)
    except (KeyError, ValueError, TypeError, ExpressionError) as error:
        raise VersionUnusable(f"{version} can't be carried out here: {error}") from error


def actor_for(program: Program) -> Actor:
    """A run acts with the rights that the member who published its version has now."""
    known = _actors.get(program.version_id)
    if known and monotonic() - known[0] < RIGHTS_SECONDS:
        return known[1]
    publisher = Version.objects.select_related("published_by").get(pk=program.version_id).published_by
    rights = actor_of(publisher) if publisher and publisher.is_active else None
    actor = Actor(
        id=f"workflow:{program.workflow_id}",
        name=f"{program.workflow} v{program.number}",
        role=rights.role if rights else Role.VIEWER,
        member_id=rights.member_id if rights else None,
        team_ids=rights.team_ids if rights else frozenset(),
    )
    _actors[program.version_id] = (monotonic(), actor)
    return actor
