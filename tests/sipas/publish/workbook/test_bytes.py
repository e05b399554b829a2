"""The file itself: same bytes for the same pack, text that stays text, pages, no word that is not Vietnamese."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook
from sampled import first_of

from errors import DataError
from sipas.publish.round.pack import RoundPack
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
def test_same_pack_same_bytes_in_any_row_order(
    pack: RoundPack, data: bytes, shuffled: Callable[[RoundPack, int], RoundPack]
) -> None:
    assert round_workbook(pack) == data
    assert round_workbook(shuffled(pack, 1)) == data


@pytest.mark.full
def test_another_pack_gives_other_bytes(pack_of_seed: Callable[[int], RoundPack], data: bytes) -> None:
    assert round_workbook(pack_of_seed(2027)) != data


def test_last_bits_of_a_float_change_no_byte(pack: RoundPack, data: bytes) -> None:
    scores = pack.index_scores.assign(value_pct=pack.index_scores["value_pct"] * (1 + 2**-51))
    assert not scores["value_pct"].equals(pack.index_scores["value_pct"])
    assert round_workbook(replace(pack, index_scores=scores)) == data


@pytest.mark.parametrize("text", first_of(0, FORMULA_LIKE))
def test_text_that_looks_like_a_formula_stays_text(
    opened: Callable[[bytes], Workbook],
    cells: Callable[[Workbook], Iterator[Cell]],
    pack: RoundPack,
    resurvey: Callable[..., RoundPack],
    text: str,
) -> None:
    units = pack.units.copy()
    units.loc[0, "name_vi"] = text
    sheets = pack.sheets.copy()
    sheets.loc[sheets["unit_id"] == "S01", "evidence"] = text
    criteria = (replace(pack.rulebooks[0].criteria[0], name_vi=text), *pack.rulebooks[0].criteria[1:])
    books = (replace(pack.rulebooks[0], criteria=criteria, decision=text), pack.rulebooks[1])
    changed = round_workbook(
        replace(
            resurvey(pack, batches=pack.surveys[0].batches.assign(file_name=text)),
            units=units,
            sheets=sheets,
            rulebooks=books,
            groups={"so": text, "xa": "xã"},
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
    opened: Callable[[bytes], Workbook], cells: Callable[[Workbook], Iterator[Cell]], pack: RoundPack
) -> None:
    names = pack.units["name_vi"].map(lambda name: unicodedata.normalize("NFD", name))
    decomposed = round_workbook(replace(pack, units=pack.units.assign(name_vi=names)))
    texts = [str(cell.value) for cell in cells(opened(decomposed))]
    assert all(unicodedata.is_normalized("NFC", text) for text in texts)


def test_no_english_word_is_left(
    cells: Callable[[Workbook], Iterator[Cell]],
    pack: RoundPack,
    book: Workbook,
    strange_words: Callable[[Iterable[str]], set[str]],
) -> None:
    texts = [str(cell.value) for cell in cells(book) if cell.data_type == "s"]
    texts += [cell.comment.text for cell in cells(book) if cell.comment]
    for sheet in book.worksheets:
        texts += [sheet.title, sheet.oddHeader.left.text, sheet.oddHeader.right.text, sheet.oddFooter.left.text]
    for code in (*(book.rulebook_id for book in pack.rulebooks), "share_4_5", "phieu-sipas-dot-1"):
        texts = [text.replace(code, "") for text in texts]
    assert len(texts) > 5000
    assert strange_words(texts) == set()


def test_text_that_excel_would_cut_is_refused(pack: RoundPack) -> None:
    sheets = pack.sheets.copy()
    sheets.loc[0, "evidence"] = "ă" * 32768
    with pytest.raises(DataError) as caught:
        round_workbook(replace(pack, sheets=sheets))
    assert caught.value.rule == "publish.text_too_long"
    assert "Phiếu chi tiết" in caught.value.where


def test_unknown_reason_of_rejection_stops_the_workbook(pack: RoundPack, resurvey: Callable[..., RoundPack]) -> None:
    rejections = pack.surveys[0].rejections.replace({"reason": {"returns.late": "returns.vanished"}})
    with pytest.raises(DataError, match=r"words\.no_word"):
        round_workbook(resurvey(pack, rejections=rejections))


@pytest.mark.full
def test_round_without_weights_margins_and_draw_has_no_such_sheets(
    opened: Callable[[bytes], Workbook], pack: RoundPack, resurvey: Callable[..., RoundPack]
) -> None:
    survey = pack.surveys[0]
    bare = resurvey(pack, weights=survey.weights.head(0), margins=survey.margins.head(0), draw=None)
    names = opened(round_workbook(bare)).sheetnames
    assert "Quyền số" not in names
    assert "Tổng biên" not in names
    assert "Phương pháp" in names
