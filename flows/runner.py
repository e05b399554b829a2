"""Prefect's runner for served flows, which ends whole: with it, the runs it had started."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable

from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner

_SECONDS_TO_STOP = 30


def run_until_stopped(deployments: Iterable[RunnerDeployment]) -> None:
    """Offer deployments and run what is asked or scheduled, until this thread is interrupted (Ctrl+C, SIGTERM).

    The runner lives in a thread of its own, where Prefect sets no signal handlers: those leave its event loop before
    runs are stopped. Runs still at work are cancelled and marked so; running them again is always safe.
    """
    runner, loop = Runner(), asyncio.new_event_loop()
    for deployment in deployments:
        runner.add_deployment(deployment)
    thread = threading.Thread(target=lambda: loop.run_until_complete(runner.start()), daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(timeout=1)  # a join without end would not let Ctrl+C through on Windows
    finally:
        if runner.started:
            asyncio.run_coroutine_threadsafe(runner.astop(), loop)
        thread.join(timeout=_SECONDS_TO_STOP)
