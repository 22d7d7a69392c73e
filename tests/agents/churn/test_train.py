"""What training learns, and what it refuses to learn from."""

from __future__ import annotations

import json

import pytest

from agents.churn.artefact import MOST_BYTES, fingerprint, read_artefact, write_artefact
from agents.churn.errors import ChurnDataError
from agents.churn.train import TrainedModel, train
from tests.agents.churn.conftest import Rows
from tests.agents.churn.tables import gym


def outcome(rows: Rows, label: str = "left", positive: object = True) -> str:
    with pytest.raises(ChurnDataError) as caught:
        train(rows, label, positive)
    return caught.value.code


def test_fewer_than_a_hundred_labelled_customers_are_refused(members: Rows) -> None:
    assert outcome(members[:99]) == "too_few_labelled"


def test_customers_without_a_label_do_not_count(members: Rows) -> None:
    assert outcome(members[:99] + [{**row, "left": None} for row in members[99:]]) == "too_few_labelled"


def test_fewer_than_thirty_churners_are_refused(members: Rows) -> None:
    left = [row for row in members if row["left"]]
    stayed = [row for row in members if not row["left"]]
    assert outcome(left[:29] + stayed) == "too_few_churners"
    assert outcome(left + stayed[:29]) == "too_few_stayers"


def test_a_misspelt_label_or_value_is_told(members: Rows) -> None:
    assert outcome(members, label="lost") == "no_label"
    assert outcome(members, positive="gone") == "no_churners"


def test_a_refusal_says_what_to_do(members: Rows) -> None:
    with pytest.raises(ChurnDataError, match=r"Only 50 customers are labelled; a model needs 100\. Record who left"):
        train(members[:50], "left", True)


def test_a_table_of_identifiers_alone_is_refused(members: Rows) -> None:
    assert (
        outcome([{key: row[key] for key in ("memberNo", "fullName", "left")} for row in members]) == "no_usable_fields"
    )


def test_the_label_may_be_spelt_yes_true_or_one(members: Rows, trained: TrainedModel) -> None:
    spelt = train([{**row, "left": "Yes" if row["left"] else "No"} for row in members], "left", "true")
    assert spelt.artefact["linear"] == trained.artefact["linear"]


def test_the_same_data_give_the_same_model(members: Rows, trained: TrainedModel) -> None:
    again = train(members, "left", True)
    assert again.sha256 == trained.sha256
    assert again.card["data_hash"] == trained.card["data_hash"]


def test_the_artefact_is_small_json_and_reads_back(trained: TrainedModel) -> None:
    text = json.dumps(trained.artefact)
    assert len(text) <= MOST_BYTES
    assert write_artefact(read_artefact(json.loads(text))) == trained.artefact
    assert fingerprint(json.loads(text)) == trained.sha256


def test_a_field_that_tells_the_answer_is_left_out_and_reported(members: Rows) -> None:
    leaking = [{**row, "reason_of_leaving": "too far" if row["left"] else None} for row in members]
    trained = train(leaking, "left", True)
    assert [alarm["field"] for alarm in trained.card["alarms"]] == ["reason_of_leaving"]
    assert "reason_of_leaving" not in {field["name"] for field in trained.artefact["fields"]}


def test_a_suspicious_field_can_be_trusted(members: Rows) -> None:
    leaking = [{**row, "risk": 0.9 if row["left"] else 0.1} for row in members]
    trained = train(leaking, "left", True, trusted={"risk"})
    assert trained.card["factors"][0]["field"] == "risk"


def test_the_card_tells_quality_factors_and_origin(trained: TrainedModel) -> None:
    card = trained.card
    assert card["rows"] == 600
    assert card["quality"]["auc"] > 0.7
    assert sum(each["customers"] for each in card["calibration"]) == 600
    assert {each["field"] for each in card["factors"]} >= {"visitsPerMonth", "age", "plan", "hasCoach"}
    assert {each["name"] for each in card["dropped"]} == {"memberNo", "fullName", "joined", "country", "favourites"}
    assert len(card["data_hash"]) == 64


def test_a_hundred_customers_are_enough() -> None:
    assert train(gym(100, seed=3), "left", True).card["rows"] == 100
