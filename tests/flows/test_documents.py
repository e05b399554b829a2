"""What the documents ask to type works as it stands there."""

from __future__ import annotations

from pathlib import Path

from command import sipas
from documents import Command, table_of, typed
from openpyxl import Workbook

NEW_PROVINCE, FORMATS = "docs/new-province.md", "docs/formats.md"


def test_a_new_province_by_the_commands_and_files_of_its_document(tmp_path: Path) -> None:
    assert _follow(NEW_PROVINCE, tmp_path, tmp_path / "workspace") >= 9
    status = sipas("round", "status", "--round", "vi-du-2026", "--json", folder=tmp_path)
    assert '"vi-du-2026"' in status.stdout


def test_every_file_of_the_formats_is_taken_in(tmp_path: Path) -> None:
    assert _follow(FORMATS, tmp_path, tmp_path) >= 8


def test_a_link_to_a_part_of_no_index_is_named_by_the_check(tmp_path: Path) -> None:
    _follow(NEW_PROVINCE, tmp_path, tmp_path / "workspace", until=("rulebook", "check"))
    links = tmp_path / "workspace/methodology/rulebooks/vi-du/2026-so/survey_links.csv"
    links.write_text(links.read_text(encoding="utf-8").replace("sipas,SIPAS", "sipas,II.X"), encoding="utf-8")
    done = sipas("rulebook", "check", "vi-du/2026-so", folder=tmp_path)
    assert done.returncode == 1 and "sipas/II.X" in done.stderr


def _follow(document: str, folder: Path, files: Path, until: tuple[str, ...] = ()) -> int:
    """Write the files of a document and type its commands, in order; how many commands. until: a command to stop at."""
    book = Workbook()
    for row in table_of(NEW_PROVINCE, "STT"):
        book.active.append(row)
    book.save(folder / "phu-luc.xlsx")
    n_commands = 0
    for part in typed(document):
        if isinstance(part, Command):
            if until and part.words[: len(until)] == until:
                break
            done = sipas(*part.words, folder=folder)
            assert done.returncode == 0, (part.words, done.stdout, done.stderr)
            n_commands += 1
        else:
            place = files / part.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(part.content, encoding="utf-8")
    return n_commands
