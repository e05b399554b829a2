"""Commands after the draw: what a person types, what stands on the screen, and that no name does."""

import re
from pathlib import Path

import pytest
from click.testing import Result
from command import asked
from small_round import ROUND, new_office

WORKERS = "Mã điều tra viên;Họ và tên;Điện thoại;Đơn vị chủ trì\nDTV01;Canary An;0911111101;BD\nDTV02;Canary Ba;;SNV\n"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory):
    return new_office(tmp_path_factory.mktemp("lệnh"), "drawn")


def sipas(office, *arguments: object) -> Result:
    return asked(office.ws.root, *arguments, columns=160)


def counted(text: str, what: str) -> int:
    """The number beside a line of a table of counts."""
    found = re.search(rf"{what} *\t *([0-9.]+)", text)
    assert found, text
    return int(found[1].replace(".", ""))


@pytest.mark.full
def test_from_interviewers_to_lists(office) -> None:
    file: Path = office.inbox / "điều tra viên.csv"
    file.write_text(WORKERS, encoding="utf-8-sig")
    done = sipas(office, "fieldworkers", "import", file)
    assert done.exit_code == 0 and counted(done.output, "Hiện có") == 2
    dealt = sipas(office, "assign", "--even")
    assert dealt.exit_code == 0 and "phát ra = đã giao + chưa giao" in dealt.output
    lists = sipas(office, "lists", "--kind", "field", "--conductor", "BD")
    assert lists.exit_code == 0, lists.exception
    assert "dữ liệu cá nhân" in lists.output
    sums = [counted(lists.output, what) for what in ("Phiếu phát ra", "Đã giao điều tra viên", "Chưa giao")]
    assert sums[0] == sums[1] + sums[2] == sums[1] > 0
    upload = sipas(office, "lists", "--to", "survey-solutions", "--unit", "X07")
    assert upload.exit_code == 0 and "không có họ tên" in upload.output
    named = sipas(office, "lists", "--to", "odk", "--unit", "X07", "--with-names")
    assert named.exit_code == 0 and "dữ liệu cá nhân" in named.output
    removed = sipas(office, "lists", "--remove")
    n_files = counted(lists.output, "Tệp") + 2
    assert removed.exit_code == 0 and f"đã xóa {n_files} tệp" in removed.output
    assert not office.ws.files.outputs.path(f"{ROUND}/danh-sach").exists()
    for result in (done, dealt, lists, upload, named, removed):
        assert "Canary" not in result.output and "0911111101" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--kind", "field", "--to", "odk"),
        ("--kind", "other"),
        ("--remove", "--kind", "field"),
        ("--remove", "--unit", "X07"),
    ],
)
def test_a_wrong_call_says_so(office, arguments: tuple[str, ...]) -> None:
    assert sipas(office, "lists", *arguments).exit_code == 2


def test_assign_takes_a_file_or_even(office) -> None:
    assert sipas(office, "assign", "x.csv", "--even").exit_code == 2
    assert sipas(office, "assign").exit_code == 0
