"""The four column types of the ledger. SQLite's STRICT tables know only TEXT, INTEGER, REAL and BLOB.

Times are text UTC, points and enums text; a flag is 0 or 1 in SQLite and a boolean elsewhere.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Dialect, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

TEXT: TypeEngine[str] = Text()
WHOLE: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
BYTES: TypeEngine[bytes] = LargeBinary()


class Flag(TypeDecorator[bool]):
    """True or False; anything else is refused when it is written."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """INTEGER in SQLite, the database's own boolean elsewhere."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> bool | int | None:
        """0 or 1 for SQLite."""
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"flag: {type(value).__name__}")
        return int(value) if dialect.name == "sqlite" and value is not None else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        """bool again."""
        return None if value is None else bool(value)
