"""What a terminal shows, what a pipe gets and what a machine reads: whole, whatever the width."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import click
import pytest
from command import asked, commands, sipas, strict
from hypothesis import given
from hypothesis import strategies as st
from small_round import ROUND, new_office

from flows.cli import tables
from flows.cli.base import help_text

ROOT = Path(__file__).parents[2]
HASH = "0123456789abcdef" * 4
CELLS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12)
WORDS = st.lists(CELLS, min_size=1, max_size=6).map(" ".join)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory):
    """A round with all its results."""
    made = new_office(tmp_path_factory.mktemp("màn hình"), "finished")
    made.frame_path()
    return made


@contextmanager
def terminal(width: int):
    """Stdout taken for a terminal of this width; gives the tables that are shown on it."""
    shown: list[tables.Table] = []
    made = tables.made

    def kept(*arguments, **options) -> tables.Table:
        shown.append(made(*arguments, **options))
        return shown[-1]

    with (
        mock.patch("flows.cli.lines.terminal_width", lambda *, error=False: width),
        mock.patch("flows.cli.tables.made", kept),
    ):
        yield shown


SCREENS = (
    ("returns",),
    ("weight",),
    ("score",),
    ("merge",),
    ("plan",),
    ("reserves", "status"),
    ("round", "status"),
    ("units", "check"),
    ("rulebook", "check"),
    ("log", "show", "--last", "0"),
    ("assign",),
    ("frame", "check", "{frame}"),
    ("trace", f"{ROUND}/X07/thu/xa/8.1"),
)


@pytest.mark.full
@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize("command", SCREENS, ids=" ".join)
def test_no_cell_is_lost_on_a_narrow_terminal(office, command: tuple[str, ...], width: int) -> None:
    words = [str(office.frame_path()) if one == "{frame}" else one for one in command]
    with terminal(width) as shown:
        done = asked(office.ws.root, *words)
    assert done.exit_code == 0, done.exception
    assert shown
    for table in shown:
        for row in table.rows:
            for at, cell in enumerate(row):
                pieces = [cell] if at in table.fixed else cell.split()
                assert [one for one in pieces if one not in done.output] == []
    whole = (office.ws.root.name, "sipas -w", *(one for one in done.output.split() if len(one) > width // 2))
    assert [line for line in done.stdout.splitlines() if len(line) > width and not any(map(line.count, whole))] == []


@given(st.lists(st.tuples(WORDS, WORDS, CELLS, CELLS, CELLS), min_size=1, max_size=4), st.integers(20, 100))
def test_every_layout_holds_every_cell(rows: list[tuple[str, ...]], width: int) -> None:
    table = tables.made("T", ("Đơn vị", "Tên", "Phát ra", "Thu về", "Hợp lệ"), rows, (2, 3, 4))
    lines = tables.laid_out(table, width)
    for row in rows:
        for at, cell in enumerate(row):
            assert all(any(one in line for line in lines) for one in ([cell] if at > 1 else cell.split()))
    longest = max(len(one) for row in rows for cell in row for one in cell.split())
    assert all(tables.cell_len(line) <= width for line in lines) or 2 * longest + 10 > width
    assert [line.split("\t")[2].strip() for line in tables.plain(table)[2:]] == [row[2] for row in rows]


def test_a_pipe_gets_each_row_on_a_line_that_cut_can_cut(office) -> None:
    done = asked(office.ws.root, "returns", columns=40)
    rows = [line.split("\t") for line in done.output.splitlines() if line.startswith(("S01", "X07", "Cộng"))]
    assert {len(row) for row in rows} == {8}
    assert next(row[1] for row in rows if row[0].strip() == "X07").strip() == "Phường Cầu Sắt"


@pytest.mark.full
@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_a_commitment_stays_on_one_line_of_a_real_terminal(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    code = "from flows.cli import main; main()"
    done = subprocess.Popen(
        [sys.executable, "-c", code, "nonce", "Sở Nội vụ và Ủy ban Mặt trận Tổ quốc tỉnh"],
        stdout=theirs,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
    )
    done.wait(timeout=120)
    os.close(theirs)
    lines = [line.strip() for line in os.read(ours, 100_000).decode("utf-8").splitlines()]
    os.close(ours)
    assert [len(line) for line in lines if set(line) <= set("0123456789abcdef") and len(line) == 64] == [64]


def test_what_is_copied_stays_in_one_piece() -> None:
    lines = tables.facts("", [("Mã băm của dàn mẫu", HASH, True), ("Lý do", "một hai ba " * 20, False)], 60)
    assert f"  {HASH}" in lines
    assert all(len(line) <= 60 or HASH in line for line in lines)


def test_faults_are_counted_by_kind_and_all_of_them_are_in_a_file(office, tmp_path: Path) -> None:
    broken = tmp_path / "danh sách hỏng.csv"
    head, *rows = office.frame_path().read_text(encoding="utf-8-sig").splitlines()
    wrong = [re.sub(r'(;"?)(20\d\d-)', r"\1lúc \2", row, count=1) for row in rows[:12]]
    broken.write_text("\n".join([head, *wrong, *rows[12:60]]), encoding="utf-8-sig")
    call = ("-w", office.ws.root, "frame", "check", broken)
    shown = sipas(*call, folder=tmp_path)
    assert shown.returncode == 1
    found = strict(sipas(*call, "--json", folder=tmp_path).stdout)
    assert len(found["faults"]) >= 12
    assert all(one["rule"] and one["text"] and one["file"] == broken.name for one in found["faults"])
    file = found["facts"]["fault_file"]
    assert Path(file).is_file() and f"Danh sách đầy đủ: {file}" in shown.stderr
    assert f"{len(found['faults'])} lỗi, " in shown.stderr
    kinds = {one["rule"] for one in found["faults"]}
    assert len([line for line in shown.stderr.splitlines() if line.startswith("- ")]) <= 3 * len(kinds)


def test_every_command_and_option_has_words_in_both_languages(tmp_path: Path) -> None:
    for name, one in commands().items():
        path = name.split()
        assert help_text(path)
        assert all(help_text(path, param.name or "") for param in one.params if isinstance(param, click.Option))
    vietnamese = set("ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ")
    for name in commands():
        text = sipas("--lang", "en", *name.split(), "-h", folder=tmp_path).stdout
        assert text.startswith("Usage: sipas")
        assert not vietnamese & set(text.lower().replace('("bảng 2")', "")), name


def test_a_group_lists_the_whole_first_sentence_of_each_command(tmp_path: Path) -> None:
    for name, one in commands().items():
        if isinstance(one, click.Group):
            text = " ".join(sipas(*name.split(), "-h", folder=tmp_path).stdout.split())
            for own in one.commands:
                assert help_text([*name.split(), own]) in text


def test_the_language_comes_from_the_option_or_the_environment(tmp_path: Path) -> None:
    for arguments, env in ((("--lang", "en"), {}), ((), {"SIPAS_LANG": "en"}), (("--lang=en",), {"SIPAS_LANG": "vi"})):
        done = sipas(*arguments, "round", "status", folder=tmp_path, **env)
        assert "ERROR: " in done.stderr and "What to do: " in done.stderr
    assert "LỖI: " in sipas("--lang", "vi", "round", "status", folder=tmp_path, SIPAS_LANG="en").stderr
    assert "--lang" in sipas("--lang", "fr", "round", "status", folder=tmp_path).stderr


def test_numbers_and_codes_follow_the_language(office) -> None:
    done = asked(office.ws.root, "--lang", "en", "returns")
    assert "Outstanding" in done.output and "Cộng" not in done.output
    assert "Thu về" in asked(office.ws.root, "returns").output


def test_version_and_a_workspace_made_where_the_option_says(tmp_path: Path) -> None:
    assert sipas("--version", folder=tmp_path).stdout.split()[0] == "sipas"
    done = sipas("-w", tmp_path / "một nơi", "init", folder=tmp_path)
    assert done.returncode == 0 and (tmp_path / "một nơi" / "sipas.toml").is_file()
    both = sipas("-w", "a", "init", "b", folder=tmp_path)
    assert both.returncode == 2 and "--workspace" in both.stderr


@pytest.mark.parametrize(
    ("stage", "command"),
    [("opened", "frame import TỆP"), ("framed", "plan"), ("planned", "commit"), ("drawn", "receive TỆP")],
)
def test_the_next_command_is_named(stage: str, command: str, tmp_path: Path) -> None:
    made = new_office(tmp_path, stage)
    done = asked(made.ws.root, "round", "status")
    assert done.output.rstrip().endswith(f':\n  sipas -w "{made.ws.root}" {command}')


def test_status_shows_the_seal_what_was_opened_and_what_came(office) -> None:
    done = asked(office.ws.root, "round", "status")
    for words in ("Niêm phong lần 1", "Mở số bí mật", "10/07/2026, 09:00", "01/09/2026", "Tổng hợp và xếp hạng"):
        assert words in done.output
    assert done.output.rstrip().endswith("publish")


def test_the_log_of_a_round(office) -> None:
    found = strict(asked(office.ws.root, "log", "show", "--round", ROUND, "--last", "3", "--json").output)
    assert len(found["entries"]) == 3 and found["n_entries"] > 3
    assert all(one["subject"].split("/")[0] == ROUND for one in found["entries"])
    assert asked(office.ws.root, "log", "show", "--round", "không có").exception.rule == "store.no_round"


def test_dealing_without_fieldworkers_says_what_to_do(tmp_path: Path) -> None:
    made = new_office(tmp_path, "drawn")
    done = asked(made.ws.root, "assign", "--even")
    assert done.exception.rule == "fieldwork.no_fieldworkers"
