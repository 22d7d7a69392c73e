"""The wiring: settings, addresses, the Celery app and the servers of development."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
