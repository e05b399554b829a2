"""The command as a person meets it: help, order of work, one clear message for every mistake."""

import errno
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import sipas
from small_round import ROUND, new_office, seal_and_draw

from flows.logs import start_logging
from sipas.jobs.example import ROUND_ID
from sipas.store.workspace import open_workspace

ROOT = Path(__file__).parents[2]


def in_a_process(*arguments: object, folder: Path, **env: str) -> subprocess.CompletedProcess:
    """Run the command in a process of its own, as a shell does; streams as bytes."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SIPAS", "PREFECT", "COLUMNS"))}
    return subprocess.run(
        [sys.executable, "-c", "from flows.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        cwd=folder,
        check=False,
        timeout=1800,
        env={**clean, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "SIPAS_ACTOR": "lan", "HOME": str(folder), **env},
    )


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory):
    """A round that has been opened, with its frame file beside it."""
    made = new_office(tmp_path_factory.mktemp("cli"))
    made.frame_path()
    made.ws.close()
    return made


def refused(done: subprocess.CompletedProcess, *words: str) -> None:
    """Exit code not 0, no stack trace, a message in Vietnamese with what to do and these words."""
    assert done.returncode not in (0, None)
    assert "Traceback" not in done.stderr + done.stdout
    assert "Cần làm:" in done.stderr or "Xem hướng dẫn:" in done.stderr
    for word in words:
        assert word in done.stderr


def test_help_is_vietnamese(tmp_path: Path) -> None:
    done = in_a_process("--help", folder=tmp_path)
    text = done.stdout.decode("utf-8")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Cách dùng: sipas" in text
    assert "Usage" not in text and "Options" not in text and "Show this" not in text


def test_a_process_ends_with_its_code_and_speaks_utf8_whatever_the_locale(tmp_path: Path) -> None:
    """What only a process shows: exit codes 2 and 1, and the message whole where the locale knows no Vietnamese."""
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    for code, arguments, words in (
        (2, ["no-such"], "Lệnh chưa đúng: không có lệnh no-such"),
        (1, ["round", "status"], "Cần làm:"),
    ):
        done = in_a_process(*arguments, folder=tmp_path, **plain)
        assert (done.returncode, done.stdout) == (code, b"")
        assert words in done.stderr.decode("utf-8") and b"Traceback" not in done.stderr


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['sipas', '--help']\n"
        "import contextlib, io\n"
        "from flows.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main()\n"
        "print(sorted({'pandas', 'numpy', 'prefect', 'sqlalchemy', 'pyarrow', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    "group", [[], ["round"], ["frame"], ["rulebook"], ["units"], ["appraisals"], ["log"], ["people"]]
)
def test_every_command_has_a_vietnamese_help(group: list[str], tmp_path: Path) -> None:
    listing = sipas(*group, "--help", folder=tmp_path).stdout
    assert "Lệnh:" in listing
    names = [
        line.split()[0] for line in listing.split("Lệnh:")[1].splitlines() if line.startswith("  ") and line[2] != " "
    ]
    assert names
    for name in names:
        text = sipas(*group, name, "--help", folder=tmp_path).stdout
        assert "Cách dùng:" in text
        options = text.partition("Tùy chọn:")[2].partition("Lệnh:")[0].splitlines()
        assert [line for line in options if line.startswith("  ") and line[2] not in " -"] == []  # no TỆP without words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such"], ["no-such"]),
        (["frame", "import"], ["TỆP"]),
        (["round", "amend", "--reason"], ["--reason"]),
        (["plan", "--nothing"], ["--nothing"]),
        (["export", "--to", "pdf"], ["xlsx", "--to"]),
        (["reserves", "approve", "1"], ["--by"]),
        (["reserves", "approve", "1", "--document", "V1"], ["--document"]),
    ],
)
def test_a_wrong_call_is_explained(arguments: list[str], words: list[str], tmp_path: Path) -> None:
    refused(sipas(*arguments, folder=tmp_path), *words)


@pytest.mark.parametrize("command", [["round", "status"], ["plan"], ["receive", "x.csv"], ["merge"], ["log", "verify"]])
def test_outside_a_workspace(command: list[str], tmp_path: Path) -> None:
    done = sipas(*command, folder=tmp_path)
    refused(done, "sipas init")
    assert list(tmp_path.iterdir()) == []


def test_init_twice_changes_nothing(tmp_path: Path) -> None:
    first = sipas("init", "thư mục mới", folder=tmp_path)
    config = (tmp_path / "thư mục mới" / "sipas.toml").read_bytes()
    again = sipas("init", "thư mục mới", folder=tmp_path)
    assert (first.returncode, again.returncode) == (0, 0)
    assert (tmp_path / "thư mục mới" / "sipas.toml").read_bytes() == config


def test_missing_file_unknown_round_and_steps_out_of_order(office) -> None:
    root, folder = office.ws.root, office.inbox
    refused(sipas("-w", root, "frame", "import", "không có.csv", folder=folder), "không có.csv")
    refused(sipas("-w", root, "plan", "--round", "other", folder=folder), "other")
    refused(sipas("-w", root, "commit", folder=folder), "sipas frame import")
    refused(sipas("-w", root, "draw", folder=folder), "sipas commit")
    refused(sipas("-w", root, "receive", folder / "danh sách hồ sơ.csv", folder=folder), "sipas draw")
    refused(sipas("-w", root, "round", "new", "chưa-có", folder=folder))


def rows_of(office) -> list[str]:
    return (office.inbox / "danh sách hồ sơ.csv").read_text(encoding="utf-8-sig").splitlines()


def broken(office, name: str, lines: list[str]) -> Path:
    path = office.inbox / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


def test_a_frame_without_a_needed_column_names_it(office) -> None:
    lines = rows_of(office)[:40]
    path = broken(office, "thiếu cột.csv", [lines[0].replace("Kết quả", "Ghi chú khác"), *lines[1:]])
    refused(sipas("-w", office.ws.root, "frame", "check", path, folder=office.inbox), "Kết quả", "thiếu cột.csv")


@pytest.mark.full
def test_a_frame_is_checked_unit_by_unit_against_counts(office) -> None:
    made = sipas("-w", office.ws.root, "frame", "template", folder=office.inbox)
    assert made.returncode == 0 and "mau-danh-sach.xlsx" in made.stdout
    path = office.inbox / "đếm.csv"
    path.write_text("unit_id,count,source\nX05,1,báo cáo quý\n", encoding="utf-8")
    listed = office.inbox / "danh sách hồ sơ.csv"
    done = sipas("-w", office.ws.root, "frame", "check", listed, "--counts", path, folder=office.inbox)
    assert done.returncode == 0 and "CHÚ Ý" in done.stdout and "báo cáo quý" in done.stdout
    plain = sipas("-w", office.ws.root, "frame", "check", listed, "--counts", path, "--json", folder=office.inbox)
    facts = json.loads(plain.stdout)
    assert [one["unit_id"] for one in facts["coverage"] if one["is_flagged"]] == ["X05"]
    assert sum(facts["source"].values()) == facts["source"]["data"] + 1


def test_all_faults_of_a_frame_at_once_with_their_rows(office) -> None:
    lines = rows_of(office)[:60]
    unit, day = lines[5].split(";")[1], lines[9].split(";")[4]
    lines[5] = lines[5].replace(f";{unit};", ";X999;", 1)
    lines[9] = lines[9].replace(day, "5/1/2026", 1)
    path = broken(office, "lỗi.csv", lines)
    done = sipas("-w", office.ws.root, "frame", "import", path, folder=office.inbox)
    refused(done, "dòng 6", "dòng 10", "lỗi.csv", "2 lỗi")
    assert "5/1/2026" not in done.stderr  # a cell is shown by its shape only
    refused(sipas("-w", office.ws.root, "plan", folder=office.inbox), "sipas frame import")


def test_a_rulebook_whose_children_do_not_add_up(tmp_path: Path) -> None:
    made = new_office(tmp_path)
    path = made.ws.root / "methodology" / "rulebooks" / "thu" / "so" / "criteria.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("1.2,"))
    cells = lines[at].split(",")
    cells[5] = "7"
    path.write_text("\n".join([*lines[:at], ",".join(cells), *lines[at + 1 :]]) + "\n", encoding="utf-8")
    made.ws.close()
    done = sipas("-w", made.ws.root, "rulebook", "check", "thu/so", folder=tmp_path)
    refused(done, "criteria.csv", "dòng")
    refused(sipas("-w", made.ws.root, "round", "amend", "--reason", "thử", folder=tmp_path), "criteria.csv")
    ok = sipas("-w", made.ws.root, "round", "status", "--json", folder=tmp_path)
    assert json.loads(ok.stdout)["amend_no"] == 0


def test_verify_draw_needs_no_workspace_and_refuses_a_changed_byte(tmp_path: Path) -> None:
    made = new_office(tmp_path / "w", "planned")
    folder = tmp_path / "người ngoài"
    shutil.copytree(seal_and_draw(made.ws).folder, folder)
    made.ws.close()
    good = sipas("verify-draw", "manifest.json", "frame.csv", folder=folder)
    assert good.returncode == 0 and "KHỚP" in good.stdout
    alone = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "verify_draw.py", "manifest.json", "frame.csv"], cwd=folder, check=False
    )
    assert alone.returncode == 0
    frame = folder / "frame.csv"
    frame.write_bytes(frame.read_bytes().replace(b"done", b"dOne", 1))
    bad = sipas("verify-draw", "manifest.json", "frame.csv", folder=folder)
    assert bad.returncode == 1 and "KHÔNG KHỚP" in bad.stdout and "Dàn mẫu đã bị thay đổi" in bad.stdout
    refused(sipas("verify-draw", "frame.csv", "frame.csv", folder=folder), "frame.csv", "JSON")


@pytest.mark.slow
def test_the_example_with_prefect(tmp_path: Path) -> None:
    """`sipas demo` as a person types it: its own server, every flow at full size, and a screen without codes."""
    root = tmp_path / "w"
    done = in_a_process("-w", root, "demo", folder=tmp_path, COLUMNS="80")
    text = done.stdout.decode("utf-8")
    assert done.returncode == 0, done.stderr.decode("utf-8")
    assert "Xong sau" in text and "KHÔNG XONG" not in text
    assert "Đại biểu HĐND xã" in text and "dai-bieu │" not in text
    assert (root / "outputs" / ROUND_ID / "dai-bieu" / "chon-mau" / "manifest.json").is_file()
    with open_workspace(root, {}) as ws:
        assert [one.release_no for one in ws.office.releases.find(ROUND_ID)] == [1]


def test_a_new_round_from_another_one(tmp_path: Path) -> None:
    made = new_office(tmp_path)
    made.ws.close()
    done = sipas("-w", made.ws.root, "round", "new", "thu-2027", "--from", ROUND, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    copied = made.ws.root / "methodology" / "rounds" / "thu-2027" / "round.toml"
    assert 'id = "thu-2027"' in copied.read_text(encoding="utf-8")
    assert str(copied) in done.stdout


def test_a_log_that_cannot_be_written_prints_no_trace(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sipas.log").mkdir()  # as good as a full disk
    start_logging(tmp_path)
    logging.getLogger("sipas").info("made")
    assert capfd.readouterr() == ("", "")


def test_an_error_of_the_disk_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = new_office(tmp_path).ws.root

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(root / "outputs" / "x.csv"))

    monkeypatch.setattr("sipas.jobs.prepare.status.round_status", full)
    done = sipas("-w", root, "round", "status", folder=tmp_path)
    assert (done.returncode, done.stderr.count("LỖI:")) == (1, 1) and "x.csv: Ổ đĩa đã đầy" in done.stderr
