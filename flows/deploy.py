"""Serving the flows on this machine: Prefect's page on 127.0.0.1 with a login, deployments as prefect.yaml has them."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from errors import StoreError
from flows.server import running_server
from flows.settings import use_server
from flows.speech import language, text

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

_FILE = "prefect.yaml"


def serve_workspace(root: Path, *, auth: str, port: int, allowed_url: str) -> None:
    """Start Prefect's server for one workspace and run its flows until stopped (Ctrl+C or SIGTERM).

    The login is `auth` (user and password joined by a colon are entered as one text). No process is left behind,
    however this one ends. Raises StoreError `flows.server_start` when the server does not answer within two minutes.
    """
    login = f"sipas:{auth}"
    os.environ["SIPAS_HOME"] = str(root)
    os.environ["SIPAS_LANG"] = language()
    use_server(root, f"http://127.0.0.1:{port}/api", login, allowed_url)
    with running_server(port):
        for name, fact in (("page", f"http://127.0.0.1:{port}"), ("login", login), ("inbox", root / "inbox")):
            click.echo(text(f"flows.serve_{name}", fact=fact))
        click.echo(text("flows.schedule"))
        # Prefect reads its environment when it is imported, so these imports come after the settings.
        from flows.runner import run_until_stopped

        run_until_stopped(deployments(root))


def deployments(root: Path) -> list[RunnerDeployment]:
    """The deployments of prefect.yaml with the workspace filled in; schedules start paused until a round is open."""
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Cron

    return [
        RunnerDeployment.from_entrypoint(
            deployment["entrypoint"],
            name=deployment["name"],
            parameters={"params": {**deployment["parameters"]["params"], "workspace": str(root)}},
            schedules=[
                Cron(schedule["cron"], timezone=schedule["timezone"]) for schedule in deployment.get("schedules", ())
            ]
            or None,
            paused=deployment.get("paused"),
        )
        for deployment in declared()
    ]


def declared() -> list[dict[str, Any]]:
    """Deployments as prefect.yaml declares them: at the top of the project, or where an installed program keeps it.

    Raises StoreError `flows.no_deployments`.
    """
    places = (Path(__file__).resolve().parents[1] / _FILE, Path(sysconfig.get_path("data")) / "share" / "sipas" / _FILE)
    for place in places:
        if place.is_file():
            entries: list[dict[str, Any]] = yaml.safe_load(place.read_text(encoding="utf-8"))["deployments"]
            return entries
    raise StoreError("flows.no_deployments", where=_FILE)
