"""Days of people's tables, and the clock by which a day begins and ends."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Final

VIETNAM: Final = timezone(timedelta(hours=7))  # without daylight saving since 1975


def is_day(text: str) -> bool:
    """True for a day of the calendar as 2026-03-01; no other form of ISO 8601."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def local_day(text: str) -> str:
    """Day in Viet Nam of an ISO day or time; "" for anything else (1/2/2026 may be January or February)."""
    if not is_day(text[:10]):
        return ""
    try:
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(VIETNAM) if moment.tzinfo else moment).date().isoformat()
    except (ValueError, OverflowError):
        return ""
