"""Tells workers, after the commit, that steps are ready. A hint: losing it costs only time."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from workflows.engine.refs import StepRef

Wake = tuple[str, StepRef]  # step kind, step


def after_commit(wakes: Sequence[Wake]) -> None:
    if wakes:
        told = list(wakes)
        transaction.on_commit(lambda: import_string(settings.STEP_DISPATCHER)(told), robust=True)
