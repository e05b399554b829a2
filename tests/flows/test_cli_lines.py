"""Lines of the terminal: wrapped at words; a command to type next in one piece on a line of its own."""

from pathlib import Path
from unittest import mock

import pytest
from command import asked, sipas
from small_round import COMMITTED_AT, NUMBERS, OPENED_AT, ROUND, VALUE, new_office

from flows.cli.lines import held, tell
from flows.cli.tables import cell_len, laid_out, made
from flows.speech import text
from sipas.entries import Entry
from sipas.jobs.prepare.status import is_routine
from sipas.jobs.sample.commit import commit_draw, reveal
from sipas.jobs.stepruns.pinned import pinned
from sipas.trace import Moment, Section, label, read_section
from sipas.words import has_word

LONG = (
    "sipas -w /một/thư-mục/rất/dài/của/người-dùng receive TỆP --instrument sipas --received-on 2026-09-01 --round đợt"
)


def told(lines: str, capsys: pytest.CaptureFixture[str], width: int | None = 80) -> list[str]:
    with mock.patch("flows.cli.lines.terminal_width", lambda *, error=False: width):
        tell(lines)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [80, None])
def test_a_command_at_the_end_stands_whole_on_a_line_of_its_own(
    width: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(f"Người khác duyệt: {held(LONG)}", capsys, width) == ["Người khác duyệt:", f"  {LONG}"]
    assert told("  Cần làm: Chạy lại: sipas weight --instrument sipas", capsys, width) == [
        "  Cần làm: Chạy lại:",
        "    sipas weight --instrument sipas",
    ]
    for command in ("sipas rulebook check thu/xa", "sipas --help", "sipas round amend --reason ..."):
        assert told(f"Xem: {command}", capsys, width) == ["Xem:", f"  {command}"]


def test_prose_with_a_command_in_it_is_no_wider_than_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told("Chạy lại các bước từ sipas weight đến sipas export rồi lập dự thảo: " + "một hai ba " * 20, capsys)
    assert max(map(cell_len, lines)) <= 80
    for wide in range(30, 80):
        broken = told(
            "x" * wide + " hai bên tạo số mới (sipas round amend --reason ...) rồi chạy lại " + "y" * 70, capsys
        )
        assert any("sipas round amend --reason ..." in line for line in broken)


def test_a_title_is_no_wider_than_the_terminal_and_blank_cells_take_no_line() -> None:
    table = made("một hai " * 20, ("Nguồn", "Mã", "SHA-256"), [("Dàn mẫu", "", "ab" * 32), ("Đơn vị", "x", "cd" * 32)])
    lines = laid_out(table, 60)
    assert all(cell_len(line) <= 60 or "ab" in line or "cd" in line for line in lines)
    assert [line.split() for line in lines if line.split()[:1] == ["Mã"]] == [["Mã", "x"]]


def test_a_moment_is_kept_in_a_section() -> None:
    section = Section(label("draw"), ((label("value_at"), Moment("2026-07-15T18:30:00+07:00")),))
    assert read_section(section.text()) == section
    assert section.as_json()["lines"] == {"trace:value_at": "2026-07-15T18:30:00+07:00"}


def test_the_draw_is_checked_before_the_value_is_asked_again(tmp_path: Path) -> None:
    made_office = new_office(tmp_path, "planned")
    root, ws = made_office.ws.root, made_office.ws
    asks = text("cli_sample.value_again")

    def drawn(*options: str):
        done = asked(root, "draw", "--value", VALUE, *options)
        return getattr(done.exception, "rule", ""), asks in done.output

    assert drawn() == ("jobs.not_committed", False)
    commit_draw(ws, ROUND, COMMITTED_AT)
    names = [party.name for party in pinned(ws, ROUND).survey_round.instruments[0].draw.parties]
    reveal(ws, ROUND, names[0], NUMBERS[0], OPENED_AT)
    assert drawn() == ("draw.nonces", False)
    reveal(ws, ROUND, names[1], NUMBERS[1], OPENED_AT)
    assert drawn() == ("", True)  # nobody answers
    assert drawn("--again", VALUE) == ("", False)
    assert drawn() == ("", False)  # drawn with this value: nothing to ask
    assert asked(root, "draw", "--value", "11111").exception.rule == "jobs.other_value"


def test_what_is_sealed_and_verified_is_told_in_words_of_readers(tmp_path: Path) -> None:
    made_office = new_office(tmp_path, "drawn")
    root = made_office.ws.root
    sealed = asked(root, "commit").output
    assert "10/07/2026, 09:00" in sealed and "2026-07-10T" not in sealed
    assert "2026-07-10 09:00" in asked(root, "--lang", "en", "commit").output
    folder = root / "outputs" / ROUND / "chon-mau"
    verified = sipas("verify-draw", folder / "manifest.json", folder / "frame.csv", folder=tmp_path).stdout
    assert "từ 9.000 dòng" in verified and "seed" not in verified and "Số khởi tạo ngẫu nhiên" in verified
    made_office.ws.close()


def test_the_log_tells_what_people_did(tmp_path: Path) -> None:
    root = new_office(tmp_path, "drawn").ws.root
    shown = asked(root, "log", "show", "--last", "0").output
    assert "Niêm phong dàn mẫu" in shown and "Chạy bước: Rút mẫu" in shown
    assert "snapshots.put" not in shown and "Lưu bảng số liệu" not in shown and "thêm --all" in shown
    whole = asked(root, "log", "show", "--last", "0", "--all").output
    assert "Lưu bảng số liệu" in whole and "thêm --all" not in whole
    assert len(whole.splitlines()) > len(shown.splitlines())


def test_every_action_of_the_log_has_words(tmp_path: Path) -> None:
    entries = new_office(tmp_path, "returned").ws.log.entries()
    assert {entry.action for entry in entries if not has_word("log_action", entry.action)} == set()
    assert {entry.action for entry in entries if not is_routine(entry)} >= {
        "draw.commit",
        "steps.run",
        "received.record",
    }


def test_steps_that_follow_from_others_are_routine() -> None:
    def ran(step: str) -> Entry:
        return Entry(1, "2026-07-10T09:00:00Z", "lan", "steps.run", f"thu/{step}", "", "", "")

    assert [is_routine(ran(step)) for step in ("weight", "receive", "traces")] == [False, True, True]


def test_a_file_that_is_not_there_is_told_alike(tmp_path: Path) -> None:
    root = new_office(tmp_path, "drawn").ws.root
    said = [
        sipas("-w", root, *words, "không có.csv", folder=tmp_path).stderr.split("LỖI: ")[1]
        for words in (
            ("frame", "check"),
            ("frame", "import"),
            ("audit",),
            ("verify-draw", "không có.csv"),
            ("receive", "--received-on", "2026-09-01", "--round", ROUND),
        )
    ]
    assert len(set(said)) == 1 and "Không tìm thấy tệp" in said[0]


def test_no_round_is_said_so_and_a_workspace_that_is_there(tmp_path: Path) -> None:
    first = sipas("init", "nơi làm việc", folder=tmp_path)
    again = sipas("init", "nơi làm việc", folder=tmp_path)
    assert "không thay đổi" not in first.stdout
    assert "Đã có từ " in again.stdout and "không thay đổi" in again.stdout
    none = sipas("-w", "nơi làm việc", "round", "status", folder=tmp_path)
    assert "Không có đợt nào chưa kết thúc" in none.stderr and "Có 0" not in none.stderr


def test_names_of_units_have_a_column_of_their_own(tmp_path: Path) -> None:
    root = new_office(tmp_path, "returned").ws.root
    with mock.patch("flows.cli.lines.terminal_width", lambda *, error=False: 80):
        lines = asked(root, "returns").stdout.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("S16 "))
    assert lines[at + 1].startswith("      ") and lines[at + 1].strip() == "nghiệp"


@pytest.mark.full
def test_weights_and_ranks_are_told_in_words(tmp_path: Path) -> None:
    root = new_office(tmp_path, "finished").ws.root
    weights, ranks = asked(root, "weight").output, asked(root, "merge").output
    assert "dưới 0,001" in weights and "e-" not in weights and "Hệ số biến thiên" in weights
    assert "Sở, ban, ngành (thu/so)" in ranks and "Xã, phường, đặc khu (thu/xa)" in ranks
    assert not [cell for cell in (weights + ranks).lower().split() if cell == "nan"]
