"""Results proved before anything is drawn: known units, complete unit sheets, counts that add up."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from errors import Fault, FaultsFound
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.surveyresults import SurveyResults
from sipas.returns import ROW_STATES
from sipas.steps.outcomes import ReturnsReport


def check_results(results: RoundResults) -> None:
    """FaultsFound `publish.results` naming every unknown unit, every missing or stray row of a unit sheet and every
    count that does not add up; the place of a fault in a survey is `<instrument_id>/<table>`."""
    faults = [*_unknown_units(results), *_sheet_rows(results)]
    for survey in results.surveys:
        if survey.fieldwork is not None:
            faults += [*_forms(survey, survey.fieldwork.returns), *_batches(survey, survey.fieldwork.returns)]
    if faults:
        raise FaultsFound("publish.results", faults, where=results.head.id)


def _unknown_units(results: RoundResults) -> Iterator[Fault]:
    for place, table in _tables_by_unit(results):
        for unit_id in sorted(set(table["unit_id"]) - {*results.unit_names, results.head.province_id, ""}):
            yield Fault("publish.unknown_unit", place, column="unit_id", got=unit_id)


def _tables_by_unit(results: RoundResults) -> Iterator[tuple[str, pd.DataFrame]]:
    yield from (("results", results.ranked), ("unit_sheets", results.unit_sheets))
    for survey in results.surveys:
        yield f"{survey.instrument_id}/index_scores", survey.index_scores
        if survey.fieldwork is not None:
            yield f"{survey.instrument_id}/responses", survey.fieldwork.returns.by_unit
            yield f"{survey.instrument_id}/rejections", survey.fieldwork.returns.rejections
            yield f"{survey.instrument_id}/weights", survey.fieldwork.weight_report


def _sheet_rows(results: RoundResults) -> Iterator[Fault]:
    ranked, sheets = results.ranked, results.unit_sheets
    codes = {rulebook.id: rulebook.by_code for rulebook in results.rulebooks}
    units = zip(ranked["rulebook_id"], ranked["unit_id"], strict=True)
    wanted = {(rulebook_id, unit_id, code) for rulebook_id, unit_id in units for code in codes[rulebook_id]}
    present = set(zip(sheets["rulebook_id"], sheets["unit_id"], sheets["criterion_code"], strict=True))
    for _, unit_id, code in sorted(wanted - present):
        yield Fault("publish.missing_row", "unit_sheets", column=unit_id, expected=code)
    for _, unit_id, code in sorted(present - wanted):
        yield Fault("publish.stray_row", "unit_sheets", column=unit_id, got=code)


def _forms(survey: SurveyResults, returns: ReturnsReport) -> Iterator[Fault]:
    forms, place = returns.by_unit.set_index("unit_id"), f"{survey.instrument_id}/responses"
    by_reason = returns.rejections.groupby("unit_id")["n"].sum()
    returned = forms["n_valid"].add(by_reason, fill_value=0).astype("int64")
    yield from _unequal("publish.issued_sum", place, forms["n_returned"] + forms["n_outstanding"], forms["n_issued"])
    yield from _unequal("publish.returned_sum", place, returned, forms["n_returned"].reindex(returned.index).fillna(0))


def _batches(survey: SurveyResults, returns: ReturnsReport) -> Iterator[Fault]:
    batches, place = returns.batches.set_index("batch_id"), f"{survey.instrument_id}/batches"
    states = batches[[f"n_{state}" for state in ROW_STATES]].sum(axis=1)
    yield from _unequal("publish.batch_sum", place, states, batches["n_rows"])


def _unequal(rule: str, place: str, sums: pd.Series, totals: pd.Series) -> Iterator[Fault]:
    """A fault for every id at which a sum is not its total."""
    for key in sums.index[sums != totals]:
        yield Fault(rule, place, column=str(key), got=str(sums[key]), expected=str(int(totals[key])))
