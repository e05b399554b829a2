"""Separated text through the child process: separators, quotes, code pages, row numbers."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from errors import DataError, Fault, FaultsFound, SurveyError
from sipas.files import GateLimits, read_table
from sipas.files.csvfile import read_csv
from sipas.files.gate import gate
from sipas.files.source import Source

MakeCsv = Callable[..., Path]
KNOWN = ("Mã phiếu", "Đơn vị", "Điểm")


def refusal(path: Path, **options: object) -> SurveyError:
    with pytest.raises(SurveyError) as caught:
        read_table(path, **options)
    assert caught.value.where == path.name
    return caught.value


def test_everything_is_text(make_csv: MakeCsv) -> None:
    table = read_table(make_csv("Mã;Đơn vị;Điểm\r\n0001;DV01;82,15\r\n01;NA;12345678901234567890\r\n1;null;\r\n"))
    assert table.to_pydict() == {
        "Mã": ["0001", "01", "1"],
        "Đơn vị": ["DV01", "NA", "null"],
        "Điểm": ["82,15", "12345678901234567890", ""],
        "_sheet": ["", "", ""],
        "_row": [2, 3, 4],
    }


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_separators_and_byte_order_mark(make_csv: MakeCsv, separator: str, mark: str) -> None:
    text = mark + separator.join(["Mã phiếu", "Đơn vị", "Ý kiến"]) + "\n" + separator.join(["a", "b", "c"]) + "\n"
    table = read_table(make_csv(text, name="phiếu gửi lại.txt"), known_headers=KNOWN)
    assert table.column_names == ["Mã phiếu", "Đơn vị", "Ý kiến", "_sheet", "_row"]
    assert table.num_rows == 1


def test_rows_are_counted_as_a_spreadsheet_shows_them(make_csv: MakeCsv) -> None:
    text = (
        "# made up; not official\nBÁO CÁO PHIẾU; NĂM 2026\n\nmã  PHIẾU;Đơn vị;Ý kiến\n"
        'A;X01;"dòng 1\r\ndòng 2\n\ndòng 4"\n\nB;X02;"nói ""được"""\n;;\nC;X03;x\n'
    )
    table = read_table(make_csv(text), known_headers=KNOWN)
    assert table.column_names[:3] == ["mã PHIẾU", "Đơn vị", "Ý kiến"]
    assert table["_row"].to_pylist() == [5, 7, 9]
    assert table["Ý kiến"].to_pylist() == ["dòng 1\r\ndòng 2\n\ndòng 4", 'nói "được"', "x"]


def test_other_separators_inside_cells_do_not_confuse(make_csv: MakeCsv) -> None:
    text = 'mã;"địa chỉ, số nhà";ý kiến\n1;"xã A, huyện B, tỉnh C";"một, hai\nba, bốn\nnăm, sáu"\n'
    table = read_table(make_csv(text))
    assert table.column_names[:3] == ["mã", "địa chỉ, số nhà", "ý kiến"]
    assert table.num_rows == 1
    decimals = read_table(make_csv("đơn vị;điểm\n" + "DV01;82,15\n" * 9))
    assert decimals["điểm"].to_pylist() == ["82,15"] * 9


def test_remarks_are_no_header(make_csv: MakeCsv) -> None:
    assert read_table(make_csv("# made up; no data\na;b\n1;2\n"))["_row"].to_pylist() == [3]


def test_ragged_rows_are_all_named(make_csv: MakeCsv) -> None:
    error = refusal(make_csv("a;b;c\n1;2;3\n1;2\n1;2;3;4\n\n  \n1;2;3\n"))
    assert isinstance(error, FaultsFound)
    assert error.faults == (
        Fault("files.ragged", "phiếu.csv", row=3, got="2", expected="3"),
        Fault("files.ragged", "phiếu.csv", row=4, got="4", expected="3"),
    )


@pytest.mark.parametrize(
    ("text", "rule", "row"),
    [
        ('a;b\n1;2\n3;"mở ngoặc\n4;5\n', "files.open_quote", "3"),
        ('a;b\n1;2\n3;"x"y;4\n', "files.stray_quote", "3"),
        ("a;b\n1;2\n3;" + "x" * 40_000 + "\n", "files.long_cell", "3"),
        ('a;b\n1;2\n3;"x\n' + "4;5\n" * 20_000, "files.long_cell", "3"),
    ],
)
def test_broken_quotes_and_huge_cells(make_csv: MakeCsv, text: str, rule: str, row: str) -> None:
    error = refusal(make_csv(text))
    assert (error.rule, error.got) == (rule, row)


