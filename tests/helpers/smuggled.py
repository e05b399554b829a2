"""A row put into a table of the ledger behind the log's back."""

from __future__ import annotations

import random

from sqlalchemy import Connection

_MADE_UP = {"TEXT": "x", "INTEGER": 1, "BLOB": b"x"}


def smuggle(connection: Connection, drawn: random.Random, table: str) -> str:
    """Insert a row, a drawn one of the table with another key, or a made-up one in an empty table; says what was done.

    Triggers and foreign keys have to be off.
    """
    run = connection.exec_driver_sql
    columns = {name: (kind, place) for _, name, kind, _, _, place in run(f"PRAGMA table_info('{table}')")}
    row = {name: _MADE_UP[kind] for name, (kind, _) in columns.items()}
    n_rows = run(f"SELECT count(*) FROM {table}").scalar()
    changed: list[str] = []
    if n_rows:
        row |= run(f"SELECT * FROM {table} LIMIT 1 OFFSET {drawn.randrange(n_rows)}").mappings().one()
        indexes = run(f"PRAGMA index_list('{table}')").mappings().all()
        unique = [one["name"] for one in indexes if one["unique"] and one["origin"] != "pk"]
        lasts = [run(f"PRAGMA index_info('{name}')").all()[-1][2] for name in unique]
        changed = sorted({drawn.choice([name for name, (_, place) in columns.items() if place]), *lasts})
        row |= {name: f"{row[name]}x" if columns[name][0] == "TEXT" else row[name] + 100_000 for name in changed}
    names = ", ".join(f'"{name}"' for name in row)
    run(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
    return f"{table}: a row with another {' '.join(changed)}" if changed else f"{table}: a made-up row"
