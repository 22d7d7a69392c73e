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
from workflows.models import Version
from workflows.steps import JSON, Family, StepConfig, StepError, StepType

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

    def config_for(self, scope: Mapping[str, JSON]) -> StepConfig:
        if self.constant is not None:
            return self.constant
        try:
            config: StepConfig = self.type.config.model_validate(self.config.resolve(scope))
            return config
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
    read = {path[1] for path in config.references if path[0] == "steps" and len(path) > 1}
    before = () if node.inputs else (source for source, _ in node.sources)
    return Instruction(
        node=node,
        type=step_type,
        config=config,
        constant=_constant(step_type, config),
        needs=frozenset({*read, *references(node.inputs), *before}),
    )


def assemble(version: Version) -> Program:
    graph = CompiledGraph.from_json(version.compiled)
    return Program(
        version_id=version.pk,
        workflow_id=version.workflow_id,
        workflow=version.workflow.name,
        number=version.number,
        graph=graph,
        instructions={key: _instruction(node) for key, node in graph.nodes.items()},
        publisher_id=version.published_by_id,
    )


_programs: OrderedDict[int, Program] = OrderedDict()
_programs_lock = Lock()  # an agent may work in threads
_actors: dict[int, tuple[float, Actor]] = {}


def program_of(version_id: int) -> Program:
    """Versions never change, so what was assembled once serves for good."""
    program = _programs.get(version_id)
    if program is None:
        program = assemble(Version.objects.select_related("workflow").get(pk=version_id))
    with _programs_lock:
        _programs[version_id] = program
        _programs.move_to_end(version_id)
        if len(_programs) > KEPT:
            _programs.popitem(last=False)
    return program


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
