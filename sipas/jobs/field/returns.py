"""Where the returns of an instrument stand: as released, or now."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sipas.jobs.prepare.raters import drawn_pairs
from sipas.jobs.stepruns.frozen import released
from sipas.jobs.stepruns.workbench import Workbench
from sipas.publish.round.make import ledger_of
from sipas.steps.given import Given
from sipas.steps.outcomes import Ledger, ReturnsReport, case_outcomes, under_today
from sipas.steps.outcomes import returns_report as count_returns
from sipas.store.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Returns:
    """Counts of one instrument; release_no: 0 for the present state."""

    instrument_id: str
    title_vi: str
    report: ReturnsReport
    release_no: int


def all_returns(ws: Workspace, round_id: str, instrument_id: str = "", *, working: bool = False) -> tuple[Returns, ...]:
    """Counts of one survey, or of all that were not cancelled: of a released round as they were released, else (or
    working, or for a survey that no release counts) as they are.

    Raises StoreError `jobs.step_first` before the draw, `jobs.cancelled`, `store.no_instrument`, `jobs.no_respondents`,
    `jobs.no_survey`.
    """
    frozen = None if working else released(ws, round_id)
    round_bench = Workbench(ws, round_id, instrument_id)
    left = [
        bench.instrument.instrument_id
        for bench in round_bench.survey_benches()
        if bench.instrument.state != "cancelled"
    ]
    wanted = [round_bench.instrument.instrument_id] if instrument_id or not left else left
    for chosen_id in wanted:
        round_bench.at(chosen_id).refuse_cancelled()
    if frozen is None or not frozen.is_whole:
        return tuple(_now(round_bench.at(instrument_id)) for instrument_id in wanted)
    number, given = frozen.release.release_no, frozen.given(frozen.run("workbook")).instruments
    return tuple(
        _released(given[instrument_id], number) if instrument_id in given else _now(round_bench.at(instrument_id))
        for instrument_id in wanted
    )


def returns_report(ws: Workspace, round_id: str, instrument_id: str = "") -> ReturnsReport:
    """Cases, forms and rows of an instrument as they are now. Raises StoreError `jobs.step_first` before the draw."""
    return _now(Workbench(ws, round_id, instrument_id)).report


def _now(bench: Workbench) -> Returns:
    sample = bench.table("draw", "sample")
    report = count_returns(ledger_now(bench), sample, bench.parts.units_of_today())
    return Returns(bench.instrument.instrument_id, bench.parts.rules.title, report, 0)


def _released(given: Given, release_no: int) -> Returns:
    report = count_returns(ledger_of(given), given.table("draw/sample"), given.units_of_today())
    return Returns(given.instrument_id, given.rules.title, report, release_no)


def ledger_now(bench: Workbench) -> Ledger:
    """What the ledger says now of the returns of the instrument in hand."""
    return Ledger(bench.ledger("cases"), bench.ledger("rows"), bench.ledger("batches"), drawn_pairs(bench))


def outcomes_now(bench: Workbench) -> pd.DataFrame:
    """Outcome of every issued case now."""
    return case_outcomes(ledger_now(bench))


def units_of_today(bench: Workbench, units: pd.Series) -> pd.Series:
    """Units of today; a closed unit keeps its id, so that its forms stay in the counts."""
    return under_today(units, bench.parts.units_of_today())
