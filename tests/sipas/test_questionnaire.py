import unicodedata
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DataError, FaultsFound
from sipas.cells.text import folded
from sipas.questionnaire import Questionnaire, clean_cell, load_questionnaire

TOML = """
id = "thu-nghiem"
title_vi = "Phiếu thử"
decision = "không có"
source = "made for this test"
years = [2024, 2026]
min_items_share = "0.5"
experience_items = ["Q8.1"]
experience_yes = "1"
"""
ITEMS = """item_code,content,factor,scale_id,role,text_vi,text_en,text_status
I.A1,I,I.A,hl,rated,Câu một,first,paraphrase
I.A2,I,I.A,hl,rated,Câu hai,second,official
Q8.1,,,cokhong,experience,,used,missing
sex,,,gioi,background,Giới tính,sex,paraphrase
"""
SCALES = """scale_id,answer_code,label_vi,satisfied,missing_kind
hl,1,Không hài lòng,0,
hl,2,Bình thường,0,
hl,3,Hài lòng,1,
hl,98,Không biết,,dont_know
hl,99,Từ chối,,refused
cokhong,0,Không,,
cokhong,1,Có,,
cokhong,,Để trống,,not_asked
gioi,1,Nam,,
gioi,2,Nữ,,
"""
COLUMNS = """field,header
case_id,Mã phiếu
case_id,MA_PHIEU
rated_unit_id,Mã đơn vị
mode,Hình thức
received_on,Ngày nhận
I.A1,I.A1
I.A1,I_A1
I.A2,I.A2
Q8.1,Q8.1
sex,Giới  tính
"""
RECODES = """from_questionnaire,from_item,to_item
cu,A1,I.A1
"""


def folder(path: Path, **changed: str) -> Path:
    files = {"questionnaire.toml": TOML, "items.csv": ITEMS, "scales.csv": SCALES}
    files |= {"columns.csv": COLUMNS, "recodes.csv": RECODES}
    files |= {f"{name}.csv" if name != "questionnaire" else f"{name}.toml": text for name, text in changed.items()}
    for name, text in files.items():
        (path / name).write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def form(tmp_path: Path) -> Questionnaire:
    return load_questionnaire(folder(tmp_path))


def faults(path: Path) -> list[tuple[str, str, int, str]]:
    with pytest.raises(FaultsFound) as error:
        load_questionnaire(path)
    assert error.value.rule == "questionnaire.folder"
    return [(fault.rule, fault.file, fault.row, fault.got) for fault in error.value.faults]


def test_what_the_folder_says(form: Questionnaire) -> None:
    assert form.id == "thu-nghiem"
    assert form.rated_items() == ("I.A1", "I.A2")
    assert form.experience_items == ("Q8.1",)
    assert form.min_items_share == Decimal("0.5")
    assert form.years == (2024, 2026)
    assert form.satisfied_codes() == frozenset({"3"})
    assert [answer.label_vi for answer in form.scale("sex")] == ["Nam", "Nữ"]
    assert form.item("I.A2").text_status == "official"
    assert form.recodes[0].to_item == "I.A1"
    with pytest.raises(DataError) as error:
        form.item("X")
    assert error.value.rule == "questionnaire.unknown_item"


def test_headers_are_compared_without_case_blanks_and_form(form: Questionnaire) -> None:
    fields = form.header_map()
    assert fields[folded(unicodedata.normalize("NFD", "  MÃ   PHIẾU "))] == "case_id"
    assert fields["i_a1"] == fields["i.a1"] == "I.A1"
    assert fields["giới tính"] == "sex"
    assert len(fields) == 10


@pytest.mark.parametrize("cell", ["3", " 3 ", "3.0", "3,0", "3.00", "Hài lòng", "HÀI  LÒNG", "hài lòng\n"])
def test_one_answer_in_many_spellings(form: Questionnaire, cell: str) -> None:
    for text in (cell, unicodedata.normalize("NFD", cell)):
        decoded = form.decode(pd.DataFrame({"I.A1": pd.Series([text], dtype="str")}))
        assert decoded.codes.loc[0, "I.A1"] == "3"
        assert decoded.values.loc[0, "I.A1"] == 3.0
        assert decoded.missing.loc[0, "I.A1"] == ""
        assert not decoded.bad.loc[0, "I.A1"]


