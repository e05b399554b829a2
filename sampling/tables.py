"""Declared tables: names, types and keys, checked where a table crosses from one stage to the next.

A stage takes and gives pandas frames; `Table.check` proves a frame and returns it in canonical form (declared
columns first, undeclared ones only where the table allows them, rows sorted by key), so that the same rows in any
order become the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

import pandas as pd
import pyarrow as pa

from errors import DataError

Kind = Literal["text", "int", "float", "bool", "date", "decimal"]
_ARROW: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.string(),
    "decimal": pa.decimal128(18, 6),
}


@dataclass(frozen=True)
class Column:
    """A column: dates are ISO text (2026-03-01), decimals `decimal.Decimal`, at most 6 places."""

    name: str
    kind: Kind
    nullable: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table between two stages. `extra` is the kind of undeclared columns (items, strata parts) if allowed;
    `prefixes`: kinds of undeclared columns whose name starts with a given text."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    extra: Kind | None = None
    prefixes: tuple[tuple[str, Kind], ...] = ()

    def names(self) -> list[str]:
        """Declared column names in order."""
        return [column.name for column in self.columns]

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Prove `frame` against the declaration; return it in canonical order with canonical types.

        Raises DataError `table.columns` (missing or undeclared), `table.type`, `table.null`, `table.choice`
        (a value outside `choices`), `table.key` (repeated key); got and expected name the first offender.
        """
        declared = self.names()
        missing = [name for name in declared if name not in frame.columns]
        unknown = [name for name in frame.columns if name not in declared]
        if missing or (unknown and self.extra is None):
            raise DataError(
                "table.columns",
                where=self.name,
                got=", ".join(map(str, frame.columns)),
                expected=", ".join(declared),
            )
        columns = {column.name: self._typed(frame[column.name], column) for column in self.columns}
        if self.extra is not None:
            for name in unknown:
                kind = self._extra_kind(str(name))
                columns[name] = self._typed(frame[name], Column(str(name), kind, nullable=kind == self.extra))
        result = pd.DataFrame(columns)
        result = result.sort_values(list(self.key), kind="stable", ignore_index=True)
        repeated = result.duplicated(list(self.key))
        if repeated.any():
            first = result.loc[repeated, list(self.key)].iloc[0]
            raise DataError("table.key", where=self.name, got=" / ".join(map(str, first)))
        return result

    def arrow(self, frame: pd.DataFrame) -> pa.Table:
        """Check `frame` and give it as an Arrow table without index or pandas metadata (stable bytes)."""
        checked = self.check(frame)
        kinds = {column.name: column.kind for column in self.columns}
        names = [str(name) for name in checked.columns]
        fields = [pa.field(name, _ARROW[kinds[name] if name in kinds else self._extra_kind(name)]) for name in names]
        return pa.Table.from_pandas(checked, schema=pa.schema(fields), preserve_index=False).replace_schema_metadata(
            None
        )

    def empty(self) -> pd.DataFrame:
        """A frame with the declared columns and no rows."""
        return self.check(pd.DataFrame({name: [] for name in self.names()}))

    def _extra_kind(self, name: str) -> Kind:
        """Kind of an undeclared column."""
        return next((kind for prefix, kind in self.prefixes if name.startswith(prefix)), self.extra or "text")

    def _typed(self, values: pd.Series, column: Column) -> pd.Series:
        place = f"{self.name}.{column.name}"
        null = values.isna()
        if null.any() and not column.nullable:
            raise DataError("table.null", where=place, got=int(null.sum()), expected=0)
        typed = _convert(values, column.kind, place)
        if column.choices:
            bad = ~(typed.isin(column.choices) | null)
            if bad.any():
                raise DataError(
                    "table.choice", where=place, got=typed[bad].iloc[0], expected=" | ".join(column.choices)
                )
        return typed.reset_index(drop=True)


_KINDS: Mapping[Kind, str] = {
    "text": "text values",
    "date": "text values",
    "int": "whole numbers",
    "float": "numbers of any kind",
    "bool": "true | false",
    "decimal": "exact decimals",
}
_FOUND: Mapping[str, str] = {
    "string": "text values",
    "integer": "whole numbers",
    "floating": "numbers with decimals",
    "boolean": "true | false",
    "decimal": "exact decimals",
    "categorical": "categories",
    "date": "dates",
    "datetime": "dates",
    "datetime64": "dates",
}


def _convert(values: pd.Series, kind: Kind, place: str) -> pd.Series:
    """Give `values` the declared kind, or say which place does not fit. Nothing is parsed: text stays text."""
    if kind in ("text", "date"):
        is_plain = isinstance(values.dtype, pd.StringDtype) or not values.notna().any()
        if not is_plain and pd.api.types.infer_dtype(values, skipna=True) not in ("string", "empty"):
            raise DataError("table.type", where=place, got=_kind_of(values), expected=_KINDS[kind])
        return values.astype("str")
    if kind == "decimal":
        if pd.api.types.infer_dtype(values, skipna=True) not in ("decimal", "empty"):
            _refuse_undecimal(values.dropna(), place)
        return values.astype(object).where(values.notna(), None)
    present = values.dropna().infer_objects()
    allowed = {"int": "iu", "float": "fiu", "bool": "b"}[kind]
    is_whole = kind == "int" and present.dtype.kind == "f" and bool((present == present.round()).all())
    if len(present) and present.dtype.kind not in allowed and not is_whole:
        raise DataError("table.type", where=place, got=_kind_of(present), expected=_KINDS[kind])
    if kind == "int":
        return values.astype("Int64") if len(present) < len(values) else values.astype("int64")
    return values.astype("float64" if kind == "float" else "bool")


