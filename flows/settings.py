"""Prefect's settings for this program. Must run before Prefect is imported: it reads its environment once."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from errors import StoreError

_LOCAL = ("127.0.0.1", "localhost", "::1")


def use_server(home: Path, url: str, auth: str, allowed_url: str) -> None:
    """Talk to a running server. A server elsewhere than this machine must be named in sipas.toml.

    Raises StoreError `flows.server_elsewhere`.
    """
    if urlsplit(url).hostname not in _LOCAL and url != allowed_url:
        raise StoreError(
            "flows.server_elsewhere", got=urlsplit(url).hostname or url, expected=allowed_url or "127.0.0.1"
        )
    keep_apart(home)
    os.environ["PREFECT_API_URL"] = url
    os.environ["PREFECT_API_AUTH_STRING"] = auth
    os.environ["PREFECT_SERVER_API_AUTH_STRING"] = auth


def keep_apart(home: Path) -> None:
    """Keep Prefect's files in the workspace, send nothing out, hold no log line of Prefect's own."""
    os.environ["PREFECT_HOME"] = str(home / "prefect")
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["PREFECT_RESULTS_DEFAULT_SERIALIZER"] = "json"
    # Texts of exceptions may quote cells, so Prefect's own log never goes to its database (see flows/runs.py); and a
    # run that ends in a state we chose needs no stack trace of Prefect's engine on the screen.
    os.environ["PREFECT_LOGGING_TO_API_ENABLED"] = "false"
    asked = os.environ.get("SIPAS_PREFECT_LOGGING", "")
    os.environ["PREFECT_LOGGING_LEVEL"] = asked or "WARNING"
    for logger in ("FLOW_RUNS", "TASK_RUNS"):
        os.environ[f"PREFECT_LOGGING_LOGGERS_PREFECT_{logger}_LEVEL"] = asked or "CRITICAL"
