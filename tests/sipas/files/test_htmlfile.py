"""Exports that are web pages under the name .xls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from errors import SurveyError
from sipas.files import GateLimits, layout_of, read_table

MakeCsv = Callable[..., Path]
KNOWN = ("Mã hồ sơ", "Họ và tên", "Ngày")
PAGE = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8">
<style>td {{color: red}}</style><title>Mã hồ sơ</title></head><body><table><tr><td>menu</td></tr></table>
<TABLE border=1>
<tr><td colspan="4">DANH SÁCH HỒ SƠ</td></tr>
<tr><th rowspan=2>STT<th rowspan=2>Mã hồ sơ<th colspan=2>Người nộp<th rowspan=2>Ngày</tr>
<tr><th>Họ và tên</th><th>SĐT</th></tr>
{rows}
</TABLE></body></html>"""
ROWS = (
    "<tr><td>1<td>00&#49;<td>Lê <b>Thị</b><br>Lan&nbsp;<script>alert(1)</script><td>09<td>2026-03-01"
    "<tr><td>2<td>002<td rowspan=2>Trần An<td>08<td>2026-03-02<tr><td>3<td>003<td>07<td>2026-03-03"
)


def refusal(path: Path, **options: object) -> SurveyError:
    with pytest.raises(SurveyError) as caught:
        read_table(path, **options)
    return caught.value


def test_an_export_of_a_portal(make_csv: MakeCsv) -> None:
    table = read_table(make_csv(PAGE.format(rows=ROWS), name="Hồ sơ.xls"), known_headers=KNOWN)
    assert table["Mã hồ sơ"].to_pylist() == ["001", "002", "003"]
    assert table["Họ và tên"].to_pylist() == ["Lê Thị Lan", "Trần An", ""]
    assert table["Người nộp - SĐT"].to_pylist() == ["09", "08", "07"]
    assert table["Ngày"].to_pylist() == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert table["_row"].to_pylist() == [4, 5, 6]
    (part,) = layout_of(table).parts
    assert (part.header_row, part.header_rows) == (3, 2)


def test_old_code_pages_are_named_never_guessed(make_csv: MakeCsv) -> None:
    page = "<table><tr><td>Ma<td>Ten<tr><td>1<td>Lê</table>".encode("cp1258")
    path = make_csv(page, name="a.xls")
    assert refusal(path).rule == "files.not_utf8"
    assert read_table(path, code_page="cp1258")["Ten"].to_pylist() == ["Lê"]


@pytest.mark.parametrize(
    ("page", "rule"),
    [
        ("<html><p>Phiên làm việc đã hết hạn</p></html>", "files.no_header"),
        ("<table><tr><td>Mã hồ sơ<td>Ngày</table>", "files.no_header"),
        ("<table><tr><td>Mã hồ sơ<td>Ngày<tr><td>1<td><table><tr><td>2</table></table>", "files.nested_table"),
        ("<table><tr><td>Mã hồ sơ<td>Ngày<tr><td>1<td>2</table>" * 2, "files.several_sheets"),
        ("<table><tr><td>Mã hồ sơ<td>Ngày<td>Ngày<tr><td>1<td>2<td>3</table>", "files.faults"),
        ("<table><tr><td>Mã hồ sơ<td>Ngày<tr><td>1\u202e<td>2</table>", "files.faults"),
    ],
)
def test_pages_without_a_clear_table(make_csv: MakeCsv, page: str, rule: str) -> None:
    assert refusal(make_csv(page, name="a.xls"), known_headers=KNOWN).rule == rule


@pytest.mark.full
def test_hostile_pages(make_csv: MakeCsv) -> None:
    limits = GateLimits(max_cells=10_000, max_columns=50, max_cell_chars=100)
    head = "<table><tr><td>a<td>b"
    wide = read_table(make_csv(head + "<tr><td colspan=999999>x<td>y", name="a.xls"))
    assert (wide["a"].to_pylist(), wide["b"].to_pylist()) == (["x"], ["y"])  # a span that is no span is 1
    assert refusal(make_csv(head + "<td>" * 60, name="b.xls"), limits=limits).rule == "files.far_cell"
    assert refusal(make_csv(head + "<tr><td>x" * 9_000, name="c.xls"), limits=limits).rule == "files.far_cell"
    assert refusal(make_csv(head + "<tr><td>" + "x" * 101, name="d.xls"), limits=limits).rule == "files.long_cell"
    assert read_table(make_csv(head + "<tr><td colspan=-1>1<td rowspan=x>2", name="e.xls"))["b"].to_pylist() == ["2"]
