"""Tests: fixed keys, fast hashing, and servers that the session starts for itself."""

from __future__ import annotations

import os
from pathlib import Path

from config import data_dir, env
from config.settings.base import *
from config.settings.celery import *
from config.settings.databases import postgres, redis_cache
from config.settings.logging import *
from config.settings.security import *

# Each session has a folder of its own, so that any number may run at once; its children inherit it.
DATA_DIR = Path(os.environ.setdefault("RAPPORT_TEST_DIR", str(data_dir.path() / "tests" / str(os.getpid()))))

SECRET_KEY = "test-secret-key-test-secret-key-test-secret-key-test"
TOKENS["KEY"] = "test-token-key-test-token-key-test-token-key-test-ok"
ENCRYPTION_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
DEMO_LOGINS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES = {"default": postgres(env.text("DATABASE_URL", data_dir.database_url(DATA_DIR)))}
BROKER_URL = env.text("BROKER_URL", data_dir.broker_url(DATA_DIR))
CELERY_BROKER_URL = BROKER_URL
CACHES = {"default": redis_cache(BROKER_URL)}

STATIC_ROOT = DATA_DIR / "static"  # stays empty: files are found where they lie
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "files"
MAIL_CATCHER_DIR = DATA_DIR / "mail"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = env.integer("MAIL_CATCHER_PORT", 1025)
OUTGOING_ALLOWED = [f"127.0.0.1:{env.integer('WEB_PORT', 8000)}"]
SANDBOX_URL = f"http://{OUTGOING_ALLOWED[0]}/sandbox/"
DEFAULT_FROM_EMAIL = "Rapport <rapport@example.com>"
