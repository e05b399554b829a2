"""Whatever happens in the child process, the parent goes on and names the file."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from errors import DataError, FaultsFound
from sipas.files import READERS, GateLimits, read_table
from sipas.files import reading as reading_module

MakeCsv = Callable[..., Path]


def refusal(path: Path, **options: object) -> DataError:
    with pytest.raises(DataError) as caught:
        read_table(path, **options)
    return caught.value


@pytest.mark.parametrize(
    ("code", "got"),
    [
        ("import os; os.abort()", str(-signal.SIGABRT)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", str(-signal.SIGKILL)),
        ("import os; os.write(1, b'not arrow' * 9); os._exit(7)", "7"),
        ("import os; os.write(2, b'noise' * 100_000); os._exit(1)", "1"),
        ("import os; os._exit(0)", "0"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_child_that_dies(make_csv: MakeCsv, monkeypatch: pytest.MonkeyPatch, code: str, got: str) -> None:
    monkeypatch.setattr(reading_module, "_BOOT", code)
    error = refusal(make_csv("a;b\n1;2\n"))
    assert (error.rule, error.where, error.got) == ("files.crashed", "phiếu.csv", got)


def test_a_child_that_dies_half_way_through_the_stream(make_csv: MakeCsv, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, sys, pyarrow as pa\n"
        "table = pa.table({'a': ['x'] * 10})\n"
        "writer = pa.ipc.new_stream(sys.stdout.buffer, table.schema)\n"
        "writer.write_table(table)\n"
        "sys.stdout.buffer.flush()\n"
        "os._exit(9)"
    )
    monkeypatch.setattr(reading_module, "_BOOT", code)
    assert refusal(make_csv("a;b\n1;2\n")).rule == "files.crashed"


def test_time_is_up(make_csv: MakeCsv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "_BOOT", "import time; time.sleep(60)")
    error = refusal(make_csv("a;b\n1;2\n"), limits=GateLimits(seconds=0.3))
    assert (error.rule, error.where, error.expected) == ("files.too_slow", "phiếu.csv", "0.3 s")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="address space cap")
def test_memory_is_capped(make_csv: MakeCsv) -> None:
    path = make_csv("a;b\n" + "xxxxxxxxxxxxxxxxxxxx;yyyyyyyyyyyyyyyyyyyyy\n" * 200_000)
    error = refusal(path, limits=GateLimits(memory_bytes=20 * 2**20))
    assert error.rule in ("files.out_of_memory", "files.crashed")
    assert error.where == "phiếu.csv"
    assert read_table(path, limits=GateLimits(memory_bytes=400 * 2**20)).num_rows == 200_000


@pytest.mark.full
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="address space cap")
def test_one_endless_line(make_csv: MakeCsv) -> None:
    path = make_csv(b"a;b\n" + b"x" * (100 * 2**20))
    error = refusal(path, limits=GateLimits(memory_bytes=64 * 2**20))
    assert error.rule in ("files.out_of_memory", "files.long_cell")


def test_a_path_with_blanks_and_diacritics(tmp_path: Path) -> None:
    folder = tmp_path / "Đợt khảo sát 2026 – Sở Nội vụ"
    folder.mkdir()
    path = folder / "Phiếu (bản cuối) & thừa.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    assert read_table(path).num_rows == 1


def test_messages_name_the_file_as_the_person_knows_it(make_csv: MakeCsv) -> None:
    stored = make_csv("a;b\n1\n", name="0f3c9d")
    with pytest.raises(FaultsFound) as caught:
        read_table(stored, shown_as="Phiếu.csv")
    assert (caught.value.where, caught.value.faults[0].file) == ("Phiếu.csv", "Phiếu.csv")
    assert read_table(make_csv("a;b\n1;2\n", name="77aa"), shown_as="Phiếu.CSV").num_rows == 1


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "không có.csv").rule == "files.no_file"
    assert refusal(tmp_path).rule == "files.not_a_file"


def test_the_child_imports_neither_pandas_nor_a_writer() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(reading_module._ROOT)!r}); import sipas.files.child; "
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-I", "-B", "-c", code], check=False).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="file size cap")
def test_the_child_cannot_write_files(tmp_path: Path) -> None:
    target = tmp_path / "x"
    code = (
        f"import sys; sys.path.insert(0, {str(reading_module._ROOT)!r})\n"
        "from sipas.files.childlimits import restrict\n"
        "restrict(2**30, 5)\n"
        f"open({str(target)!r}, 'wb', buffering=0).write(b'x' * 10)\n"
    )
    assert subprocess.run([sys.executable, "-I", "-B", "-c", code], check=False, stderr=subprocess.DEVNULL).returncode
    assert not target.exists() or target.stat().st_size == 0


def test_every_format_has_a_reader() -> None:
    assert {suffix: reader.kind for suffix, reader in READERS.items()} == {
        ".csv": "text",
        ".txt": "text",
        ".tsv": "text",
        ".xlsx": "workbook",
        ".xls": "html",
        ".html": "html",
        ".htm": "html",
        ".docx": "document",
        ".parquet": "parquet",
        ".sav": "spss",
        ".zsav": "spss",
    }
