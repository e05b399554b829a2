"""Where the returns of an instrument stand now."""

from __future__ import annotations

import pandas as pd

from sipas.jobs.raters import drawn_pairs
from sipas.jobs.workbench import Workbench
from sipas.steps.outcomes import Ledger, ReturnsReport, case_outcomes, under_today
from sipas.steps.outcomes import returns_report as count_returns
from sipas.store.workspace import Workspace


def returns_report(ws: Workspace, round_id: str, instrument_id: str = "") -> ReturnsReport:
    """Count cases, forms and rows of an instrument. Raises StoreError `jobs.step_first` before the draw."""
    bench = Workbench(ws, round_id, instrument_id)
    sample = bench.table("draw", "sample")
    return count_returns(ledger_now(bench), sample, bench.parts.units_of_today())


def ledger_now(bench: Workbench) -> Ledger:
    """What the ledger says now of the returns of the instrument in hand."""
    pairs = drawn_pairs(bench) if bench.parts.rules.rates_many else None
    return Ledger(bench.ledger("cases"), bench.ledger("rows"), bench.ledger("batches"), pairs)


def outcomes_now(bench: Workbench) -> pd.DataFrame:
    """Outcome of every issued case now."""
    return case_outcomes(ledger_now(bench))


def units_of_today(bench: Workbench, units: pd.Series) -> pd.Series:
    """Units of today; a closed unit keeps its id, so that its forms stay in the counts."""
    return under_today(units, bench.parts.units_of_today())
