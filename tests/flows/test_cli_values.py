"""The commands of an instrument without respondents, and those of surveys beside it, as a person types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import asked, strict
from small_round import ROUND, Office
from values_round import SOURCE, VALUES, new_values_office, value_rows, values_file

from errors import SurveyError
from flows.cli.screen import texts
from flows.inbox import inbox_places
from flows.params import RoundParams
from flows.workplace import instrument_ids, instruments_meant, only_instrument


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """The round with the instrument, before its values came."""
    return new_values_office(tmp_path, "amended")


def said(office: Office, *words: object) -> str:
    done = asked(office.ws.root, *words)
    assert done.exception is None, done.exception
    return done.output


def refusal(office: Office, *words: object) -> str:
    """The message of a refused command."""
    error = asked(office.ws.root, *words).exception
    assert isinstance(error, SurveyError)
    return texts().render(error)


@pytest.mark.full
def test_from_the_template_to_the_ranking(office: Office) -> None:
    target = office.inbox / "mẫu.xlsx"
    assert str(target.name) in said(office, "values", "template", "-o", target).replace("\n", "")
    assert target.is_file()
    path = values_file(office, value_rows(office))
    assert strict(said(office, "values", "template", "--json"))["file"]
    assert strict(said(office, "values", "check", path, "--json"))["n_units"] == 60
    checked = said(office, "values", "check", path)
    assert "không có lỗi; chưa lưu gì" in checked and SOURCE in checked
    assert "chưa có số liệu" in said(office, "round", "status")
    assert "Đã nhập." in said(office, "values", "import", path)
    assert "đã nhập từ trước" in said(office, "values", "import", path)
    status = said(office, "round", "status")
    assert "đã có số liệu" in status and "Số liệu của cơ quan khác" in status
    report = strict(said(office, "values", "import", path, "--instrument", VALUES, "--json"))
    assert (report["n_units"], report["is_new"], report["source_vi"]) == (60, False, SOURCE)
    assert "Hạng" in said(office, "merge")


def test_shares_are_pointed_out(office: Office) -> None:
    rows = [[*row[:2], "0,8", row[3]] for row in value_rows(office)]
    checked = said(office, "values", "check", values_file(office, rows))
    assert "CHÚ Ý: mọi giá trị của DVC đều không quá 1" in checked


def test_faults_say_place_and_what_to_do(office: Office) -> None:
    rows = value_rows(office)
    rows[0][2] = "8o"
    error = asked(office.ws.root, "values", "import", values_file(office, rows)).exception
    (fault,) = error.faults
    text = texts().render_fault(fault)
    for part in ("số liệu cổng.xlsx", "Số liệu", "2", "DVC", "“8o” không phải là số", "82,15"):
        assert part in text


@pytest.mark.parametrize(
    "words",
    [
        ("score",),
        ("weight",),
        ("plan",),
        ("draw", "--value", "48207", "--again", "48207"),
        ("frame", "template"),
        ("returns",),
        ("reserves", "status"),
    ],
)
def test_commands_of_surveys_name_the_one_that_fits(office: Office, words: tuple[str, ...]) -> None:
    text = refusal(office, *words, "--instrument", VALUES)
    assert "không có người trả lời" in text
    assert f"sipas values import TỆP --instrument {VALUES}" in text


def test_files_of_answers_are_not_for_it(office: Office) -> None:
    done = asked(office.ws.root, "receive", "a.csv", "--instrument", VALUES)
    assert done.exit_code == 1
    assert f"sipas values import TỆP --instrument {VALUES}" in done.output


def test_the_survey_needs_no_name(office: Office) -> None:
    assert "Chỉ số của tỉnh" in said(office, "score")
    assert "Tình hình phiếu" in said(office, "returns")
    assert "strata" in said(office, "reserves", "status", "--json")
    assert "là phiếu khảo sát có người trả lời" in refusal(
        office, "values", "import", "a.xlsx", "--instrument", "khao-sat"
    )


def test_flows_know_the_survey_only(office: Office) -> None:
    ws = office.ws
    assert instrument_ids(ws, ROUND) == ("khao-sat",) == instruments_meant(ws, ROUND, "")
    assert only_instrument(ws, ROUND, "") == "khao-sat"
    assert inbox_places(ws) == ("returns", "appraisals", "frame")
    assert RoundParams(workspace=str(ws.root)).instrument_id == ""
    with pytest.raises(SurveyError) as caught:
        only_instrument(ws, ROUND, VALUES)
    assert caught.value.rule == "flows.no_instrument"
