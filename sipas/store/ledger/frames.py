"""Between ledger rows and frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Connection, Select

from errors import StoreError
from sipas.store.ledger.types import Flag

if TYPE_CHECKING:
    import pandas as pd


def query_frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """Rows of a query as a frame: text "str" (null stays null), whole numbers int64, flags bool."""
    import pandas as pd

    columns = list(query.selected_columns)
    rows = connection.execute(query).all()
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pd.DataFrame(
        {
            str(column.name): pd.Series(list(values), dtype=_dtype(column.type))
            for column, values in zip(columns, cells, strict=True)
        }
    )


def plain_columns(frame: pd.DataFrame, names: list[str], where: str) -> dict[str, list[Any]]:
    """Columns of a frame as lists of plain Python values, null as None. StoreError `store.columns`."""
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise StoreError(
            "store.columns", where=where, got=", ".join(map(str, frame.columns)), expected=", ".join(absent)
        )
    return {name: frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in names}


def _dtype(kind: Any) -> str:
    if isinstance(kind, Flag):
        return "bool"
    return "int64" if isinstance(kind, BigInteger) else "str"
