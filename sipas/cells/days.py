"""Days of people's tables, and the clock by which a day begins and ends."""

from __future__ import annotations

from datetime import date, timedelta, timezone
from typing import Final

VIETNAM: Final = timezone(timedelta(hours=7))  # without daylight saving since 1975


def is_day(text: str) -> bool:
    """Whether `text` is a day of the calendar written as 2026-03-01; no other form of ISO 8601 is taken."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
