"""Backup executions: a keyed step that takes far longer than its like is carried out once more by another worker."""

from __future__ import annotations

from agents import executor, tallies
from agents.models import NodeFigures
from agents.routing import Profile
from workflows import registry
from workflows.engine.backup import Straggler, stragglers
from workflows.engine.refs import WorkerInfo, engine_setting
from workflows.models import Step
from workflows.states import StepState
from workflows.steps import Effect

MAY_BE_DOUBLED = (Effect.PURE, Effect.KEYED)
KNOWN_FROM = 20  # ended attempts: before, nobody can say what is long
FACTOR = 2.0  # of what 95 % of its like took


def back_up_one(profile: Profile, worker: WorkerInfo) -> bool:
    """Carries out the step that is the furthest behind, if this worker has a place to spare."""
    if worker.id is None or profile.places is not None or not _has_place(profile, worker):
        return False
    kinds = [kind for kind in profile.kinds if registry.get(kind).effect in MAY_BE_DOUBLED]
    found = stragglers(kinds, worker.id, engine_setting("BACKUP_SECONDS"))
    return any(executor.back_up(one.ref, worker) for one in found if _is_far_behind(one))


def _has_place(profile: Profile, worker: WorkerInfo) -> bool:
    in_hand = Step.objects.filter(wake_at__isnull=False, state=StepState.RUNNING, worker_id=worker.id)
    return in_hand.count() < profile.capacity


def _is_far_behind(one: Straggler) -> bool:
    known = NodeFigures.objects.filter(workflow_id=one.workflow_id, node=one.ref.node, count__gte=KNOWN_FROM).first()
    usual = tallies.quantile(known.took, 0.95) if known else None
    return usual is not None and one.seconds > FACTOR * usual