@pytest.mark.parametrize("cell", ["4", "0", "3.5", "3.000", "03", "3 3", "hai long", "x", "-3", "٣"])
def test_a_cell_outside_the_scale_is_bad_and_nothing_else(form: Questionnaire, cell: str) -> None:
    decoded = form.decode(pd.DataFrame({"I.A1": pd.Series([cell], dtype="str")}))
    assert decoded.bad.loc[0, "I.A1"]
    assert decoded.codes.loc[0, "I.A1"] == ""
    assert decoded.missing.loc[0, "I.A1"] == ""
    assert decoded.values["I.A1"].isna().all()


def test_kinds_of_missing_are_kept_apart(form: Questionnaire) -> None:
    rows = {"I.A1": ["98", "từ chối", "", " ", None], "Q8.1": ["Có", "0", "", None, "1"], "note": ["a"] * 5}
    decoded = form.decode(pd.DataFrame(rows, index=list("abcde"), dtype="str"))
    assert list(decoded.missing["I.A1"]) == ["dont_know", "refused", "blank", "blank", "blank"]
    assert list(decoded.codes["I.A1"]) == ["98", "99", "", "", ""]
    assert decoded.values["I.A1"].isna().all()
    assert list(decoded.missing["Q8.1"]) == ["", "", "not_asked", "not_asked", ""]
    assert list(decoded.values["Q8.1"].fillna(-1)) == [1, 0, -1, -1, 1]
    assert set(decoded.missing["I.A2"]) == {"not_asked"}
    assert not decoded.bad.to_numpy().any()
    for frame in (decoded.codes, decoded.values, decoded.missing, decoded.bad):
        assert list(frame.columns) == ["I.A1", "I.A2", "Q8.1", "sex"]
        assert list(frame.index) == list("abcde")
    assert decoded.codes.dtypes.astype(str).unique().tolist() == ["str"]
    assert decoded.missing.dtypes.astype(str).unique().tolist() == ["str"]
    assert decoded.bad.dtypes.astype(str).unique().tolist() == ["bool"]


def test_no_rows(form: Questionnaire) -> None:
    decoded = form.decode(pd.DataFrame({"I.A1": pd.Series([], dtype="str")}))
    assert decoded.values.shape == (0, 4)


def test_two_columns_for_one_item_are_refused(form: Questionnaire) -> None:
    with pytest.raises(DataError) as error:
        form.decode(pd.DataFrame([["1", "2"]], columns=["I.A1", "I.A1"], dtype="str"))
    assert (error.value.rule, error.value.got) == ("questionnaire.column_twice", "I.A1")


CELLS = st.lists(st.sampled_from(["1", "2,0", "Hài lòng", "98", "", "7", None]), min_size=1, max_size=30)


