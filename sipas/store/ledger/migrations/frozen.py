"""What a version of the ledger was like, from the files beside this one, which are never edited."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic.operations import Operations

_HERE: Final = Path(__file__).parent


def triggers(version: int) -> dict[str, str]:
    """Triggers of a version: name -> statement."""
    with (_HERE / f"version_{version}_triggers.csv").open(encoding="utf-8", newline="") as file:
        return {row["trigger"]: row["statement"] for row in csv.DictReader(file)}


def create_tables(operations: Operations, version: int) -> None:
    """Make the tables that a version adds or writes anew."""
    script = (_HERE / f"version_{version}.sql").read_text(encoding="utf-8")
    for statement in script.split(";\n"):
        if "CREATE" in statement:
            operations.execute(sa.text(statement))
