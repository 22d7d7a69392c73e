"""Development: the embedded servers, generated secrets, demo log-ins, loopback only."""

from __future__ import annotations

from config import data_dir, env
from config.settings.base import *
from config.settings.celery import *
from config.settings.databases import postgres, redis_cache
from config.settings.logging import *
from config.settings.security import *

DATA_DIR = data_dir.path()
SECRETS = data_dir.read_or_create_secrets(DATA_DIR)

DEBUG = env.boolean("DEBUG", False)
SECRET_KEY = SECRETS["SECRET_KEY"]
TOKENS["KEY"] = SECRETS["TOKEN_KEY"]
ENCRYPTION_KEY = SECRETS["ENCRYPTION_KEY"]

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
DEMO_LOGINS = True

DATABASES = {"default": postgres(env.text("DATABASE_URL", data_dir.database_url(DATA_DIR)))}
BROKER_URL = env.text("BROKER_URL", data_dir.broker_url(DATA_DIR))
CELERY_BROKER_URL = BROKER_URL
# Honcho waits five seconds before it kills.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3.0
CACHES = {"default": redis_cache(BROKER_URL)}

STATIC_ROOT = DATA_DIR / "static"  # stays empty: files are found where they lie
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "files"

# Mail goes to the catcher that `make run` starts; nothing leaves the machine.
MAIL_CATCHER_DIR = DATA_DIR / "mail"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = env.integer("MAIL_CATCHER_PORT", data_dir.mail_port(DATA_DIR))
OUTGOING_ALLOWED = [f"127.0.0.1:{env.integer('WEB_PORT', 8000)}"]
SANDBOX_URL = f"http://{OUTGOING_ALLOWED[0]}/sandbox/"
DEFAULT_FROM_EMAIL = "Rapport <rapport@example.com>"
