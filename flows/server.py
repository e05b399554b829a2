"""Prefect's server as a child of this program that never outlives it.

The child watches its standard input, a pipe that only the parent holds open: when the parent is gone, by Ctrl+C,
SIGTERM or kill -9, the pipe ends and the child stops by itself. Works the same on Windows.
"""

from __future__ import annotations

import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from urllib.error import URLError

from errors import StoreError

_SECONDS_TO_STOP = 15


@contextmanager
def running_server(port: int, *options: str) -> Iterator[str]:
    """Prefect's server on 127.0.0.1 for the length of the block; its address. Settings come from the environment.

    options: of `prefect server start`.
    SIGTERM ends the block as Ctrl+C does. Raises StoreError `flows.server_start` when it does not answer within two
    minutes.
    """
    url = f"http://127.0.0.1:{port}/api"
    before = signal.signal(signal.SIGTERM, _stop)
    command = [sys.executable, "-m", "flows.server", str(port), *options]
    server = subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl+C in a terminal is for us: we stop the runs first, then the server
    )
    try:
        _wait(url, server)
        yield url
    finally:
        signal.signal(signal.SIGTERM, before)
        _end(server)


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


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


def _stop_with_parent() -> None:
    """Wait for the end of the pipe, then stop this process: politely, and for good when that takes too long."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_SECONDS_TO_STOP)
    os._exit(1)


def main() -> None:
    """Run Prefect's server in this process until the parent is gone."""
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    sys.argv = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
