"""Numbers, dates and words as a Vietnamese reader writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DataError
from sipas import returns
from sipas.indices import Combiner, IndexDefinition, Variant
from sipas.publish.labels import LABELS, format_date, format_number, format_plain, label, labels, text_of
from sipas.rulebook import model, unknowns


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (Decimal("84.125"), 2, "84,13"),
        (0.125, 2, "0,13"),
        (1234567.5, 1, "1.234.567,5"),
        (12000, 0, "12.000"),
        (999, 0, "999"),
        (Decimal("-1234.5"), 2, "-1.234,50"),
        (Decimal("-0.001"), 2, "0,00"),
        (100, 2, "100,00"),
        (None, 2, ""),
        (float("nan"), 2, ""),
    ],
)
def test_number_in_vietnamese(value: Decimal | float | int | None, decimals: int, expected: str) -> None:
    assert format_number(value, decimals) == expected


def test_number_in_english() -> None:
    assert format_number(Decimal("1234567.891"), 2, "en") == "1,234,567.89"


def test_unknown_locale_is_an_error() -> None:
    with pytest.raises(DataError, match=r"publish\.locale"):
        format_number(1, 2, "fr")


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6), st.integers(0, 4))
def test_number_read_back_is_within_half_a_step(value: Decimal, decimals: int) -> None:
    text = format_number(value, decimals)
    read = Decimal(text.replace(".", "").replace(",", "."))
    assert abs(read - value) <= Decimal(1).scaleb(-decimals) / 2
    assert len(text.partition(",")[2]) == decimals


@pytest.mark.parametrize(("value", "expected"), [(10, "10"), (Decimal("2.50"), "2,5"), (1500, "1.500"), (0.25, "0,25")])
def test_number_in_running_text_has_no_idle_zeros(value: Decimal | float | int, expected: str) -> None:
    assert format_plain(value) == expected


@pytest.mark.parametrize(("iso", "expected"), [("2026-03-01", "01/03/2026"), ("2026-03-01T08:00:00Z", "01/03/2026")])
def test_dates_are_day_month_year(iso: str, expected: str) -> None:
    assert format_date(iso) == expected


def test_a_date_that_is_none_stays_as_it_is() -> None:
    assert format_date("không rõ") == "không rõ"


def test_absent_text_is_empty() -> None:
    assert (text_of(None), text_of(float("nan")), text_of("x")) == ("", "", "x")


def test_code_without_words_is_an_error_that_names_kind_and_code() -> None:
    with pytest.raises(DataError) as caught:
        label("leaf_status", "vanished")
    assert (caught.value.rule, caught.value.where, caught.value.got) == ("publish.no_label", "leaf_status", "vanished")


def test_several_codes_are_told_once_each_in_their_order() -> None:
    assert labels("flag", "no_df;small_n;small_n;") == f"{label('flag', 'no_df')}; n nhỏ"


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("rule", get_args(model.RuleCode)),
        ("score_source", get_args(model.SourceCode)),
        ("no_cases", get_args(model.NoCasesOrDefault)),
        ("absent_survey", get_args(model.AbsentPolicy)),
        ("rounding", get_args(model.RoundingMode)),
        ("denominator", get_args(model.DenominatorCode)),
        ("rank_on", get_args(model.RankOn)),
        ("ties", get_args(model.Ties)),
        ("leaf_status", get_args(model.LeafStatus)),
        ("index_weights", get_args(Variant.model_fields["weights"].annotation)),
        ("respondents", get_args(Variant.model_fields["filter"].annotation)),
        ("item_value", get_args(IndexDefinition.model_fields["item_value"].annotation)),
        ("combiner", get_args(Combiner.model_fields["combiner"].annotation)),
        ("basis", get_args(Combiner.model_fields["basis"].annotation)),
        ("row_state", returns.ROW_STATES),
        ("setting", (*unknowns.SETTINGS, *unknowns.COLUMNS)),
    ],
)
def test_every_code_of_the_models_has_words(kind: str, codes: tuple[str, ...]) -> None:
    assert codes
    assert set(codes) <= set(LABELS[kind])


def test_every_reason_that_returns_can_give_has_words() -> None:
    source = Path(returns.__file__).read_text(encoding="utf-8")
    checks = set(re.findall(r'_Check\(\s*"(returns\.\w+)"', source)) | {returns.BAD_CODE}
    assert len(checks) == 11
    assert checks | {returns.LATE, returns.SAME, returns.DIFFERS} <= set(LABELS["reason"])


def test_all_words_are_vietnamese(strange_words: Callable[[Iterable[str]], set[str]]) -> None:
    assert strange_words(word for words in LABELS.values() for word in words.values()) == set()


def test_the_search_for_foreign_words_finds_codes(strange_words: Callable[[Iterable[str]], set[str]]) -> None:
    codes = {"score", "rank", "survey", "missing", "class", "late", "weight", "accepted", "official", "date", "note"}
    assert strange_words(codes) == codes
    assert strange_words(["nghiêng quyết phường", "Tiêu chí được giải quyết, 12 khoảng 3f1c9a7b"]) == set()
