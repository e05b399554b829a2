"""Explanations as small tables that a release keeps, and reading them back: nothing is worked out again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from errors import DataError
from sampling.tables import Column, Table
from sipas.trace.address import Address, check_variant
from sipas.trace.explain import TraceReport, unknown_code
from sipas.trace.sections import Words, read_section

TRACES: Final = Table(
    "Traces",
    ("address",),
    (
        Column("address", "text"),
        Column("unit_id", "text"),
        Column("book_id", "text"),
        Column("code", "text"),
        Column("variant", "text"),
        Column("is_root", "bool"),
        Column("is_official", "bool"),
        Column("section_ids", "text"),
        Column("agrees", "bool"),
        Column("case_set", "text"),
        Column("n_cases", "int"),
    ),
)
TRACE_SECTIONS: Final = Table("TraceSections", ("section_id",), (Column("section_id", "int"), Column("text", "text")))
TRACE_CASES: Final = Table("TraceCases", ("case_set",), (Column("case_set", "text"), Column("case_ids", "text")))
TRACE_TERMS: Final = Table(
    "TraceTerms", ("kind", "code"), (Column("kind", "text"), Column("code", "text"), Column("words_vi", "text"))
)


@dataclass(frozen=True, eq=False)
class TraceTables:
    """The traces of a round.

    traces (TRACES): a row per printed number; is_root, is_official: what an address without code or variant means;
    section_ids: numbers joined by blanks, from the number down. sections (TRACE_SECTIONS): text as `Section.text`, a
    section that many numbers share once; numbers rise with the units. cases (TRACE_CASES): ids of the forms counted
    together, joined by blanks. terms (TRACE_TERMS): codes in the sections that have words, "" until `with_words`.
    """

    traces: pd.DataFrame
    sections: pd.DataFrame
    cases: pd.DataFrame
    terms: pd.DataFrame

    def with_words(self, words: Words) -> TraceTables:
        """The same with the words that a kind and a code have today kept beside them."""
        named = [words(kind, code) for kind, code in zip(self.terms["kind"], self.terms["code"], strict=True)]
        return replace(self, terms=TRACE_TERMS.check(self.terms.assign(words_vi=pd.Series(named, dtype="str"))))

    def words(self) -> Words:
        """The words kept beside the sections."""
        kept = {(kind, code): said for kind, code, said in self.terms.itertuples(index=False, name=None)}
        return lambda kind, code: kept.get((kind, code), "")

    def book_ids(self) -> list[str]:
        """Ids that an address may name."""
        return sorted(self.traces["book_id"].unique())


def read_trace(tables: TraceTables, address: Address, words: Words | None = None) -> TraceReport:
    """The report that `explain` gave when the tables were made, in `words` or else those kept beside them.

    Raises DataError `trace.unknown_unit`, `trace.unknown_book`, `trace.unknown_code`, and what `check_variant` raises.
    """
    row = _row_of(tables.traces, address)
    numbers = [int(number) for number in str(row["section_ids"]).split()]
    kept = tables.sections[tables.sections["section_id"].isin(numbers)].set_index("section_id")["text"]
    sections = tuple(read_section(kept[number]) for number in numbers)
    own = tables.cases.loc[tables.cases["case_set"] == row["case_set"], "case_ids"]
    case_ids = tuple(own.iloc[0].split()) if len(own) else ()
    report = TraceReport(replace(address, code=str(row["code"])), sections, case_ids, bool(row["agrees"]))
    return report.in_words(words or tables.words())


def _row_of(traces: pd.DataFrame, address: Address) -> pd.Series:
    """The row an address means; what it leaves out is the total or root, and the official variant."""
    of_unit = traces[traces["unit_id"] == address.unit_id]
    if of_unit.empty:
        raise DataError("trace.unknown_unit", got=address.unit_id)
    if not (traces["book_id"] == address.book_id).any():
        known = ", ".join(sorted(traces["book_id"].unique()))
        raise DataError("trace.unknown_book", got=address.book_id, expected=known)
    check_variant(address, set(traces.loc[traces["book_id"] == address.book_id, "variant"]) - {""})
    own = of_unit[of_unit["book_id"] == address.book_id]
    own = own[own["code"] == address.code] if address.code else own[own["is_root"]]
    own = own[own["variant"] == address.variant] if address.variant else own[own["is_official"]]
    if own.empty:
        raise unknown_code(address)
    return own.iloc[0]
