"""Production settings start with everything set, and not without."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COMPLETE = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "s" * 50,
    "TOKEN_KEY": "t" * 50,
    "ENCRYPTION_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "ALLOWED_HOSTS": "crm.example",
    "DATABASE_URL": "postgresql://rapport@localhost/rapport",
    "BROKER_URL": "redis://localhost:6379/0",
}


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    script = "import django; django.setup(); from django.conf import settings; print(settings.SECURE_HSTS_SECONDS)"
    clean = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run([sys.executable, "-c", script], env=clean, capture_output=True, text=True, check=False)


def test_a_complete_environment_starts() -> None:
    assert start(COMPLETE).stdout.strip() == "31536000"


@pytest.mark.parametrize("name", [name for name in COMPLETE if name != "DJANGO_SETTINGS_MODULE"])
def test_a_missing_value_stops_the_start_and_is_named(name: str) -> None:
    ended = start({key: value for key, value in COMPLETE.items() if key != name})
    assert ended.returncode != 0
    assert f"Set the environment variable {name}." in ended.stderr
