"""The stateful test of the engine, for longer than a plain test run has time for."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.chaos.conftest import Tell
from tests.chaos.load import sized

pytestmark = pytest.mark.chaos

TEST = "tests/workflows/engine/test_stateful.py"


@pytest.mark.promise("15 stateful test against a model")
def test_the_engine_does_as_the_model_says_for_longer(tell: Tell) -> None:
    examples = sized(2_000, 100)
    kept = {key: value for key, value in os.environ.items() if key != "RAPPORT_TEST_DIR"}
    environment = {**kept, "DJANGO_SETTINGS_MODULE": "config.settings.test", "STATEFUL_EXAMPLES": str(examples)}
    begun = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", TEST]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    tell(f"{examples} random graphs, up to 25 events each", f"{time.monotonic() - begun:.0f} s")
    assert ended.returncode == 0, ended.stdout[-3_000:]
