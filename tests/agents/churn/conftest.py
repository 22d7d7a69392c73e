"""One trained model for all tests that only look at it."""

from __future__ import annotations

import pytest

from agents.churn.score import Scorer
from agents.churn.train import TrainedModel, train
from tests.agents.churn.tables import Row, gym

Rows = list[Row]


@pytest.fixture(scope="session")
def members() -> Rows:
    return gym()


@pytest.fixture(scope="session")
def trained(members: Rows) -> TrainedModel:
    return train(members, "left", True)


@pytest.fixture(scope="session")
def scorer(trained: TrainedModel) -> Scorer:
    return Scorer.from_artefact(trained.artefact, name="gym 1")
