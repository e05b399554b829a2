"""Worked cases of a rulebook: what the office computed by hand must come out of the code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from errors import DataError, Fault
from sipas.rulebook import Case, Rulebook, parse_counts
from sipas.scoring.leaf import LeafInput, score_leaf

_FILE = "cases.csv"


def run_cases(rulebook: Rulebook) -> list[Fault]:
    """Cases whose points differ from those computed (`scoring.case`) or that cannot be scored (`scoring.case_input`).

    Rows with one `case` name belong together: a row of a criterion with children is compared with the sum of the leaf
    rows of its case, and every leaf below it must have one (`scoring.case_leaves`). Blank points: the leaf does not
    count.
    """
    faults: list[Fault] = []
    by_case: dict[str, dict[str, Case]] = defaultdict(dict)
    for case in rulebook.cases:
        by_case[case.case][case.code] = case
    for rows in by_case.values():
        points = {
            code: _leaf_points(case, rulebook, faults)
            for code, case in rows.items()
            if rulebook.criterion(code).rule != "sum"
        }
        for code, case in rows.items():
            if code not in points:
                faults += _sum_faults(case, rulebook, points)
    return sorted(faults)


def _leaf_points(case: Case, rulebook: Rulebook, faults: list[Fault]) -> Decimal | None:
    given = LeafInput(
        choice_code=case.choice_code,
        value=case.value,
        numerator=case.numerator,
        denominator=case.denominator,
        option_counts=parse_counts(case.option_counts) if case.option_counts else {},
        leaf_status=case.leaf_status,
    )
    try:
        points = score_leaf(rulebook.criterion(case.code), rulebook, given).points
    except DataError as error:
        faults.append(
            Fault(
                "scoring.case_input",
                _FILE,
                row=case.line,
                got=error.got,
                expected=error.expected,
                values={"code": case.code, "reason": error.rule},
            )
        )
        return None
    faults += _differences(case, points)
    return points


def _sum_faults(case: Case, rulebook: Rulebook, points: Mapping[str, Decimal | None]) -> list[Fault]:
    codes = [node.code for node in rulebook.tree.leaves(case.code)]
    absent = [code for code in codes if code not in points]
    if absent:
        return [Fault("scoring.case_leaves", _FILE, row=case.line, column="code", got=", ".join(absent))]
    counted = [value for code in codes if (value := points[code]) is not None]
    return _differences(case, sum(counted, Decimal(0)) if counted else None)


def _differences(case: Case, points: Decimal | None) -> list[Fault]:
    if points == case.points:
        return []
    got = "" if points is None else str(points)
    expected = "" if case.points is None else str(case.points)
    values = {"code": case.code, "case": case.case}
    return [Fault("scoring.case", _FILE, row=case.line, column="points", got=got, expected=expected, values=values)]
