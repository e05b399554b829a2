"""Results of one instrument of a round: its index and values, and what its fieldwork came to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pandas as pd

from sipas.indices import IndexDefinition, Variant
from sipas.returns import LATE
from sipas.rounds import InstrumentRules
from sipas.steps.outcomes import ReturnsReport
from sipas.words import words_of
from sipas.words.numbers import is_absent

Record = dict[str, Any]
FORM_COUNTS: Final = ("n_issued", "n_returned", "n_outstanding", "n_valid", "n_rejected")


# Headings of further lines of the method sheet, in the order of the work.
GROUPS: Final = (
    "taken_over",
    "frame",
    "returns",
    "units",
    "reserves",
    "weights",
    "errors",
    "cancelled",
    "reopened",
)


@dataclass(frozen=True)
class MethodFact:
    """A line of the method sheet: heading it belongs under (a code of GROUPS), what it says, its value in words."""

    group: str
    name: str
    value: str


@dataclass(frozen=True, eq=False)
class Fieldwork:
    """Forms, weights (WEIGHT_REPORT, MARGINS) and draw of an instrument with respondents."""

    rules: InstrumentRules
    returns: ReturnsReport
    weight_report: pd.DataFrame
    margins: pd.DataFrame
    manifest: Mapping[str, Any]

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """Reasons of rejection to print, late ones always among them, in the order of their words."""
        present = {LATE, *self.returns.rejections["reason"]}
        labelled = [reason for reason in words_of("reason") if reason in present]
        return (*labelled, *sorted(present - set(labelled)))

    @cached_property
    def forms(self) -> pd.DataFrame:
        """Forms by unit_id: FORM_COUNTS, and the rejected ones once more by reason."""
        by_unit = self.returns.by_unit.set_index("unit_id")[list(FORM_COUNTS)]
        by_reason = self.returns.rejections.pivot(index="unit_id", columns="reason", values="n")
        return by_unit.join(by_reason.reindex(columns=list(self.reasons))).fillna(0).astype("int64")

    def sum_forms(self, unit_ids: Collection[str]) -> dict[str, int]:
        """Forms of several units together; units without forms add nothing."""
        sums = self.forms[self.forms.index.isin(unit_ids)].sum()
        return {str(name): int(n) for name, n in sums.items()}

    @cached_property
    def weights(self) -> list[Record]:
        """The weight report with the weights of the last step once more as step `final`; a step's own name only where
        its kind comes twice."""
        report = self.weight_report
        last = report["step_no"].max()
        final = report[report["step_no"] == last].assign(weight_step="final", step_no=last + 1, step_name="")
        kinds = report.drop_duplicates("step_no")["weight_step"].value_counts()
        step_name = report["step_name"].where(report["weight_step"].map(kinds) > 1, "")
        return list(rows(pd.concat([report.assign(step_name=step_name), final])))


@dataclass(frozen=True, eq=False)
class SurveyResults:
    """One instrument. fieldwork: None where another agency gave the values; source_vi: that agency, else "".

    short_vi: two or three words for the names of its sheets beside other surveys'; "": its number.
    index_scores: INDEX_SCORES of the index. facts: further lines of the method sheet.
    """

    instrument_id: str
    title_vi: str
    index: IndexDefinition
    index_scores: pd.DataFrame
    fieldwork: Fieldwork | None = None
    source_vi: str = ""
    short_vi: str = ""
    facts: tuple[MethodFact, ...] = ()

    @property
    def item_value(self) -> str:
        """What a value is: of another agency's it is not known how they were counted."""
        return "given" if self.source_vi else self.index.item_value

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Variants of the index that have values; another agency gives the official ones alone."""
        return (self.index.official,) if self.source_vi else self.index.variants

    @cached_property
    def _scores(self) -> dict[tuple[str, str, str], Record]:
        return {(row["unit_id"], row["node_code"], row["variant"]): row for row in rows(self.index_scores)}

    def score(self, unit_id: str, node_code: str, variant: str = "") -> Record | None:
        """INDEX_SCORES of a unit and node, "" for the official variant; None where the unit has none."""
        return self._scores.get((unit_id, node_code, variant or self.index.official.name))


def rows(frame: pd.DataFrame) -> Iterator[Record]:
    """Rows as dicts; an absent text is "", any other absent value None."""
    texts = {name for name in frame.columns if isinstance(frame[name].dtype, pd.StringDtype)}
    names = list(frame.columns)
    for cells in frame.astype(object).itertuples(index=False, name=None):
        yield {
            name: ("" if name in texts else None) if is_absent(cell) else cell
            for name, cell in zip(names, cells, strict=True)
        }
