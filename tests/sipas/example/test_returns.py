"""Returned files: read back as an outsider would, every planted form is in its place and wrong in its way only."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from errors import DataError
from sipas.caseid import check_case_id
from sipas.example.answers import ITEMS, Population
from sipas.example.form_files import FILES, FORM_HEADERS, SAV_NAMES
from sipas.example.forms import FORM_FIELDS
from sipas.example.plants import ADDED_KINDS, PlantedCounts
from sipas.example.returns import ReturnedFiles, returned_files

POST, KEYED, UTF8, CP1258 = (one.name for one in FILES)
VALID = {"1", "2", "3", "4", "5"}


def _post(data: bytes) -> pd.DataFrame:
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
    field_of = {header: name for name, header in FORM_HEADERS.items()}
    table = pd.DataFrame(lines[1:], columns=[field_of.get(one, one) for one in lines[0]])
    return table.assign(_row=range(2, len(lines) + 1))


def _keyed(data: bytes) -> pd.DataFrame:
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Phiếu"]
    lines = list(sheet.iter_rows(values_only=True))
    start = next(i for i, line in enumerate(lines) if "Mã phiếu" in line)
    field_of = {header: name for name, header in FORM_HEADERS.items()}
    table = pd.DataFrame(lines[start + 1 :], columns=[field_of.get(one, one) for one in lines[start]], dtype=object)
    cells = table.map(_cell)
    return cells.assign(_row=range(start + 2, len(lines) + 1))


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return "" if value is None else str(value)


def _sav(data: bytes, path: Path, *, is_latin: bool) -> pd.DataFrame:
    path.write_bytes(data)
    table, _ = pyreadstat.read_sav(path, encoding="LATIN1" if is_latin else None, user_missing=True)
    for name in table.select_dtypes("number"):
        table[name] = table[name].map(lambda code: "" if np.isnan(code) else f"{code:.0f}")
    if is_latin:
        table = table.map(lambda text: unicodedata.normalize("NFC", text.encode("latin-1").decode("cp1258")))
    field_of = {short: name for name, short in SAV_NAMES.items()}
    return table.rename(columns=field_of).assign(_row=range(1, len(table) + 1))


@pytest.fixture(scope="module")
def received(returned: ReturnedFiles, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """All rows of the four files, in the order of arrival, as an outsider reads them."""
    folder = tmp_path_factory.mktemp("sav")
    tables = [
        _post(returned.files[POST]),
        _keyed(returned.files[KEYED]),
        _sav(returned.files[UTF8], folder / "u.sav", is_latin=False),
        _sav(returned.files[CP1258], folder / "c.sav", is_latin=True),
    ]
    names = (POST, KEYED, UTF8, CP1258)
    parts = [table.assign(_file=name) for name, table in zip(names, tables, strict=True)]
    columns = [*FORM_FIELDS, "_file", "_row"]
    return pd.concat([part[columns] for part in parts], ignore_index=True).astype({"_row": int})


@pytest.fixture(scope="module")
def planted(received: pd.DataFrame, returned: ReturnedFiles) -> pd.DataFrame:
    """The rows of the files that stand where the facts say something was planted, with kind and item."""
    listed = pd.DataFrame([asdict(form) for form in returned.facts.forms])
    return listed.merge(received, left_on=["file", "row"], right_on=["_file", "_row"], suffixes=("_said", ""))


def test_every_cell_comes_back_from_the_bytes(received: pd.DataFrame, returned: ReturnedFiles) -> None:
    said = returned.rows[list(FORM_FIELDS)].reset_index(drop=True)
    assert received[list(FORM_FIELDS)].to_numpy().tolist() == said.to_numpy(dtype=object).tolist()
    assert received["_file"].tolist() == returned.rows["file_name"].tolist()
    assert received["_row"].tolist() == returned.rows["row"].tolist()


def test_vietnamese_text_of_the_old_code_page_is_whole(received: pd.DataFrame) -> None:
    remarks = received.loc[received["_file"] == CP1258, "comment"]
    assert "Hệ thống trực tuyến hay bị nghẽn vào buổi sáng." in set(remarks)
    assert set(received.loc[received["_file"] == CP1258, "mode"]) <= {"Điện thoại", "Bưu điện", "Trực tuyến"} | {
        *("Phỏng vấn trực tiếp", "Họp nhóm")
    }


def test_counts_add_up(returned: ReturnedFiles, received: pd.DataFrame) -> None:
    facts = returned.facts
    assert Counter(form.kind for form in facts.forms) == asdict(PlantedCounts())
    assert facts.n_rows == len(received) == sum(facts.rows_by_file.values())
    assert facts.n_rows == facts.n_accepted + facts.n_late + facts.n_duplicate + facts.n_set_aside
    # 60 late; 25 + 15 + 12 duplicates; 20 + 10 + 12 + 8 + 9 + 18 set aside; 25 + 15 + 12 + 10 + 8 on top
    assert (facts.n_late, facts.n_duplicate, facts.n_set_aside) == (60, 52, 77)
    assert facts.n_rows == facts.n_answering + 70
    assert facts.n_issued == 78 * 60


def test_all_other_forms_are_valid(received: pd.DataFrame, returned: ReturnedFiles, drawn: pd.DataFrame) -> None:
    bad = {(form.file, form.row) for form in returned.facts.forms}
    is_good = [place not in bad for place in zip(received["_file"], received["_row"], strict=True)]
    good = received[is_good]
    assert len(good) == returned.facts.n_accepted
    assert not good["case_id"].duplicated().any()
    assert good["received_on"].between("2026-07-20", "2026-09-30").all()
    assert good[list(ITEMS)].isin(VALID | {"", "98", "99"}).all().all()
    assert (good[list(ITEMS)].isin(VALID).sum(axis=1) >= 20).all()
    issued = drawn[drawn["is_issued"]].set_index("case_id")["rated_unit_id"]
    assert (good["rated_unit_id"].to_numpy() == issued[good["case_id"]].to_numpy()).all()


def test_late_forms_are_only_late(planted: pd.DataFrame) -> None:
    late = planted[planted["kind"] == "late"]
    assert late["received_on"].between("2026-10-01", "2026-10-31").all()
    assert (planted.loc[planted["kind"] != "late", "received_on"] <= "2026-09-30").all()


def test_duplicates_stand_after_a_valid_original(planted: pd.DataFrame, received: pd.DataFrame) -> None:
    order = {name: number for number, name in enumerate((POST, KEYED, UTF8, CP1258))}
    copies = planted[planted["row_state"] == "duplicate"].merge(received, on="case_id", suffixes=("", "_first"))
    copies = copies[(copies["_file"] != copies["_file_first"]) | (copies["_row"] != copies["_row_first"])]
    assert len(copies) == 52
    before = copies["_file_first"].map(order) - copies["_file"].map(order)
    assert ((before < 0) | ((before == 0) & (copies["_row_first"] < copies["_row"]))).all()
    same_file = copies["_file"] == copies["_file_first"]
    assert same_file[copies["kind"] == "same_in_file"].all()
    assert not same_file[copies["kind"] == "same_across_files"].any()
    assert same_file[copies["kind"] == "differs"].sum() == 6
    cells = [name for name in FORM_FIELDS if name != "case_id"]
    first = copies[[f"{name}_first" for name in cells]].set_axis(cells, axis=1)
    n_other = (copies[cells] != first).sum(axis=1)
    assert n_other[copies["kind"] != "differs"].eq(0).all()
    assert n_other[copies["kind"] == "differs"].eq(4).all()


def test_impossible_codes_are_6_0_and_x(planted: pd.DataFrame) -> None:
    rows = planted[planted["kind"] == "impossible_code"]
    bad = ~rows[list(ITEMS)].isin(VALID | {"", "98", "99"})
    assert bad.sum(axis=1).eq(1).all()
    assert bad.idxmax(axis=1).tolist() == rows["item"].tolist()
    codes = [rows.at[i, rows.at[i, "item"]] for i in rows.index]
    assert set(codes) == {"6", "0", "x"}
    assert set(rows["file"][np.array(codes) == "x"]) <= {POST, KEYED}


def test_foreign_forms(planted: pd.DataFrame, drawn: pd.DataFrame, other_ids: list[str]) -> None:
    of = {kind: rows.set_index("case_id") for kind, rows in planted.groupby("kind")}
    issued = drawn[drawn["is_issued"]].set_index("case_id")["rated_unit_id"]
    reserves = drawn[~drawn["is_issued"]].set_index("case_id")["rated_unit_id"]
    assert set(of["other_round"].index) == set(other_ids[:10])
    wrong = of["wrong_check"].index.to_series()
    assert not check_case_id(wrong).any()
    assert all(one[:-1] in {known[:-1] for known in issued.index} for one in wrong)
    not_issued = of["not_issued"]
    assert (not_issued["rated_unit_id"] == reserves[not_issued.index]).all()
    assert (of["wrong_unit"]["rated_unit_id"] != issued[of["wrong_unit"].index]).all()
    assert set(of["wrong_unit"]["rated_unit_id"]) <= set(issued)


def test_forms_with_too_few_items_have_5_to_15(planted: pd.DataFrame) -> None:
    answered = planted.set_index("kind")[list(ITEMS)].isin(VALID).sum(axis=1)
    assert answered["too_few_items"].between(5, 15).all()
    assert (answered.drop("too_few_items") >= 20).all()


def test_answers_are_those_of_the_dossier(
    received: pd.DataFrame, returned: ReturnedFiles, drawn: pd.DataFrame, population: Population
) -> None:
    good = returned.rows[returned.rows["kind"] == ""]
    rows = pd.Series(np.arange(200_200), population.frame.rows["Mã hồ sơ"].iloc[:200_200])
    dossier = drawn.set_index("case_id").loc[good["case_id"], "dossier_no"]
    true = population.items[rows[dossier].to_numpy()].astype(str)
    given = good[list(ITEMS)].to_numpy(dtype=object)
    answered = np.isin(given, list(VALID))
    assert (given[answered] == true[answered]).all()
    missing = 1 - answered.mean(axis=0)
    assert 0.015 < missing.mean() < 0.025
    assert 0.005 < missing.min() < missing.max() < 0.04


def test_a_quarter_does_not_answer_and_the_ill_served_less(
    returned: ReturnedFiles, drawn: pd.DataFrame, population: Population
) -> None:
    facts = returned.facts
    assert 0.23 < 1 - facts.n_answering / facts.n_issued < 0.27
    frame = population.frame.rows.iloc[:200_200].set_index("Mã hồ sơ")
    issued = drawn[drawn["is_issued"]]
    own = [kind not in ADDED_KINDS for kind in returned.rows["kind"]]
    typed = set(returned.rows.loc[own, "case_id"].str[:-1])
    answered = issued["case_id"].str[:-1].isin(typed)
    assert answered.sum() == facts.n_answering
    result = frame.loc[issued["dossier_no"], "Kết quả"].to_numpy()
    share = answered.groupby(result).mean()
    assert share["Từ chối"] < share["Đã giải quyết"] - 0.1
    assert share["Quá hạn"] < share["Đã giải quyết"] - 0.08
    silent = (frame.loc[issued["dossier_no"], "Số điện thoại"] == "").to_numpy()
    assert silent.any() and not answered[silent].any()
    by_unit = answered.groupby(issued["rated_unit_id"]).mean()
    assert by_unit.std() > np.sqrt(0.75 * 0.25 / 60) * 1.05  # more than chance alone


@pytest.mark.full
def test_same_arguments_same_bytes(
    returned: ReturnedFiles, drawn: pd.DataFrame, population: Population, other_ids: list[str]
) -> None:
    again = returned_files(drawn, population, other_round_ids=other_ids, seed=20260701)
    assert dict(again.files) == dict(returned.files)
    assert again.facts == returned.facts
    other = returned_files(drawn, population, other_round_ids=other_ids, seed=1)
    assert all(other.files[name] != data for name, data in returned.files.items())


def test_file_names_and_contents_say_made_up(returned: ReturnedFiles) -> None:
    assert all("giả định" in name for name in returned.files)
    book = openpyxl.load_workbook(io.BytesIO(returned.files[KEYED]), read_only=True)
    assert "số liệu giả định" in str(book["Phiếu"]["A2"].value)
    assert b"(made up)" in returned.files[UTF8][:176]


@pytest.mark.parametrize(
    ("what", "counts"),
    [
        ("phiếu trả lời", PlantedCounts(late=5_000)),
        ("phiếu dự phòng", PlantedCounts(not_issued=781)),
        ("mã phiếu của đợt khác", PlantedCounts(other_round=31)),
    ],
)
def test_more_faults_than_forms_are_refused(
    what: str, counts: PlantedCounts, drawn: pd.DataFrame, population: Population, other_ids: list[str]
) -> None:
    with pytest.raises(DataError) as error:
        returned_files(drawn, population, other_round_ids=other_ids, seed=1, counts=counts)
    assert (error.value.rule, error.value.where) == ("example.too_few_forms", what)


def test_a_dossier_outside_the_frame_is_refused(
    drawn: pd.DataFrame, population: Population, other_ids: list[str]
) -> None:
    outside = population.frame.rows["Mã hồ sơ"][population.frame.rows["Ngày trả kết quả"] > "2026-06-30"].iloc[0]
    wrong = drawn.assign(dossier_no=drawn["dossier_no"].mask(drawn.index == 0, outside))
    with pytest.raises(DataError) as error:
        returned_files(wrong, population, other_round_ids=other_ids, seed=1)
    assert error.value.rule == "example.unknown_dossier"
