"""How gunicorn serves the site."""

from config import env

bind = env.text("BIND", f"127.0.0.1:{env.integer('PORT', 8000)}")
workers = env.integer("WEB_WORKERS", 2)
worker_class = "config.web_worker.WebWorker"
# Loading the code once and forking halves the time to start and shares its memory.
preload_app = True
timeout = 60
graceful_timeout = 5
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
loglevel = "warning"
worker_tmp_dir = "/dev/shm" if env.boolean("HEARTBEAT_IN_MEMORY", False) else None  # noqa: S108
# It would stand in the home folder, where two copies get into each other's way.
control_socket_disable = True
