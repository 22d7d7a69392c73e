"""What every installation shares: apps, middleware, templates, pages, API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

VERSION = "0.2.0"
DEBUG = False
PRODUCTION = False
DEMO_LOGINS = False
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "crm.Member"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "corsheaders",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_filters",
    "django_htmx",
    # Its loader and tags are named in TEMPLATES below, so it need not change settings at start-up.
    "django_cotton.apps.SimpleAppConfig",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "crm.apps.CrmConfig",
    "workflows.apps.WorkflowsConfig",
    "agents.apps.AgentsConfig",
    "config.apps.ConfigConfig",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.request_log.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.static_files.StaticFilesMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.guesses.OneGuessAtATimeMiddleware",
    "axes.middleware.AxesMiddleware",
    # Synchronous and innermost: Django then runs all of the above in one thread instead of hopping at each.
    "config.request_log.ActorMiddleware",
]

_LOADERS = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", _LOADERS)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
        },
    }
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"

# What higher layers show on the CRM's pages: callables that give panels, and counts beside the rail's entries.
RAPPORT_HOME_PANELS: list[str] = ["workflows.panels.needs_you", "workflows.panels.latest_runs"]
RAPPORT_CUSTOMER_PANELS: list[str] = ["workflows.panels.customer", "workflows.panels.run_for_customer"]
RAPPORT_BULK_PANELS: list[str] = ["workflows.panels.run_for_chosen"]
RAPPORT_RAIL_COUNTS = {"approval-list": "workflows.panels.count_waiting"}

# Hours until a request of each priority is to be answered.
RESPONSE_HOURS: dict[str, int] = {
    "urgent": env.integer("RESPONSE_HOURS_URGENT", 4),
    "high": env.integer("RESPONSE_HOURS_HIGH", 8),
    "normal": env.integer("RESPONSE_HOURS_NORMAL", 24),
    "low": env.integer("RESPONSE_HOURS_LOW", 72),
}

STEP_DISPATCHER = "agents.tasks.dispatch"
# Of a workflow how long its nodes took.
STEP_FORECAST = "agents.selectors.figures.seconds_of_nodes"
# Carries a fresh run on in the process that starts it, for who waits for its end.
STEP_CARRIER = "agents.carrier.carry"
# Carries out the cases of a workflow, its tests.
CASE_REHEARSAL = "agents.rehearsal.rehearse"
BACKGROUND_DISPATCHER = "agents.tasks.dispatch_background"

# What agents say to a step that waits for one: kinds -> {kind: facts}.
AGENT_FACTS = "agents.selectors.waits.facts_of"

# Hosts ("name:port") that outgoing requests may reach though they are not public, and the proxy, if any.
OUTGOING_ALLOWED: list[str] = env.names("OUTGOING_ALLOWED", "")
OUTGOING_PROXY = env.text("OUTGOING_PROXY", "")
# Where connections marked as sandbox lead; only development has one.
SANDBOX_URL = ""
# Behind the @ of a mail's Message-ID.
MAIL_DOMAIN = env.text("MAIL_DOMAIN", "rapport.invalid")
ENGINE: dict[str, int | float] = {
    "LEASE_SECONDS": 60,
    "RENEW_SECONDS": 20,
    "READY_GRACE_SECONDS": 5,
    "BACKUP_SECONDS": 10,
    "SWEEP_SECONDS": 1,
    "CHAIN_STEPS": 64,
    "CHAIN_MILLISECONDS": 200,
    "CHUNK_ITEMS": 200,
    # Where the steps of a For each call other systems: they share the time of a lease.
    "CHUNK_CALLS": 40,
    "STEPS_A_RUN": 100_000,
    "CRASHES_UNTIL_DEAD": 5,
}

# How long a run is kept after its end; a workflow settings may say otherwise.
RUN_KEEP_DAYS = env.integer("RUN_KEEP_DAYS", 90)

# Of the interfaces for other agents and for remote workers; calls are counted by member.
REMOTE: dict[str, int] = {
    "TASKS_PER_MINUTE": 600,
    "WORKER_CALLS_PER_MINUTE": 6_000,
    "WAITING_CLAIMS": 20,  # a web process
    "MAX_BYTES": 4_000_000,
}
# `manage.py serve_grpc`: in production it wants a certificate, or the word that something before it has one.
GRPC_TLS_CERT = env.text("GRPC_TLS_CERT", "")
GRPC_TLS_KEY = env.text("GRPC_TLS_KEY", "")
GRPC_ALLOW_PLAIN = env.boolean("GRPC_ALLOW_PLAIN", False)

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "crm.api.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["crm.api.access.CanByRole"],
    "DEFAULT_PARSER_CLASSES": ["crm.api.parsing.BoundedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "crm.api.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Rapport",
    "DESCRIPTION": "Customers, services and requests, and the workflows that act on them.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "CustomerKindEnum": "crm.models.customers.CustomerKind",
        "NoteKindEnum": "crm.api.shapes.NOTE_KINDS",
        "ServiceStatusEnum": "crm.models.services.ServiceStatus",
        "RequestStatusEnum": "crm.models.requests.RequestStatus",
        "RunStateEnum": "workflows.api.shapes.RUN_STATES",
        "StepStateEnum": "workflows.api.shapes.STEP_STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crm.api.schema.add_problems",
    ],
}

SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
# Without the files in it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# The largest file of an import, and the form around it. config/body_limit.py refuses what is larger as it comes.
LARGEST_BODY = 21 * 1024 * 1024

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Rapport",
    "SITE_HEADER": "Rapport",
    "SITE_SUBHEADER": "Administration",
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
}