def test_utf8_is_asked_for(make_csv: MakeCsv) -> None:
    page = "Mã phiếu;Đơn vị\nA;Phường Bến Nghé\nB;Lê Lợi\n"
    data = unicodedata.normalize("NFD", page).encode("utf-8")
    assert read_table(make_csv(data), known_headers=KNOWN)["Đơn vị"].to_pylist() == ["Phường Bến Nghé", "Lê Lợi"]
    error = refusal(make_csv(b"a;b\n1;2\nL\xea;3\n"))
    assert (error.rule, error.got) == ("files.not_utf8", "3")


@pytest.mark.full
def test_cp1258_only_when_named(make_csv: MakeCsv) -> None:
    # Bytes by the table of code page 1258: ê EA, acute EC, dot F2, đ F0, Đ D0, ư FD, ơ F5, grave CC, hook D2, tilde DE.
    header = b"Ma\xde phi\xea\xecu;\xd0\xf5n vi\xf2\n"
    path = make_csv(header + b"A;Ph\xfd\xf5\xccng B\xea\xecn Ngh\xe9\nB;Xa\xde \xd0\xf4\xecng\n")
    assert refusal(path).rule == "files.not_utf8"
    table = read_table(path, code_page="windows-1258", known_headers=KNOWN)
    assert table.column_names[:2] == ["Mã phiếu", "Đơn vị"]
    assert table["Đơn vị"].to_pylist() == ["Phường Bến Nghé", "Xã Đống"]
    assert refusal(path, code_page="cp1252").rule == "files.mojibake"
    assert refusal(path, code_page="koi8-r").rule == "files.code_page_unknown"


def test_a_utf8_file_is_not_decoded_as_something_else(make_csv: MakeCsv) -> None:
    path = make_csv("Mã phiếu;Đơn vị\nA;Phường Bến Nghé\n")
    assert refusal(path, code_page="cp1258").rule == "files.code_page_wrong"
    assert refusal(path, code_page="tcvn3").rule == "files.code_page_wrong"
    assert read_table(make_csv("a;b\n1;2\n"), code_page="cp1258").num_rows == 1


@pytest.mark.full
def test_tcvn3_is_detected_and_read_when_named(make_csv: MakeCsv) -> None:
    # "Mã phiếu", "Đơn vị", "Phường Bến Nghé", "Trần Hưng Đạo" in TCVN3, as signs of Latin-1.
    text = "M\xb7 phi\xd5u;\xa7\xacn v\xde\nA;Ph\xad\xeang B\xd5n Ngh\xd0\nB;Tr\xc7n H\xadng \xa7\xb9o\n"
    for data in (text.encode("latin-1"), text.encode("utf-8")):
        path = make_csv(data)
        assert refusal(path).rule in ("files.not_utf8", "files.mojibake")
        table = read_table(path, code_page="tcvn3", known_headers=KNOWN)
        assert table["Đơn vị"].to_pylist() == ["Phường Bến Nghé", "Trần Hưng Đạo"]
    assert refusal(make_csv(text.encode("utf-8"))).rule == "files.mojibake"
    assert refusal(make_csv(text.encode("latin-1")), code_page="cp1252").rule == "files.mojibake"


def test_vni_read_when_named(make_csv: MakeCsv) -> None:
    text = "Maõ phieáu;Ñôn vò\nA;Phöôøng Beán Ngheù\n"
    assert refusal(make_csv(text)).rule == "files.mojibake"
    table = read_table(make_csv(text.encode("latin-1")), code_page="vni", known_headers=KNOWN)
    assert table.to_pydict()["Đơn vị"] == ["Phường Bến Nghé"]


def test_hidden_characters_count_in_known_columns_only(make_csv: MakeCsv) -> None:
    text = "Mã phiếu;Đơn vị;Ý kiến\nA\u200b;X01;b\u202ea\nB;X\x0702;ok\n"
    error = refusal(make_csv(text), known_headers=KNOWN)
    assert isinstance(error, FaultsFound)
    assert [(f.rule, f.row, f.column, f.got) for f in error.faults] == [
        ("files.hidden_character", 2, "Mã phiếu", "U+200B"),
        ("files.hidden_character", 3, "Đơn vị", "U+0007"),
    ]
    everything = refusal(make_csv(text))
    assert isinstance(everything, FaultsFound)
    assert [f.column for f in everything.faults] == ["Mã phiếu", "Ý kiến", "Đơn vị"]


