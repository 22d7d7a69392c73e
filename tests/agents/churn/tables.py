"""A made-up gym with other fields, types and habits than the demo data, missing values and noise included."""

from __future__ import annotations

from typing import Any

import numpy as np

Row = dict[str, Any]

PLANS = ("basic", "plus", "family", "student")


def gym(members: int = 600, seed: int = 5) -> list[Row]:
    """Return members whose leaving depends on visits, plan, fees and a curved effect of age."""
    rng = np.random.default_rng(seed)
    return [gym_member(rng, number) for number in range(members)]


def gym_member(rng: np.random.Generator, number: int) -> Row:
    """Return one member, with true or false and numbers as JSON has them."""
    member: Row = {
        "memberNo": 1000 + number,
        "fullName": f"Member {number} {rng.integers(10**6)}",
        "joined": f"20{rng.integers(10, 24)}-0{rng.integers(1, 10)}-15",
        "country": "CN",
        "visitsPerMonth": float(rng.poisson(6)),
        "age": int(rng.integers(16, 80)),
        "plan": PLANS[rng.integers(4)],
        "yearlyFees": float(rng.normal(400, 80)),
        "extraFees": float(rng.gamma(2, 30)),
        "hasCoach": bool(rng.random() < 0.3),
        "favourites": ["yoga"],
    }
    member["left"] = bool(rng.random() < 1 / (1 + np.exp(-true_log_odds(member))))
    if rng.random() < 0.1:
        member["visitsPerMonth"] = None
    return member


def true_log_odds(member: Row) -> float:
    """Return the log-odds of leaving that no model can beat."""
    visits = 6.0 if member["visitsPerMonth"] is None else member["visitsPerMonth"]
    return float(
        0.2
        - 0.35 * visits
        + (member["plan"] == "student")
        - 0.8 * member["hasCoach"]
        + ((member["age"] - 45) / 20) ** 2
        + 4 * member["extraFees"] / member["yearlyFees"]
    )
