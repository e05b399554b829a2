"""Scoring: hand-computed points for every rule form, exact halves, one body for decimals and arrays, every refusal."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampled import sampled

from errors import DataError, RulebookError
from sipas.rulebook import Band, Criterion, Level, Link, Rounding, Rulebook, load_rulebook
from sipas.scoring import (
    EXACT,
    FLOAT,
    LeafColumns,
    LeafInput,
    input_faults,
    points_per_pct,
    round_points,
    run_cases,
    score_leaf,
    survey_decimal,
    unrounded_points,
)

EXAMPLES = Path(__file__).parents[2] / "data" / "rulebooks" / "made-up-gia-dinh"
MODES = ("half_up", "half_even", "truncate")
D = Decimal


def leaf(rule: str, max_points: str = "3", **parts: object) -> Criterion:
    source = {"index_link": "index", "option_weights": "survey"}.get(rule, "appraisal")
    return Criterion.model_validate(
        {
            "code": "1",
            "level": "criterion",
            "name_vi": "Tiêu chí",
            "max_points": max_points,
            "rule": rule,
            "score_source": source,
            **parts,
        }
    )


def bands(*rows: tuple[str, bool, str, bool, str]) -> tuple[Band, ...]:
    names = ("start", "start_inclusive", "end", "end_inclusive", "points")
    return tuple(Band.model_validate(dict(zip(names, row, strict=True))) for row in rows)


def link(transform: str) -> Link:
    return Link.model_validate({"index_id": "sipas", "node_code": "SIPAS", "transform": transform})


CHOICE = leaf(
    "choice",
    levels=tuple(Level(level_code=c, name_vi=c, points=D(p)) for c, p in (("A", "3"), ("B", "1.25"), ("C", "0"))),
)
BAND = leaf(
    "band",
    "2",
    bands=bands(("90", False, "", False, "2"), ("70", True, "90", True, "1"), ("", False, "70", False, "0")),
)
RATIO = leaf("ratio")
LINEAR = leaf("linear")
LINEAR_80 = leaf("linear", "2", high="80")
BETWEEN = leaf("linear_between", "4", low="80", high="100")
LESS = leaf("linear_between", low="10", high="0")
WEIGHTS = leaf(
    "option_weights",
    "4",
    levels=tuple(
        Level(level_code=c, name_vi=c, weight_pct=D(w)) for c, w in (("A", "100"), ("B", "60"), ("C", "20"), ("D", "0"))
    ),
)
LINKED = leaf("index_link", "10", link=link("linear"))
LINKED_BETWEEN = leaf("index_link", "3", low="60", high="95", link=link("linear_between"))
LINKED_BAND = leaf(
    "index_link",
    bands=bands(("90", True, "", False, "3"), ("70", True, "90", False, "1.5"), ("", False, "70", False, "0")),
    link=link("band"),
)
LINEAR_FORMS = [LINEAR, LINEAR_80, BETWEEN, LESS, LINKED, LINKED_BETWEEN]


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook(EXAMPLES / "2026-so")


def rounding_to(rulebook: Rulebook, mode: str, decimals: int) -> Rulebook:
    rounding = Rounding.model_validate({"mode": mode, "leaf": decimals, "total": 2, "index": 2})
    return rulebook.model_copy(update={"rounding": rounding})


def rounded_fraction(number: Fraction, mode: str, decimals: int) -> Fraction:
    """Rounding by integers only: the reference for everything that is rounded here."""
    scaled = abs(number) * 10**decimals
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice = 2 * rest
    is_half = twice == scaled.denominator
    if mode != "truncate" and (twice > scaled.denominator or (is_half and (mode == "half_up" or whole % 2 == 1))):
        whole += 1
    return Fraction(whole if number >= 0 else -whole, 10**decimals)


# --- worked by hand -------------------------------------------------------------------------------------------------

HAND: list[tuple[Criterion, dict[str, object], str]] = [
    (CHOICE, {"choice_code": "A"}, "3"),
    (CHOICE, {"choice_code": "B"}, "1.25"),
    (CHOICE, {"choice_code": "C"}, "0"),
    (BAND, {"value": D("90")}, "1"),  # 70-90 holds both ends
    (BAND, {"value": D("90.0000001")}, "2"),
    (BAND, {"value": D("70")}, "1"),
    (BAND, {"value": D("69.9999999")}, "0"),
    (BAND, {"value": D("-5")}, "0"),
    (RATIO, {"numerator": D(7), "denominator": D(8)}, "2.63"),  # 2.625
    (RATIO, {"numerator": D(1), "denominator": D(3)}, "1.00"),
    (RATIO, {"numerator": D(0), "denominator": D(3)}, "0"),
    (RATIO, {"numerator": D(9), "denominator": D(8)}, "3"),  # a plan exceeded earns the maximum
    (LINEAR, {"value": D("87.5")}, "2.63"),  # 2.625
    (LINEAR, {"value": D("100")}, "3"),
    (LINEAR_80, {"value": D("50.2")}, "1.26"),  # 1.255
    (LINEAR_80, {"value": D("80")}, "2"),
    (LINEAR_80, {"value": D("120")}, "2"),
    (LINEAR_80, {"value": D("-3")}, "0"),
    (BETWEEN, {"value": D("92.025")}, "2.41"),  # 4 x 12.025/20 = 2.405
    (BETWEEN, {"value": D("80")}, "0"),
    (BETWEEN, {"value": D("79")}, "0"),
    (BETWEEN, {"value": D("101")}, "4"),
    (LESS, {"value": D("2.5")}, "2.25"),  # 3 x 7.5/10
    (LESS, {"value": D("6.65")}, "1.01"),  # 1.005
    (LESS, {"value": D("0")}, "3"),
    (LESS, {"value": D("-1")}, "3"),
    (LESS, {"value": D("11")}, "0"),
    (WEIGHTS, {"option_counts": {"A": 10, "B": 5, "C": 3, "D": 2}}, "2.72"),  # 4 x 1360/2000
    (WEIGHTS, {"option_counts": {"C": 1, "D": 31}}, "0.03"),  # 0.025
    (WEIGHTS, {"option_counts": {"A": 7}}, "4"),
    (LINKED, {"value": D("84.0912345678")}, "8.41"),  # 8.40912345678
    (LINKED, {"value": D("84.05")}, "8.41"),  # 8.405
    (LINKED, {"value": D("84.0499999999")}, "8.40"),
    (LINKED_BETWEEN, {"value": D("60.175")}, "0.02"),  # 3 x 0.175/35 = 0.015
    (LINKED_BETWEEN, {"value": D("81")}, "1.8"),
    (LINKED_BAND, {"value": D("90")}, "3"),
    (LINKED_BAND, {"value": D("89.9999999999")}, "1.5"),
]


@pytest.mark.parametrize(("criterion", "fields", "points"), HAND)
def test_points_by_hand(rulebook: Rulebook, criterion: Criterion, fields: dict[str, object], points: str) -> None:
    score = score_leaf(criterion, rulebook, LeafInput(**fields))  # type: ignore[arg-type]
    assert score.points == D(points)
    assert (score.max_points, score.leaf_status) == (criterion.max_points, "scored")


@pytest.mark.parametrize("name", ["2026-so", "2026-xa"])
def test_worked_cases_of_the_examples(name: str) -> None:
    example = load_rulebook(EXAMPLES / name)
    assert len(example.cases) >= 40
    assert run_cases(example) == []


def test_a_wrong_case_is_found_with_its_line(rulebook: Rulebook) -> None:
    changes: Mapping[str, Mapping[str, object]] = {
        "8.1": {"points": D("8.42")},
        "1.1": {"points": D("2")},
        "T1": {"choice_code": "Z"},
    }
    cases, expected, seen = [], set(), set()
    rules = {"8.1": "scoring.case", "1.1": "scoring.case", "T1": "scoring.case_input"}
    for case in rulebook.cases:
        if case.code in changes and case.code not in seen:
            seen.add(case.code)
            cases.append(case.model_copy(update=changes[case.code]))
            expected.add((rules[case.code], case.line))
        else:
            cases.append(case)
    found = run_cases(rulebook.model_copy(update={"cases": tuple(cases)}))
    assert {(fault.rule, fault.row) for fault in found} == expected
    assert [(f.got, f.expected) for f in found if f.values["code"] == "8.1"] == [("8.41", "8.42")]


def test_a_case_of_a_sum_needs_all_its_leaves(rulebook: Rulebook) -> None:
    cases = tuple(case for case in rulebook.cases if not (case.case == "sum: 2 + 1" and case.code == "1.1.2"))
    [fault] = run_cases(rulebook.model_copy(update={"cases": cases}))
    assert (fault.rule, fault.got) == ("scoring.case_leaves", "1.1.2")


# --- rounding -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_four_thousand_halves_against_fractions(mode: str) -> None:
    rng = random.Random(20260701)
    for _ in range(4000):
        decimals = rng.randrange(0, 5)
        half = Fraction(2 * rng.randrange(-40_000, 40_000) + 1, 2 * 10**decimals)
        number = D(half.numerator) / D(half.denominator)
        assert Fraction(number) == half
        assert Fraction(round_points(number, mode, decimals)) == rounded_fraction(half, mode, decimals)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("half_up", "0.13 -0.13 0.14 1"), ("half_even", "0.12 -0.12 0.14 1.00"), ("truncate", "0.12 -0.12 0.13 0.99")],
)
def test_modes_by_hand(mode: str, expected: str) -> None:
    got = [round_points(D(text), mode, 2) for text in ("0.125", "-0.125", "0.135", "0.999")]
    assert got == [D(text) for text in expected.split()]


def test_no_negative_zero() -> None:
    assert str(round_points(D("-0.001"), "half_up", 2)) == "0.00"
    assert format(survey_decimal(-0.0), "f") == "0.0000000000"


@given(
    numerator=st.decimals(0, 10**11, places=12),
    denominator=st.decimals(D("0.000000000001"), 10**11, places=12),
    mode=st.sampled_from(MODES),
    decimals=st.integers(2, 6),
)
@settings(max_examples=sampled(80, 300))
def test_points_are_exact_up_to_the_limits_of_input(
    numerator: Decimal, denominator: Decimal, mode: str, decimals: int
) -> None:
    book = rounding_to(load_rulebook(EXAMPLES / "2026-so"), mode, decimals)
    exact = Fraction(3) * min(Fraction(1), Fraction(numerator) / Fraction(denominator))
    score = score_leaf(RATIO, book, LeafInput(numerator=numerator, denominator=denominator))
    assert score.points is not None
    assert Fraction(score.points) == rounded_fraction(exact, mode, decimals)


def test_a_quotient_a_hair_below_a_half_is_not_rounded_up(rulebook: Rulebook) -> None:
    """(9999995e17 - 1)/(1e24 - 1) = 0.9999995 - 5e-31: at 28 digits it reads 0.9999995 and would become 1.000000."""
    numerator, denominator = D("999999499999.999999999999"), D("999999999999.999999999999")
    assert 0 < Fraction("0.9999995") - Fraction(numerator) / Fraction(denominator) < Fraction(1, 10**30)
    book = rounding_to(rulebook, "half_up", 6)
    given_input = LeafInput(numerator=numerator, denominator=denominator)
    assert score_leaf(leaf("ratio", "1"), book, given_input).points == D("0.999999")


def test_survey_value_enters_with_ten_places() -> None:
    assert survey_decimal(84.0912345678) == D("84.0912345678")
    assert survey_decimal(0.1 + 0.2) == D("0.3000000000")
    assert survey_decimal(100 * (2 / 3)) == D("66.6666666667")
    for bad in (float("nan"), float("inf")):
        with pytest.raises(DataError, match=r"scoring\.survey_value"):
            survey_decimal(bad)


def test_a_share_that_float_holds_below_its_half(rulebook: Rulebook) -> None:
    """82 of 160 satisfied is 51.25 %: 5.125 of 10 points, so 5.13. The float 100 x (82/160) lies below 51.25."""
    share = 100 * (82 / 160)
    assert repr(share) == "51.24999999999999"
    assert score_leaf(LINKED, rulebook, LeafInput(value=survey_decimal(share))).points == D("5.13")


# --- one body, two arithmetics --------------------------------------------------------------------------------------

PCT = st.decimals(0, 100, places=4)


@given(values=st.lists(PCT, min_size=1, max_size=20), which=st.sampled_from([*LINEAR_FORMS, BAND, LINKED_BAND]))
@settings(max_examples=sampled(40, 150))
def test_decimals_and_arrays_agree_on_values(values: list[Decimal], which: Criterion) -> None:
    exact = unrounded_points(which, LeafColumns(value=np.array(values, dtype=object)), EXACT)
    fast = unrounded_points(which, LeafColumns(value=np.array(values, dtype=np.float64)), FLOAT)
    assert fast.dtype == np.float64
    assert np.abs(fast - exact.astype(np.float64)).max() <= 1e-9


@given(
    pairs=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), min_size=1, max_size=20),
    counts=st.lists(st.tuples(*[st.integers(0, 500)] * 3, st.integers(1, 500)), min_size=1, max_size=20),
    codes=st.lists(st.sampled_from("ABC"), min_size=1, max_size=20),
)
@settings(max_examples=sampled(30, 100))
def test_decimals_and_arrays_agree_on_the_other_forms(
    pairs: list[tuple[int, int]], counts: list[tuple[int, ...]], codes: list[str]
) -> None:
    answers = np.array([dict(zip("ABCD", row, strict=True)) for row in counts], dtype=object)
    for which, exact_input, fast_input in (
        (
            RATIO,
            LeafColumns(
                numerator=np.array([D(n) for n, _ in pairs], dtype=object),
                denominator=np.array([D(d) for _, d in pairs], dtype=object),
            ),
            LeafColumns(
                numerator=np.array([n for n, _ in pairs], dtype=np.float64),
                denominator=np.array([d for _, d in pairs], dtype=np.float64),
            ),
        ),
        (WEIGHTS, LeafColumns(option_counts=answers), LeafColumns(option_counts=answers)),
        (CHOICE, LeafColumns(choice_code=np.array(codes)), LeafColumns(choice_code=np.array(codes))),
    ):
        exact = unrounded_points(which, exact_input, EXACT).astype(np.float64)
        assert np.abs(unrounded_points(which, fast_input, FLOAT) - exact).max() <= 1e-9


# --- properties -----------------------------------------------------------------------------------------------------


@given(
    value=st.decimals(-(10**6), 10**6, places=6),
    which=st.sampled_from([BAND, LINEAR_80, BETWEEN, LESS]),
    mode=st.sampled_from(MODES),
)
@settings(max_examples=sampled(60, 200))
def test_points_stay_between_zero_and_the_maximum(value: Decimal, which: Criterion, mode: str) -> None:
    book = rounding_to(load_rulebook(EXAMPLES / "2026-so"), mode, 2)
    points = score_leaf(which, book, LeafInput(value=value)).points
    assert points is not None
    assert 0 <= points <= which.max_points


def test_rounding_never_lifts_points_above_a_maximum_finer_than_the_rounding(rulebook: Rulebook) -> None:
    """The check refuses such a rulebook; scoring holds the line all the same (2.999 would round to 3.00)."""
    fine = leaf("linear", "2.999")
    assert score_leaf(fine, rulebook, LeafInput(value=D(100))).points == D("2.99")


@given(
    lower=PCT,
    higher=PCT,
    which=st.sampled_from([LINEAR, LINEAR_80, BETWEEN, LESS, LINKED, LINKED_BETWEEN, BAND, LINKED_BAND]),
    mode=st.sampled_from(MODES),
)
@settings(max_examples=sampled(80, 300))
def test_a_better_value_never_lowers_points(lower: Decimal, higher: Decimal, which: Criterion, mode: str) -> None:
    lower, higher = sorted((lower, higher))
    worse, better = (higher, lower) if which is LESS else (lower, higher)
    book = rounding_to(load_rulebook(EXAMPLES / "2026-so"), mode, 2)
    points = [score_leaf(which, book, LeafInput(value=value)).points or D(0) for value in (worse, better)]
    assert points[0] <= points[1]


@given(counts=st.tuples(*[st.integers(0, 300)] * 4), worse=st.sampled_from("BCD"))
@settings(max_examples=sampled(40, 150))
def test_one_answer_moved_up_never_lowers_points(counts: tuple[int, ...], worse: str) -> None:
    book = load_rulebook(EXAMPLES / "2026-so")
    before = dict(zip("ABCD", counts, strict=True))
    before[worse] += 1
    better = chr(ord(worse) - 1)
    after = {**before, worse: before[worse] - 1, better: before[better] + 1}
    points = [score_leaf(WEIGHTS, book, LeafInput(option_counts=each)).points or D(0) for each in (before, after)]
    assert points[0] <= points[1]


# --- statuses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "denominator", "points", "max_points"),
    [
        ("full", "applicable", D(3), D(3)),
        ("zero", "applicable", D(0), D(3)),
        ("exclude", "applicable", None, D(0)),
        ("exclude", "full", None, D(3)),
    ],
)
def test_no_cases_as_the_rulebook_settles_it(
    rulebook: Rulebook, policy: str, denominator: str, points: Decimal | None, max_points: Decimal
) -> None:
    book = rulebook.model_copy(update={"no_cases": policy, "denominator": denominator})
    score = score_leaf(RATIO, book, LeafInput(leaf_status="no_cases"))
    assert (score.points, score.max_points, score.leaf_status) == (points, max_points, "no_cases")


def test_the_leafs_own_no_cases_goes_first(rulebook: Rulebook) -> None:
    own = RATIO.model_copy(update={"no_cases": "full"})
    assert score_leaf(own, rulebook, LeafInput(leaf_status="no_cases")).points == 3


@pytest.mark.parametrize(("denominator", "max_points"), [("applicable", D(0)), ("full", D(3))])
def test_not_applicable_lowers_the_own_maximum(rulebook: Rulebook, denominator: str, max_points: Decimal) -> None:
    book = rulebook.model_copy(update={"denominator": denominator})
    score = score_leaf(RATIO, book, LeafInput(leaf_status="not_applicable"))
    assert (score.points, score.max_points) == (None, max_points)


REFUSED: list[tuple[Criterion, dict[str, object], str]] = [
    (CHOICE, {"choice_code": "Z"}, "scoring.unknown_choice"),
    (CHOICE, {}, "scoring.missing_input"),
    (CHOICE, {"value": D(3)}, "scoring.missing_input"),
    (RATIO, {"numerator": D(1)}, "scoring.missing_input"),
    (RATIO, {"numerator": D(0), "denominator": D(0)}, "scoring.zero_denominator"),
    (RATIO, {"numerator": D(-1), "denominator": D(2)}, "scoring.negative"),
    (RATIO, {"numerator": D(1), "denominator": D(-2)}, "scoring.negative"),
    (RATIO, {"numerator": D("NaN"), "denominator": D(2)}, "scoring.number_size"),
    (RATIO, {"numerator": D(1), "denominator": D("Infinity")}, "scoring.number_size"),
    (LINEAR, {"value": D("100.0001")}, "scoring.percent"),
    (LINEAR, {"value": D("-0.01")}, "scoring.percent"),
    (LINEAR_80, {"value": D("1E+12")}, "scoring.number_size"),
    (LINEAR_80, {"value": D("1E-13")}, "scoring.number_size"),
    (LINKED, {"value": D(840)}, "scoring.percent"),
    (LINKED_BAND, {"value": D(101)}, "scoring.percent"),
    (LINKED_BETWEEN, {"value": D(-1)}, "scoring.percent"),
    (leaf("band", "1", bands=bands(("0", True, "5", True, "1"))), {"value": D(6)}, "scoring.outside_bands"),
    (WEIGHTS, {"option_counts": {"A": 0, "B": 0}}, "scoring.no_answers"),
    (WEIGHTS, {"option_counts": {"A": 3, "E": 1}}, "scoring.unknown_option"),
    (WEIGHTS, {"option_counts": {"A": 3, "B": -1}}, "scoring.negative"),
    (WEIGHTS, {"option_counts": {}}, "scoring.missing_input"),
    (RATIO, {"leaf_status": "no_cases"}, "scoring.no_cases"),
    (RATIO, {"leaf_status": "missing"}, "scoring.status"),
]


@pytest.mark.parametrize(("criterion", "fields", "rule"), REFUSED)
def test_nonsense_is_refused(rulebook: Rulebook, criterion: Criterion, fields: dict[str, object], rule: str) -> None:
    with pytest.raises(DataError) as caught:
        score_leaf(criterion, rulebook, LeafInput(**fields))  # type: ignore[arg-type]
    assert caught.value.rule == rule


def test_all_faults_of_a_column_with_their_rows() -> None:
    columns = LeafColumns(
        numerator=np.array([D(1), D(-1), D(1), D("NaN")], dtype=object),
        denominator=np.array([D(2), D(0), D(-3), D(4)], dtype=object),
    )
    found = {(fault.rule, fault.column, tuple(np.flatnonzero(mask))) for fault, mask in input_faults(RATIO, columns)}
    assert found == {
        ("scoring.number_size", "numerator", (3,)),
        ("scoring.negative", "numerator", (1,)),
        ("scoring.zero_denominator", "denominator", (1,)),
        ("scoring.negative", "denominator", (2,)),
    }


def test_linear_between_without_its_marks_is_refused(rulebook: Rulebook) -> None:
    with pytest.raises(RulebookError, match=r"scoring\.low_high"):
        score_leaf(leaf("linear_between"), rulebook, LeafInput(value=D(1)))


def test_slope_of_linked_leaves() -> None:
    assert points_per_pct(LINKED) == pytest.approx(0.1)
    assert points_per_pct(LINKED_BETWEEN) == pytest.approx(3 / 35)
    assert points_per_pct(LINKED_BAND) is None
    assert points_per_pct(LINEAR) is None
