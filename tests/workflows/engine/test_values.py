"""Which outputs can be kept."""

from __future__ import annotations

import pytest

from workflows.engine.values import store
from workflows.steps import StepError


@pytest.mark.parametrize("text", ["a\x00b", "half \ud800 a character"])
def test_text_that_postgres_refuses_is_a_clear_error(text: str) -> None:
    with pytest.raises(StepError) as refused:
        store({"text": text})
    assert refused.value.code == "output_not_json"


@pytest.mark.parametrize("text", ["\\u0000", "😀", "王芳"])
def test_text_that_only_looks_like_it_is_kept(text: str) -> None:
    assert store({"text": text}).blob is None
