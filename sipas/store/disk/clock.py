"""The only clock: UTC as text. Everything that needs the time is handed `utc_now` or a stand-in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], str]


def utc_now() -> str:
    """Now in UTC with microseconds, for example "2026-03-01T02:03:04.000005Z"."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def local_day(utc: str) -> str:
    """The date in Viet Nam of a time in UTC as `utc_now` writes it: a round's cut-off is a local date."""
    moment = datetime.strptime(utc, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date().isoformat()


def local_moment(utc: str) -> str:
    """The same moment on the clock of Viet Nam, to the second: "2026-03-01T09:03:04+07:00"."""
    moment = datetime.strptime(utc, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC, microsecond=0)
    return moment.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).isoformat()
