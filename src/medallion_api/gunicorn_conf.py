"""Settings for gunicorn: `gunicorn -c python:medallion_api.gunicorn_conf`, plus its own options."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from typing import Any

from gunicorn.glogging import Logger

# Prometheus' files of all workers; the library looks for the variable when it is imported.
_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
_OWN = "medallion-api-"
_FILES = 65_536
if _FIGURES not in os.environ:
    os.environ[_FIGURES] = tempfile.mkdtemp(prefix=_OWN)


class Log(Logger):  # type: ignore[misc]
    """gunicorn's log without access lines, which the API writes itself."""

    access_log_enabled = False


wsgi_app = "medallion_api.asgi:app"
logger_class = Log
worker_class = "medallion_api.server.worker.Worker"
worker_connections = 1000
keepalive = 10
workers = int(os.environ.get("WEB_CONCURRENCY", str(min(os.cpu_count() or 1, 8))))
bind = os.environ.get("MEDALLION_API_BIND", "127.0.0.1:8000")
control_socket_disable = True
limit_request_line = 8190
limit_request_fields = 60
graceful_timeout = 20
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(message)s"},
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    },
    "filters": {"masking": {"()": "medallion.secrets.MaskingFilter"}},
    "handlers": {
        "access": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "stream": "ext://sys.stdout",
        },
        "error": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "stream": "ext://sys.stderr",
            "filters": ["masking"],
        },
    },
    "root": {"level": "WARNING", "handlers": ["error"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["error"], "propagate": False},
        "medallion_api.access": {
            "level": os.environ.get("MEDALLION_API_ACCESS_LOG", "INFO"),
            "handlers": ["access"],
            "propagate": False,
        },
    },
}


def on_starting(_server: Any) -> None:
    """Reset the metrics, and raise the limit of open files as far as the system allows."""
    least, most = getrlimit(RLIMIT_NOFILE)
    setrlimit(RLIMIT_NOFILE, (max(least, min(most, _FILES)), most))
    for file in Path(os.environ[_FIGURES]).glob("*.db"):
        file.unlink()


def child_exit(_server: Any, worker: Any) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    folder = Path(os.environ[_FIGURES])
    if folder.name.startswith(_OWN):
        shutil.rmtree(folder, ignore_errors=True)
