"""Production: everything secret or particular comes from the environment, and its absence stops the start."""

from __future__ import annotations

from config import env
from config.settings.base import *
from config.settings.celery import *
from config.settings.databases import postgres, redis_cache
from config.settings.logging import *
from config.settings.security import *

PRODUCTION = True
SECRET_KEY = env.text("SECRET_KEY")
TOKENS["KEY"] = env.text("TOKEN_KEY")
ENCRYPTION_KEY = env.text("ENCRYPTION_KEY")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", "")

DATABASES = {"default": postgres(env.text("DATABASE_URL"))}
BROKER_URL = env.text("BROKER_URL")
CELERY_BROKER_URL = BROKER_URL
CACHES = {"default": redis_cache(BROKER_URL)}

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = env.text("MEDIA_ROOT", "/var/lib/rapport/files")

HTTPS_ONLY = env.boolean("HTTPS_ONLY", True)
SECURE_SSL_REDIRECT = HTTPS_ONLY
SESSION_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
if env.boolean("BEHIND_TLS_PROXY", False):
    # The proxy must set this header itself on every request, or a client could claim to have come by HTTPS.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Rapport <rapport@localhost>")