@given(cells=CELLS, cut=st.integers(0, 30))
def test_rows_are_coded_one_by_one(cells: list[str | None], cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Cutting a file in two changes no row; every cell is exactly one of valid, missing, bad."""
    form = load_questionnaire(folder(tmp_path_factory.mktemp("q")))
    rows = pd.DataFrame({"I.A1": pd.Series(cells, dtype="str")})
    whole = form.decode(rows)
    halves = [form.decode(part) for part in (rows.iloc[:cut], rows.iloc[cut:])]
    for name in ("codes", "values", "missing", "bad"):
        joined = pd.concat([getattr(half, name) for half in halves])
        pd.testing.assert_frame_equal(joined, getattr(whole, name))
    kinds = whole.values["I.A1"].notna().astype(int) + (whole.missing["I.A1"] != "") + whole.bad["I.A1"]
    assert (kinds == 1).all()


def test_cells_and_headers_are_cleaned_alike() -> None:
    assert clean_cell(None) == ""
    assert clean_cell(float("nan")) == ""
    assert clean_cell(" Có\u00a0 ") == "có"
    assert clean_cell("12,0") == "12"
    assert clean_cell("-1.0") == "-1"
    assert clean_cell("1.000") == "1.000"


def test_every_fault_of_the_items(tmp_path: Path) -> None:
    items = ITEMS + (
        "I.A1,I,I.A,hl,rated,Lặp,again,paraphrase\n"
        "I.B1,I,,hl,rated,Thiếu yếu tố,no factor,paraphrase\n"
        "I.B2,I,I.B,zz,rated,,no text,paraphrase\n"
        "mode,,,gioi,background,Trùng tên cột,clash,paraphrase\n"
        "Q8.2,,,cokhong,other,x,x,missing\n"
    )
    columns = COLUMNS + "I.B1,I.B1\nI.B2,I.B2\n"
    assert faults(folder(tmp_path, items=items, columns=columns)) == [
        ("data.field", "items.csv", 10, "other"),
        ("questionnaire.duplicate_item", "items.csv", 6, "I.A1"),
        ("questionnaire.duplicate_item", "items.csv", 9, "mode"),
        ("questionnaire.no_factor", "items.csv", 7, "I.B1"),
        ("questionnaire.no_text", "items.csv", 8, "I.B2"),
        ("questionnaire.unknown_scale", "items.csv", 8, "zz"),
    ]


def test_every_fault_of_the_scales(tmp_path: Path) -> None:
    scales = SCALES + (
        "hl,3,Rất hài lòng,1,\n"
        "hl,4,Hài  Lòng,1,\n"
        "hl,5,Tuyệt vời,,\n"
        "hl,97,Không áp dụng,1,not_applicable\n"
        "gioi,,Không rõ,,\n"
        "gioi,3,Khác,0,\n"
    )
    assert faults(folder(tmp_path, scales=scales)) == [
        ("questionnaire.blank_code", "scales.csv", 16, ""),
        ("questionnaire.duplicate_code", "scales.csv", 12, "3"),
        ("questionnaire.label_clash", "scales.csv", 13, "Hài  Lòng"),
        ("questionnaire.satisfied", "scales.csv", 14, ""),
        ("questionnaire.satisfied", "scales.csv", 15, "1"),
        ("questionnaire.satisfied", "scales.csv", 17, "0"),
    ]


def test_every_fault_of_headers_recodes_and_facts(tmp_path: Path) -> None:
    columns = COLUMNS.replace("mode,Hình thức\n", "") + "I.A2,MÃ PHIẾU\nphone,Số máy\n"
    recodes = RECODES + "cu,A1,I.A2\ncu,A9,X\n"
    toml = TOML.replace("[2024, 2026]", "[2026, 2024]").replace('["Q8.1"]', '["Q8.2"]')
    assert faults(folder(tmp_path, columns=columns, recodes=recodes, questionnaire=toml)) == [
        ("questionnaire.experience_items", "questionnaire.toml", 0, "Q8.1"),
        ("questionnaire.experience_items", "questionnaire.toml", 0, "Q8.2"),
        ("questionnaire.header_clash", "columns.csv", 11, "MÃ PHIẾU"),
        ("questionnaire.no_header", "columns.csv", 0, "mode"),
        ("questionnaire.recode_twice", "recodes.csv", 3, "A1"),
        ("questionnaire.unknown_field", "columns.csv", 12, "phone"),
        ("questionnaire.unknown_recode", "recodes.csv", 4, "X"),
        ("questionnaire.years", "questionnaire.toml", 0, "2026, 2024"),
    ]


def test_a_form_without_rated_items_is_no_questionnaire(tmp_path: Path) -> None:
    items = "\n".join(line for line in ITEMS.splitlines() if ",rated," not in line) + "\n"
    columns = "\n".join(line for line in COLUMNS.splitlines() if not line.startswith("I.")) + "\n"
    found = faults(folder(tmp_path, items=items, columns=columns, recodes=RECODES.splitlines()[0] + "\n"))
    assert ("questionnaire.no_rated_items", "items.csv", 0, "") in found
