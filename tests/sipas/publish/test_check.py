"""Results that do not hold together are refused, and every fault is named."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from made_up_results import with_survey

from errors import FaultsFound
from sipas.publish.round.check import check_results
from sipas.publish.round.roundresults import RoundResults
from sipas.steps.outcomes import ReturnsReport


def rules(results: RoundResults) -> list[tuple[str, str]]:
    with pytest.raises(FaultsFound) as caught:
        check_results(results)
    assert caught.value.rule == "publish.results"
    return [(fault.rule, fault.got) for fault in caught.value.faults]


def returns_of(results: RoundResults) -> ReturnsReport:
    fieldwork = results.surveys[0].fieldwork
    assert fieldwork is not None
    return fieldwork.returns


def test_results_that_hold_together_pass(results: RoundResults) -> None:
    check_results(results)


def test_forms_that_do_not_add_up(results: RoundResults) -> None:
    by_unit = returns_of(results).by_unit.copy()
    by_unit.loc[0, "n_outstanding"] += 1
    by_unit.loc[1, "n_valid"] -= 2
    issued, returned = by_unit.loc[0, "n_issued"], by_unit.loc[1, "n_returned"]
    assert rules(with_survey(results, by_unit=by_unit)) == [
        ("publish.issued_sum", str(issued + 1)),
        ("publish.returned_sum", str(returned - 2)),
    ]


def test_rejected_forms_of_a_unit_without_issued_ones(results: RoundResults) -> None:
    more = pd.DataFrame({"unit_id": ["T00"], "reason": ["returns.late"], "n": [1]})
    rejections = pd.concat([returns_of(results).rejections, more])
    assert rules(with_survey(results, rejections=rejections)) == [("publish.returned_sum", "1")]


def test_rows_of_a_file_that_do_not_add_up(results: RoundResults) -> None:
    batches = returns_of(results).batches.copy()
    batches.loc[2, "n_late"] -= 1
    assert rules(with_survey(results, batches=batches)) == [("publish.batch_sum", "232")]


def test_missing_and_stray_rows_of_a_unit_sheet(results: RoundResults) -> None:
    sheets = results.unit_sheets.copy()
    first = (sheets["unit_id"] == "S02") & (sheets["criterion_code"] == "3.2")
    sheets.loc[first, "criterion_code"] = "9.9"
    assert rules(replace(results, unit_sheets=sheets)) == [("publish.missing_row", ""), ("publish.stray_row", "9.9")]


def test_unknown_units_are_all_named(results: RoundResults) -> None:
    survey = results.surveys[0]
    assert survey.fieldwork is not None
    scores, report = survey.index_scores.copy(), survey.fieldwork.weight_report.copy()
    scores.loc[0, "unit_id"] = "Z99"
    report.loc[report.index[-1], "unit_id"] = "Z98"
    assert rules(with_survey(results, index_scores=scores, weight_report=report)) == [
        ("publish.unknown_unit", "Z99"),
        ("publish.unknown_unit", "Z98"),
    ]


def test_faults_of_every_survey_are_found_and_say_which(results: RoundResults) -> None:
    other = replace(results.surveys[0], instrument_id="dai-bieu")
    both = replace(results, surveys=(*results.surveys, other))
    batches = returns_of(results).batches.assign(n_waiting=[0, 7, 0])
    with pytest.raises(FaultsFound) as caught:
        check_results(with_survey(both, 1, batches=batches))
    assert [(fault.rule, fault.where, fault.got) for fault in caught.value.faults] == [
        ("publish.batch_sum", "dai-bieu/batches, L02", "1487")
    ]
