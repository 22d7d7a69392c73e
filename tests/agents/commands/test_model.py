"""`manage.py model`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agents.models import ChurnModel, ModelState
from crm.models import AuditEntry
from tests.agents.fixtures import MakeModel


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("model", *arguments, stdout=out)
    return out.getvalue()


def test_the_models_are_listed_newest_first(make_model: MakeModel) -> None:
    make_model(1, ModelState.RETIRED)
    make_model(2)
    lines = said("list").splitlines()
    assert [line.split()[:2] for line in lines] == [["2", "Champion"], ["1", "Retired"]]
    assert "600 customers" in lines[0]


def test_an_older_model_is_promoted_and_it_is_written_down(make_model: MakeModel) -> None:
    make_model(1, ModelState.RETIRED)
    make_model(2)
    assert said("promote", "1").startswith("churn v1: champion")
    assert ChurnModel.objects.get(number=2).state == ModelState.RETIRED
    assert AuditEntry.objects.get(action="model.promote").after == {"champion": "churn v1"}


@pytest.mark.parametrize("arguments", [("promote", "9"), ("train",), ("train", "--label", "custom.nothing")])
def test_what_can_not_be_done_is_told_in_a_sentence(arguments: tuple[str, ...], db: None) -> None:
    with pytest.raises(CommandError) as caught:
        said(*arguments)
    assert str(caught.value).endswith(".")
    assert not ChurnModel.objects.exists()
