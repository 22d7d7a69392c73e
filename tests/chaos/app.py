"""Brings the step types of the chaos tests into the registry, in the tests' process and in every agent's."""

from __future__ import annotations

from django.apps import AppConfig


class ChaosConfig(AppConfig):
    name = "tests.chaos"

    def ready(self) -> None:
        from tests.chaos.kinds import register

        register()
