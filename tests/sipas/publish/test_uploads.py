"""Sample files for data collection servers, against the layout their documentation asks for."""

import csv
import io

import pandas as pd
import pytest

from errors import DataError
from sipas.publish.field.uploads import UPLOAD_COLUMNS, upload_file

ROWS = pd.DataFrame(
    [
        (
            "GD26-X07-0001-K3",
            "X07",
            "Phường Cầu Sắt",
            "BD",
            "DTV01",
            'Trần "Tư" Hậu',
            "0912345678",
            "Tổ 3,\nấp 5\tnhà cuối",
        ),
        ("GD26-X07-0002-K3", "X07", "Phường Cầu Sắt", "BD", "DTV02", "Đỗ An", "", ""),
    ],
    columns=list(UPLOAD_COLUMNS),
    dtype="str",
)


def rows_of(data: bytes, separator: str) -> list[list[str]]:
    assert not data.startswith(b"\xef\xbb\xbf") and b"\r" not in data
    return list(csv.reader(io.StringIO(data.decode("utf-8")), delimiter=separator))


def test_odk_has_a_label_and_no_reserved_property_name() -> None:
    header, first, _ = rows_of(upload_file("odk", ROWS, with_names=True), ",")
    assert header[:2] == ["label", "case_id"]
    assert not {name for name in header if name == "name" or name.startswith("__")}
    assert dict(zip(header, first, strict=True))["respondent_address"] == "Tổ 3, ấp 5 nhà cuối"
    assert first[0] == 'GD26-X07-0001-K3 – Trần "Tư" Hậu'


def test_kobo_looks_up_by_its_first_column() -> None:
    header, first, second = rows_of(upload_file("kobo", ROWS, with_names=False), ",")
    assert header[:2] == ["name", "label"]
    assert [first[0], second[0]] == list(ROWS["case_id"])


def test_survey_solutions_is_tab_separated_with_responsible_and_quantity() -> None:
    header, first, second = rows_of(upload_file("survey-solutions", ROWS, with_names=False), "\t")
    assert header == ["case_id", "unit_id", "unit_name", "conductor_id", "_quantity", "_responsible"]
    assert first[-2:] == ["1", "DTV01"] and second[-2:] == ["1", "DTV02"]


def test_survey_solutions_takes_all_or_no_responsible() -> None:
    nobody = ROWS.assign(interviewer_id="")
    assert "_responsible" not in rows_of(upload_file("survey-solutions", nobody, with_names=False), "\t")[0]
    some = ROWS.assign(interviewer_id=["DTV01", ""])
    with pytest.raises(DataError) as caught:
        upload_file("survey-solutions", some, with_names=False)
    assert (caught.value.rule, caught.value.got) == ("lists.partly_assigned", "1")


@pytest.mark.parametrize("target", ["odk", "kobo", "survey-solutions"])
def test_names_go_only_when_asked_for(target: str) -> None:
    plain = upload_file(target, ROWS, with_names=False).decode()
    full = upload_file(target, ROWS, with_names=True).decode()
    for word in ("Hậu", "0912345678", "Tổ 3", "Đỗ An", "respondent"):
        assert word not in plain and word in full
