"""What a step was given, kept with an attempt that failed so that a person can judge it: short, and without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from workflows.engine.ledger import Ledger
from workflows.engine.refs import Task
from workflows.engine.scope import recall, scope_of, scopes_of_items
from workflows.engine.values import preview_of
from workflows.expressions import ExpressionError
from workflows.steps import JSON, StepError

MOST_BYTES = 4096
HIDDEN = "•••"
# By their names; what steps reveal of connections never is in a config or an input.
_SECRET = re.compile(r"pass(word|wd|phrase)|secret|token|api_?key|authorization|credential|cookie", re.IGNORECASE)


def note_input(ledger: Ledger, task: Task) -> None:
    """Before the ledger notes that the attempt failed."""
    try:
        task.given = shortened(_given(ledger, task))
    except (StepError, ExpressionError, KeyError, ValueError, TypeError) as error:
        # What it would have been given can't be made out, and just that may be why it failed.
        task.given = {"unknown": str(error)[:500]}


def _given(ledger: Ledger, task: Task) -> JSON:
    instruction = ledger.program.instructions[task.node]
    recall(ledger, task, instruction)
    if not instruction.node.in_map:
        return _of_scope(ledger, task, scope_of(ledger, task, instruction))
    items = list(scopes_of_items(ledger, task, instruction))
    if len(items) == 1:
        return _of_scope(ledger, task, items[0].scope)
    return {"items": [item.scope["item"] for item in items[:5]], "items_in_all": len(items)}


def _of_scope(ledger: Ledger, task: Task, scope: Mapping[str, JSON]) -> JSON:
    instruction = ledger.program.instructions[task.node]
    given: dict[str, JSON] = {}
    try:
        if resolved := instruction.config.resolve(scope):
            given["settings"] = resolved
    except ExpressionError as error:
        # What they could have been made of is then of more use.
        given |= {"settings_unknown": str(error)[:500], "run_input": ledger.run.input}
    if instruction.node.inputs or instruction.node.sources:
        given["input"] = instruction.input_for(scope)
    if "item" in scope:
        given["item"] = scope["item"]
    return given


def shortened(value: JSON) -> JSON:
    """At most 4 KB of it."""
    for room in (20, 5, 2):
        text = json.dumps(_without_secrets(preview_of(value, room)), default=str, ensure_ascii=False)
        text = text.replace("\\u0000", "")
        if len(text.encode()) <= MOST_BYTES:
            return json.loads(text)
    return {"beginning": text.encode()[: MOST_BYTES - 200].decode(errors="ignore")}


def _without_secrets(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        return {
            str(key): HIDDEN if _SECRET.search(str(key)) and item else _without_secrets(item)
            for key, item in value.items()
        }
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value
