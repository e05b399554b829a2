"""What ledgers of version 2 were like: their tables, and what their seals cover, frozen in version_2.csv.

A round then was one survey. In the tables of today it is a round with the one instrument FIRST; the steps of
ROUND_STEPS are the round's own. Seals made then say no columns: they cover all columns that their table had.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import FromClause, and_, select

from sipas.store.ledger import schema

VERSION: Final = 2
FIRST: Final = "khao-sat"
ROUND_STEPS: Final = ("merge", "workbook")
_FILE: Final = Path(__file__).with_name("version_2.csv")


class OldTable(NamedTuple):
    """A table of version 2. `seal`: name of the seals of its rows, "" for none; `columns`: those of the key first;
    `instrument`: how its rows belong to an instrument now: "first", "step" (by their step) or "" (not at all)."""

    name: str
    seal: str
    columns: tuple[str, ...]
    instrument: str


@lru_cache(maxsize=1)
def tables() -> Mapping[str, OldTable]:
    """Tables of version 2 by name."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = [
            OldTable(row["table"], row["seal"], tuple(row["columns"].split()), row["instrument"])
            for row in csv.DictReader(file)
        ]
    return {row.name: row for row in rows}


@lru_cache(maxsize=1)
def sealed() -> Mapping[str, OldTable]:
    """Tables of version 2 by the name of their seals."""
    return {table.seal: table for table in tables().values() if table.seal}


def instrument_of(step: str) -> str:
    """Instrument that a step of version 2 belongs to now, "" for a step of the round."""
    return "" if step in ROUND_STEPS else FIRST


def key_now(name: str, key: Mapping[str, Any]) -> dict[str, Any]:
    """Key of the rows that a seal of version 2 covers, in the tables of today."""
    belongs = sealed()[name].instrument
    if not belongs or "round_id" not in key:
        return dict(key)
    return {**key, "instrument_id": FIRST if belongs == "first" else instrument_of(str(key["step"]))}


def rows_now(name: str, now: FromClause) -> FromClause:
    """Rows of today that hold what a seal of version 2 covers; `now`: the table that seals of this name cover now."""
    if name == "rows":
        decisions = schema.row_decisions
        place = ("round_id", "instrument_id", "batch_id", "row_no")
        first = and_(*(now.c[column] == decisions.c[column] for column in place), decisions.c.decision_no == 1)
        decided = (decisions.c.row_state, decisions.c.reason)
        return select(*now.c, *decided).join_from(now, decisions, first).subquery()
    if name == "round":
        instruments = schema.instruments
        first = and_(now.c.round_id == instruments.c.round_id, instruments.c.instrument_id == FIRST)
        return select(*now.c, instruments.c.state).join_from(now, instruments, first).subquery()
    return now
