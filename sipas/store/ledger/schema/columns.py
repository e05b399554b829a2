"""How the tables of the ledger are written: STRICT, columns never null unless said, no CHECK but for flags.

A column that holds one of several words has no CHECK: words are added, and a table with a CHECK has to be made anew.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, MetaData, PrimaryKeyConstraint, Table, column

from sipas.store.ledger.types import BYTES, TEXT, WHOLE, Flag

metadata = MetaData()


def text(name: str, **options: Any) -> Column[str]:
    """Text, "" where there is none."""
    return Column(name, TEXT, nullable=False, **options)


def maybe(name: str) -> Column[str]:
    """Text, null where nothing was given."""
    return Column(name, TEXT, nullable=True)


def integer(name: str, **options: Any) -> Column[int]:
    """A whole number."""
    return Column(name, WHOLE, nullable=False, **options)


def raw(name: str) -> Column[bytes]:
    """Bytes."""
    return Column(name, BYTES, nullable=False)


def flag(name: str) -> tuple[Column[bool], CheckConstraint]:
    """True or False."""
    check = CheckConstraint(column(name).in_([0, 1]), name=f"{name}_flag").ddl_if(dialect="sqlite")
    return Column(name, Flag, nullable=False), check


def table(name: str, *parts: Any, key: str, **options: Any) -> Table:
    """A table; the columns of `key` come first in it, so that rows sorted by all columns are sorted by key."""
    return Table(name, metadata, *parts, PrimaryKeyConstraint(*key.split()), sqlite_strict=True, **options)


def bulk(name: str, *parts: Any, key: str) -> Table:
    """A table of very many rows, kept in the order of its key (one tree in SQLite instead of two)."""
    return table(name, *parts, key=key, sqlite_with_rowid=False)


def refers(columns: str, other: str, **options: Any) -> ForeignKeyConstraint:
    """Columns that name a row of another table by columns of the same names."""
    names = columns.split()
    return ForeignKeyConstraint(names, [f"{other}.{name}" for name in names], **options)


def of_round() -> ForeignKeyConstraint:
    """`round_id` names a round."""
    return refers("round_id", "rounds")


def of_instrument() -> ForeignKeyConstraint:
    """`round_id` and `instrument_id` name an instrument."""
    return refers("round_id instrument_id", "instruments")


def of_entry() -> ForeignKeyConstraint:
    """`log_seq` names a log entry of the same transaction, which is written after the row."""
    return ForeignKeyConstraint(["log_seq"], ["audit_log.seq"], deferrable=True, initially="DEFERRED")
