"""Agents: who carries the steps out."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    name = "agents"
    verbose_name = "Agents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from agents.celery_worker import install
        from agents.steps import register_all

        register_all()
        install()
