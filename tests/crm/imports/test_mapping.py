"""What columns hold, where they could go, and what a row then says."""

from __future__ import annotations

from typing import Any

import pytest

from crm.imports.columns import describe_columns, detect_type, key_of, propose
from crm.imports.mapping import Values, WrongMapping, new_fields, targets_of, values_of, with_fields_made
from crm.imports.reading import read_table


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["Yes", "No", "yes"], "boolean"),
        (["0", "1", "1"], "boolean"),
        (["0", "1", "2"], "number"),
        (["-3.5", "12"], "number"),
        (["0711", "0712"], "text"),
        (["2024-01-31", "2024-02-01"], "date"),
        (["red", "blue"] * 10, "choice"),
        (["red", "blue", "green"], "text"),
        ([], "text"),
    ],
)
def test_the_type_of_a_column_is_found(cells: list[str], found: str) -> None:
    assert detect_type(cells)[0] == found


@pytest.mark.parametrize(
    ("name", "key"),
    [("Monthly Charges", "monthly_charges"), ("MonthlyCharges", "monthly_charges"), ("城市", "column_3")],
)
def test_a_key_is_made_of_the_name(name: str, key: str) -> None:
    assert key_of(name, 2) == key


def test_columns_are_proposed_their_places() -> None:
    columns = describe_columns(read_table(b"Full Name,E-Mail,Phone,Plan,Seats,Empty\nAnn,a@x.de,1,Gold,3,\n"))
    assert propose(columns, ["plan"]) == {
        "Full Name": "name",
        "E-Mail": "email",
        "Phone": "phone_number",
        "Plan": "custom.plan",
        "Seats": "new.seats",
        "Empty": "",
    }


def test_a_row_says_fields_services_and_tags() -> None:
    columns = ["n", "plan", "phone", "net", "tv", "labels"]
    mapping = {
        "n": "name",
        "plan": ["new.plan:text", "service:Plan"],
        "phone": "service:Phone",
        "net": "service:Internet",
        "tv": "service:TV",
        "labels": "tags",
    }
    row = ["Ann", "Gold", "Yes", "Fiber optic", "No internet service", "vip; new,vip"]
    assert values_of(row, targets_of(mapping, columns, [])) == Values(
        own={"name": "Ann"},
        custom={"plan": "Gold"},
        services=("Plan: Gold", "Phone", "Internet: Fiber optic"),
        tags=("vip", "new"),
    )


def test_new_fields_are_found_and_made() -> None:
    mapping = {"a": ["new.a:text", "service:A"], "b": "new.b", "c": "custom.c"}
    assert new_fields(mapping) == {"a": ("a", "text"), "b": ("b", "")}
    assert with_fields_made(mapping) == {"a": ["custom.a", "service:A"], "b": "custom.b", "c": "custom.c"}


@pytest.mark.parametrize(
    "mapping",
    [
        {},
        {"a": ""},
        {"x": "name"},
        {"a": "password"},
        {"a": "custom.none"},
        {"a": "service: "},
        {"a": "new."},
        {"a": 3},
        {"a": "service:\ud800"},
        {"a": "name", "b": "name"},
    ],
)
def test_a_wrong_mapping_names_its_column(mapping: dict[str, Any]) -> None:
    with pytest.raises(WrongMapping):
        targets_of(mapping, ["a", "b"], [])
