"""What every step type must have, so that the designer can draw it, its form and its completion."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.architecture.rules import ROOT
from workflows import registry
from workflows.steps import Effect, Family, StepType

WIDGETS = {"textarea", "expression", "template", "segment", "tag", "field", "role", "key-values", "json"}
WANTED = {
    "trigger_person", "trigger_schedule", "trigger_record_created", "trigger_record_updated", "trigger_webhook",
    "segment_customers", "score_churn", "if", "switch", "set_values", "validate_data", "risk_scorecard", "aggregate",
    "map", "merge", "delay", "approval", "ask_operator", "update_customer", "tag_customer", "create_request",
    "add_note", "send_mail", "http_request", "payment",
}  # fmt: skip
TYPES = [found for found in registry.all_types() if found.key in WANTED]


def fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {}).items()


def test_all_step_types_are_there() -> None:
    assert {found.key for found in TYPES} == WANTED


def test_the_names_that_documents_may_use_lead_to_them() -> None:
    assert registry.get("data_validation").key == "validate_data"
    assert registry.get("risk_assessment").key == "risk_scorecard"
    assert registry.get("payment_processing").key == "payment"


@pytest.mark.parametrize("step_type", TYPES, ids=lambda found: found.key)
def test_a_type_describes_itself(step_type: StepType[Any]) -> None:
    assert step_type.title
    assert step_type.description.endswith(".")
    drawn = (ROOT / "workflows/designer/src/icons.tsx").read_text()
    assert re.search(rf"^  {step_type.icon}:", drawn, re.MULTILINE), f"no icon {step_type.icon}"


@pytest.mark.parametrize("step_type", TYPES, ids=lambda found: found.key)
def test_every_setting_has_a_title_and_a_widget_that_the_designer_knows(step_type: StepType[Any]) -> None:
    for name, field in fields(step_type.config.model_json_schema()):
        assert field.get("title"), name
        assert field.get("x-widget", "json") in WIDGETS, name


@pytest.mark.parametrize("step_type", TYPES, ids=lambda found: found.key)
def test_a_setting_that_is_not_known_is_refused(step_type: StepType[Any]) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        step_type.config.model_validate({"nonsense": 1})


def test_effects_say_what_may_happen_twice() -> None:
    effects = {found.key: found.effect for found in TYPES}
    assert {key for key, effect in effects.items() if effect.is_outside} == {"http_request", "payment", "send_mail"}
    assert effects["send_mail"] is Effect.UNKEYED
    changing = {
        "approval",
        "ask_operator",
        "score_churn",
        "update_customer",
        "tag_customer",
        "create_request",
        "add_note",
    }
    assert {key for key, effect in effects.items() if effect is Effect.LOCAL} == changing


def test_triggers_are_triggers() -> None:
    assert {found.key for found in TYPES if found.family is Family.TRIGGER} == {
        key for key in WANTED if key.startswith("trigger_")
    }
