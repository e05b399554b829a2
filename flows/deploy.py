"""Serving the flows on this machine: Prefect's page on 127.0.0.1 with a login, schedules in Vietnamese time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

import click

from flows.settings import use_server
from sampling.errors import StoreError

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Schedule

TIMEZONE = "Asia/Ho_Chi_Minh"
_EVERY_EVENING = "30 18 * * *"
_EVERY_NIGHT = "0 20 * * *"


def serve_workspace(root: Path, *, auth: str, port: int, allowed_url: str) -> None:
    """Start Prefect's server for one workspace and run its flows until stopped (Ctrl+C).

    The login is `auth` (user and password joined by a colon are entered as one text). Raises StoreError
    `flows.server_start` when the server does not answer within two minutes.
    """
    login = f"sipas:{auth}"
    url = f"http://127.0.0.1:{port}/api"
    os.environ["SIPAS_HOME"] = str(root)
    use_server(root, url, login, allowed_url)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        _wait(url, server)
        click.echo(f"Trang quản lý: http://127.0.0.1:{port}")
        click.echo("Khi được hỏi đăng nhập, dán cả dòng sau:")
        click.echo(login)
        click.echo(f"Tệp phiếu và điểm thẩm định đặt vào: {root / 'inbox'} (thư mục con returns, appraisals, frame)")
        click.echo("Lịch (giờ Việt Nam, bật trên trang quản lý): nhận phiếu 18:30, cả đợt 20:00.")
        click.echo("Nhấn Ctrl+C để dừng.")
        from prefect import serve

        serve(*deployments(root))
    finally:
        server.terminate()
        server.wait(timeout=30)


def deployments(root: Path) -> list[RunnerDeployment]:
    """The flows people schedule, with the workspace filled in; schedules start paused until a round is open."""
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Cron

    from flows.estimate import estimate_flow
    from flows.frame import frame_flow
    from flows.receive import receive_flow
    from flows.round import round_flow
    from flows.sample import commit_flow, draw_flow

    place = {"params": {"workspace": str(root)}}
    unattended: dict[str, tuple[Flow[..., Any], Schedule]] = {
        "nhan-phieu-hang-ngay": (receive_flow, Cron(_EVERY_EVENING, timezone=TIMEZONE)),
        "ca-dot-hang-dem": (round_flow, Cron(_EVERY_NIGHT, timezone=TIMEZONE)),
    }
    by_hand: dict[str, Flow[..., Any]] = {
        "dan-mau": frame_flow,
        "phuong-an-va-niem-phong": commit_flow,
        "rut-mau": draw_flow,
        "quyen-so-va-chi-so": estimate_flow,
    }
    return [
        *(RunnerDeployment.from_flow(flow, name=name, parameters=place) for name, flow in by_hand.items()),
        *(
            RunnerDeployment.from_flow(flow, name=name, parameters=place, schedule=schedule, paused=True)
            for name, (flow, schedule) in unattended.items()
        ),
    ]


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310  our own address
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    raise StoreError("flows.server_start", where=url)
