"""The file itself: same bytes for the same results, text that stays text, pages, no word that is not Vietnamese."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest
from made_up_results import make_results, with_survey
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook
from sampled import first_of

from errors import DataError
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.workbook import round_workbook

FORMULA_LIKE = ("=1+1", "+84912345678", "@SUM(A1)", "-5", '=HYPERLINK("http://x","y")', "http://example.org")


def test_sheets_in_order_with_names_that_excel_takes(book: Workbook) -> None:
    assert book.sheetnames == [
        "Mục lục",
        "Kết quả sở, ban, ngành",
        "Kết quả xã, phường, đặc khu",
        "Phiếu điểm sở, ban, ngành",
        "Phiếu điểm xã, phường, đặc khu",
        "Phiếu chi tiết sở, ban, ngành",
        "Phiếu chi tiết xã, phường",
        "Điểm điều tra",
        "Theo tiêu chí",
        "Tình hình phiếu",
        "Tệp đã nhận",
        "Quyền số",
        "Tổng biên",
        "Phương pháp",
    ]
    assert max(map(len, book.sheetnames)) <= 31


@pytest.mark.full
def test_same_results_same_bytes_in_any_row_order(
    results: RoundResults, data: bytes, shuffled: Callable[[RoundResults, int], RoundResults]
) -> None:
    assert round_workbook(results) == data
    assert round_workbook(shuffled(results, 1)) == data


@pytest.mark.full
def test_other_results_give_other_bytes(data: bytes) -> None:
    assert round_workbook(make_results(2027)) != data


@pytest.mark.full
def test_last_bits_of_a_float_change_no_byte(results: RoundResults, data: bytes) -> None:
    scores = results.surveys[0].index_scores
    moved = scores.assign(value_pct=scores["value_pct"] * (1 + 2**-51))
    assert not moved["value_pct"].equals(scores["value_pct"])
    assert round_workbook(with_survey(results, index_scores=moved)) == data


@pytest.mark.parametrize("text", first_of(0, FORMULA_LIKE))
def test_text_that_looks_like_a_formula_stays_text(
    opened: Callable[[bytes], Workbook],
    cells: Callable[[Workbook], Iterator[Cell]],
    results: RoundResults,
    text: str,
) -> None:
    first, *units = results.units
    sheets = results.unit_sheets.copy()
    sheets.loc[sheets["unit_id"] == "S01", "evidence_id"] = text
    rulebook, other = results.rulebooks
    top, *criteria = rulebook.criteria
    named = (top.model_copy(update={"name_vi": text}), *criteria)
    groups = results.head.units.model_copy(update={"groups": {"so": text, "xa": "xã"}})
    batches = results.surveys[0].fieldwork.returns.batches
    changed = round_workbook(
        replace(
            with_survey(results, batches=batches.assign(file_name=text)),
            head=results.head.model_copy(update={"units": groups}),
            units=(first.model_copy(update={"name_vi": text}), *units),
            unit_sheets=sheets,
            rulebooks=(rulebook.model_copy(update={"criteria": named, "decision": text}), other),
        )
    )
    with zipfile.ZipFile(io.BytesIO(changed)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert not any(b"<f>" in part or b"<f " in part for part in parts.values())
    assert not any(b'TargetMode="External"' in part for part in parts.values())
    found = [cell for cell in cells(opened(changed)) if cell.value == text]
    assert len(found) > 30
    assert {cell.data_type for cell in found} == {"s"}


def test_no_cell_holds_a_formula(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/")]
    assert len(sheets) >= 14
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)


def test_codes_are_text_cells(book: Workbook) -> None:
    sheet = book["Phiếu chi tiết sở, ban, ngành"]
    codes = [row[0] for row in sheet.iter_rows() if re.fullmatch(r"\d\.\d", str(row[0].value))]
    assert len(codes) > 500
    assert {(cell.data_type, cell.number_format) for cell in codes} == {("s", "@")}


def test_no_number_is_shown_with_more_than_four_places(
    cells: Callable[[Workbook], Iterator[Cell]], book: Workbook
) -> None:
    formats = {cell.number_format for cell in cells(book) if cell.data_type == "n"}
    assert formats
    assert all(re.fullmatch(r"#,##0(\.0{1,4})?(_\))?", one) for one in formats)


@pytest.mark.full
def test_all_text_is_composed(
    opened: Callable[[bytes], Workbook], cells: Callable[[Workbook], Iterator[Cell]], results: RoundResults
) -> None:
    units = [unit.model_copy(update={"name_vi": unicodedata.normalize("NFD", unit.name_vi)}) for unit in results.units]
    decomposed = round_workbook(replace(results, units=tuple(units)))
    texts = [str(cell.value) for cell in cells(opened(decomposed))]
    assert all(unicodedata.is_normalized("NFC", text) for text in texts)


def test_no_english_word_is_left(
    cells: Callable[[Workbook], Iterator[Cell]],
    results: RoundResults,
    book: Workbook,
    strange_words: Callable[[Iterable[str]], set[str]],
) -> None:
    texts = [str(cell.value) for cell in cells(book) if cell.data_type == "s"]
    texts += [cell.comment.text for cell in cells(book) if cell.comment]
    for sheet in book.worksheets:
        texts += [sheet.title, sheet.oddHeader.left.text, sheet.oddHeader.right.text, sheet.oddFooter.left.text]
    for code in (*(rulebook.id for rulebook in results.rulebooks), "share_4_5", "phieu-sipas-dot-1"):
        texts = [text.replace(code, "") for text in texts]
    assert len(texts) > 5000
    assert strange_words(texts) == set()


def test_text_that_excel_would_cut_is_refused(results: RoundResults) -> None:
    sheets = results.unit_sheets.copy()
    sheets.loc[0, "evidence_id"] = "ă" * 32768
    with pytest.raises(DataError) as caught:
        round_workbook(replace(results, unit_sheets=sheets))
    assert caught.value.rule == "publish.text_too_long"
    assert "Phiếu chi tiết" in caught.value.where


def test_unknown_reason_of_rejection_stops_the_workbook(results: RoundResults) -> None:
    rejections = results.surveys[0].fieldwork.returns.rejections
    unknown = rejections.replace({"reason": {"returns.late": "returns.vanished"}})
    with pytest.raises(DataError, match=r"words\.no_word"):
        round_workbook(with_survey(results, rejections=unknown))


@pytest.mark.full
def test_round_without_calibration_has_no_sheet_of_margins(
    opened: Callable[[bytes], Workbook], results: RoundResults
) -> None:
    margins = results.surveys[0].fieldwork.margins
    names = opened(round_workbook(with_survey(results, margins=margins.head(0)))).sheetnames
    assert "Quyền số" in names
    assert "Tổng biên" not in names