def test_a_hidden_character_in_a_header_is_named(make_csv: MakeCsv) -> None:
    error = refusal(make_csv("Mã phiếu;Đơn\u200b vị\nA;X01\n"), known_headers=KNOWN)
    assert isinstance(error, FaultsFound)
    assert error.faults == (Fault("files.hidden_character", "phiếu.csv", row=1, column="B", got="U+200B"),)


def test_error_values_in_known_columns(make_csv: MakeCsv) -> None:
    error = refusal(make_csv("Mã phiếu;Điểm;x\nA;#REF!;#N/A\nB;5;1\nC;#DIV/0!;2\n"), known_headers=KNOWN)
    assert isinstance(error, FaultsFound)
    assert [(f.rule, f.row, f.column) for f in error.faults] == [
        ("files.error_value", 2, "Điểm"),
        ("files.error_value", 4, "Điểm"),
    ]


def test_text_that_looks_like_a_formula_stays_text(make_csv: MakeCsv) -> None:
    table = read_table(make_csv("a;b\n=cmd|' /C calc'!A0;+84901\n"))
    assert table["a"].to_pylist() == ["=cmd|' /C calc'!A0"]


def test_headers_must_be_unique_where_they_matter(make_csv: MakeCsv) -> None:
    error = refusal(make_csv("Mã phiếu;Đơn vị;mã  phiếu\nA;X01;B\n"), known_headers=KNOWN)
    assert isinstance(error, FaultsFound)
    assert [(f.rule, f.row, f.column) for f in error.faults] == [("files.duplicate_header", 1, "C")]
    table = read_table(make_csv("Mã phiếu;Ghi chú;Ghi chú;;_row\nA;x;y;z;9\n"), known_headers=KNOWN)
    assert table.column_names == ["Mã phiếu", "Ghi chú", "Ghi chú (C)", "_D", "_row (E)", "_sheet", "_row"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("chỉ một cột\n1\n", "files.no_header"),
        ("a;b,c\n1;2,3\n", "files.separator"),
        ("a;b\n\n;\n", "files.no_rows"),
    ],
)
def test_no_table(make_csv: MakeCsv, text: str, rule: str) -> None:
    assert refusal(make_csv(text)).rule == rule


def test_no_known_header(make_csv: MakeCsv) -> None:
    assert refusal(make_csv("a;b\n1;2\n"), known_headers=KNOWN).rule == "files.no_header"


def test_the_list_of_faults_is_capped_and_counted(make_csv: MakeCsv) -> None:
    error = refusal(make_csv("a;b\n" + "1\n" * 500), limits=GateLimits(max_faults=20))
    assert isinstance(error, FaultsFound)
    assert (len(error.faults), error.values["total"]) == (20, "500")


def test_rows_keep_their_numbers_over_chunks(make_csv: MakeCsv) -> None:
    lines = ["a;b", *(f'{n};"x\ny"' if n % 7 == 0 else f"{n};z" for n in range(2, 230_001))]
    table = read_table(make_csv("\n".join(lines) + "\n"))
    assert table["a"].to_pylist() == [str(n) for n in range(2, 230_001)]
    assert table["_row"].to_pylist() == list(range(2, 230_001))


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8), separator=st.sampled_from(";,\t"))
def test_what_a_csv_writer_wrote_is_read_back(tmp_path: Path, rows: list[tuple[str, str, str]], separator: str) -> None:
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("mã", "hai", "ba"), *rows])
    path = tmp_path / "a.csv"
    path.write_bytes(sink.getvalue().encode("utf-8-sig"))
    sheet = read_csv(Source(path, gate(path), GateLimits()))
    chunks = list(sheet.chunks)
    assert sheet.header.names == ("mã", "hai", "ba")
    assert [number for chunk in chunks for number in chunk.rows] == list(range(2, 2 + len(rows)))
    read = [row for chunk in chunks for row in zip(*(column.to_pylist() for column in chunk.columns), strict=True)]
    assert read == rows


def test_a_named_page_that_does_not_exist_is_refused_before_reading(make_csv: MakeCsv) -> None:
    with pytest.raises(DataError, match=r"files\.code_page_unknown"):
        read_table(make_csv("a;b\n1;2\n"), code_page="utf-16")
