"""The only clock: UTC as text. Everything that needs the time is handed `utc_now` or a stand-in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sipas.cells.days import VIETNAM

Clock = Callable[[], str]


def utc_now() -> str:
    """Now in UTC with microseconds, for example "2026-03-01T02:03:04.000005Z"."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def local_moment(utc: str) -> str:
    """The same moment on the clock of Viet Nam, to the second: "2026-03-01T09:03:04+07:00"."""
    return datetime.fromisoformat(utc).astimezone(VIETNAM).isoformat(timespec="seconds")
