"""Working days of the made-up round: inside the window of the frame, before it, after it, and of the fieldwork."""

from __future__ import annotations

import numpy as np

from sipas.example.streams import Words

WINDOW_START = "2025-07-01"
WINDOW_END = "2026-06-30"
_OFF = (
    *("2025-09-01", "2025-09-02", "2026-01-01", "2026-04-27", "2026-04-30", "2026-05-01"),
    *(f"2026-02-{day:02d}" for day in range(14, 23)),  # Tết
)
_CHANCE = np.array([1.2, 1.0, 1.0, 1.0, 0.95, 0.25, 0.0])  # Monday to Sunday


def working_days(random: np.random.Generator, first: str, last: str, count: int) -> Words:
    """`count` ISO dates in first..last, both included; Saturdays are rare, Sundays and holidays never come."""
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    chance = _CHANCE[(days.astype(np.int64) + 3) % 7]  # 1970-01-01 was a Thursday
    chance = np.where(np.isin(days, np.array(_OFF, dtype="datetime64[D]")), 0.0, chance)
    texts = days.astype(str).astype(object)
    return np.asarray(texts[random.choice(len(days), count, p=chance / chance.sum())], dtype=object)