def _kind_of(values: pd.Series) -> str:
    """What a column holds, in words."""
    return _FOUND.get(pd.api.types.infer_dtype(values, skipna=True), "values of several types")


def _refuse_undecimal(values: pd.Series, place: str) -> None:
    wrong = values.map(lambda cell: not isinstance(cell, Decimal)).astype(bool)
    if wrong.any():
        raise DataError("table.type", where=place, got=_kind_of(values[wrong]), expected=_KINDS["decimal"])


def _table(
    name: str,
    key: str,
    columns: Sequence[Column],
    extra: Kind | None = None,
    prefixes: tuple[tuple[str, Kind], ...] = (),
) -> Table:
    return Table(name, tuple(key.split()), tuple(columns), extra, prefixes)


_T: Final = "text"
_I: Final = "int"
_F: Final = "float"
_B: Final = "bool"
_D: Final = "date"

SAMPLING_FRAME = _table(
    "SamplingFrame",
    "frame_unit_id",
    [
        Column("frame_unit_id", _T),
        Column("unit_id", _T),
        Column("unit_id_at_event", _T),
        Column("psu_id", _T),
        Column("person_key", _T),
        Column("event_date", _D),
        Column("size", _I),
        Column("has_contact", _B),
    ],
    extra=_T,
)
ALLOCATION = _table(
    "Allocation",
    "stratum_id",
    [
        Column("stratum_id", _T),
        Column("pop_size", _I),
        Column("sample_size", _I),
        Column("reserve_size", _I),
        Column("method", _T),
    ],
)
DRAWN = _table(
    "Drawn",
    "frame_unit_id",
    [
        Column("frame_unit_id", _T),
        Column("stage", _I),
        Column("stratum_id", _T),
        Column("psu_id", _T),
        Column("prn", _T),
        Column("conditional_prob", _F, nullable=True),
        Column("inclusion_prob", _F, nullable=True),
        Column("planned_inclusion_prob", _F, nullable=True),
        Column("design_weight", _F, nullable=True),
        Column("draw_order", _I),
        Column("is_reserve", _B),
        Column("is_certain", _B),
        Column("is_approximate", _B),
    ],
)
SAMPLE = _table(
    "Sample",
    "case_id",
    [Column("case_id", _T), *DRAWN.columns[:4], Column("conductor_id", _T), *DRAWN.columns[4:]],
)
RATED_PAIRS = _table(
    "RatedPairs",
    "case_id rated_unit_id",
    [Column("case_id", _T), Column("rated_unit_id", _T), Column("rater_group", _T), Column("pair_prob", _F)],
)
CASE_STATUSES = ("respondent", "nonrespondent", "ineligible", "unknown")
RESPONSES = _table(
    "Responses",
    "case_id rated_unit_id row_no",
    [
        Column("case_id", _T),
        Column("rated_unit_id", _T),
        Column("row_no", _I),
        Column("questionnaire_id", _T),
        Column("batch_id", _T),
        Column("mode", _T),
    ],
    extra=_T,
)
CONTROL_TOTALS = _table(
    "ControlTotals",
    "margin category partition",
    [
        Column("margin", _T),
        Column("category", _T),
        Column("partition", _T),
        Column("total", _F),
        Column("source", _T),
    ],
)
CALIBRATION = _table(
    "Calibration",
    "step_no case_id rated_unit_id column_no",
    [
        Column("step_no", _I),
        Column("step", _T),
        Column("case_id", _T),
        Column("rated_unit_id", _T),
        Column("column_no", _I),
        Column("margin", _T),
        Column("category", _T),
        Column("partition", _T),
        Column("value", _F),
        Column("target", _F),
        Column("weight_before", _F),
        Column("weight_after", _F),
        Column("method", _T),
        Column("lower", _F, nullable=True),
        Column("upper", _F, nullable=True),
    ],
)
FACTOR_PREFIX: Final = "factor_"  # columns of the steps of a recipe that share one of the declared factors
WEIGHTED_CASES = _table(
    "WeightedCases",
    "case_id rated_unit_id",
    [
        Column("case_id", _T),
        Column("rated_unit_id", _T),
        Column("stratum_id", _T),
        Column("psu_id", _T),
        Column("pop_size", _I),
        Column("design_weight", _F),
        Column("eligibility_factor", _F),
        Column("nonresponse_factor", _F),
        Column("calibration_factor", _F),
        Column("final_weight", _F),
        Column("response_class", _T),
    ],
    extra=_T,
    prefixes=((FACTOR_PREFIX, "float"),),
)
ESTIMATES = Table(
    "Estimates",
    ("domain", "variable"),
    (
        Column("domain", _T),
        Column("variable", _T),
        Column("statistic", _T),
        Column("estimate", _F, nullable=True),
        Column("std_error", _F, nullable=True),
        Column("df", _F, nullable=True),
        Column("ci_low", _F, nullable=True),
        Column("ci_high", _F, nullable=True),
        Column("n", _I),
        Column("effective_n", _F, nullable=True),
        Column("deff", _F, nullable=True),
        Column("reason", _T, nullable=True),
    ),
)
