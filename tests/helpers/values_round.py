"""The small round with a second instrument that has no respondents; criterion 8.3 of the communes takes its index."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from once import built_once
from small_round import ROUND, Office, copied_office, new_office
from xlsxwriter import Workbook

from sipas.jobs.field.values import ValuesReport, import_values
from sipas.jobs.prepare.rounds import amend_round
from sipas.jobs.results.merge import merge
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.stepruns.pinned import pinned
from sipas.store.workspace import Workspace

VALUES, INDEX, SOURCE = "dich-vu-cong", "made-up-dvc", "Cổng dịch vụ công (số liệu giả định)"
SECTION = f"""
[[instruments]]
id = "{VALUES}"
title_vi = "Số liệu của cổng dịch vụ công"
short_vi = "Cổng DVC"
index = "{INDEX}"
respondents = "none"
unit_groups = ["xa"]
source_vi = "{SOURCE}"
"""
HEADER = ("Mã đơn vị", "Tên đơn vị", "DVC", "DVC.2")


def in_new_form(text: str, *, first: str = "", last: str = SECTION) -> str:
    """A round file of the old form with its survey as one of `[[instruments]]`, others before and behind it."""
    lines, own, head, section = text.splitlines(), [], [], ""
    for line in lines:
        if line.startswith("["):
            name = line.strip("[]").split("]")[0].split(".")[0]
            section = "" if name in ("units", "lists") else name
            if section:
                line = line.replace(f"[{name}", f"[instruments.{name}", 1)
        mine = section or line.split(" = ")[0] in ("code", "questionnaire", "index")
        (own if mine else head).append(line)
    survey = '[[instruments]]\nid = "khao-sat"\nrespondents = "frame"'
    return "\n".join([*head, first, survey, *own, last]) + "\n"


def with_values(ws: Workspace, *, first: str = "", last: str = SECTION, linked: bool = True) -> None:
    """Edit the folder of the small round: a new form of round.toml, and 8.3 linked to the new index."""
    folder = ws.root / "methodology" / "rounds" / ROUND
    (folder / "khao-sat").mkdir()
    for path in folder.glob("*.csv"):
        shutil.move(path, folder / "khao-sat" / path.name)
    text = (folder / "round.toml").read_text(encoding="utf-8")
    (folder / "round.toml").write_text(in_new_form(text, first=first, last=last), encoding="utf-8")
    if linked:
        link(ws, "DVC")


def link(ws: Workspace, node: str, criterion: str = "8.3,sipas,II,") -> None:
    """Link a criterion of the communes to a node of the index of values."""
    links = ws.root / "methodology" / "rulebooks" / "thu" / "xa" / "survey_links.csv"
    text = links.read_text(encoding="utf-8")
    assert criterion in text
    links.write_text(text.replace(criterion, f"8.3,{INDEX},{node},", 1), encoding="utf-8")


def communes(office: Office) -> list[str]:
    """Ids of the rated communes of today."""
    return [unit.unit_id for unit in pinned(office.ws, ROUND).rated_units() if unit.unit_group == "xa"]


def value_rows(office: Office, shift: float = 0.0) -> list[list[str]]:
    """A sound table: a row for every commune, values with a decimal comma."""
    return [
        [unit_id, f"Xã {unit_id}", f"{60 + place / 4 + shift:.2f}".replace(".", ","), f"{90 - place / 8:.3f}"]
        for place, unit_id in enumerate(communes(office))
    ]


def values_file(
    office: Office, rows: Sequence[Sequence[str]], name: str = "số liệu cổng.xlsx", header: Sequence[str] = HEADER
) -> Path:
    """A workbook of values as an office would send it, every cell a text."""
    path = office.inbox / name
    book = Workbook(str(path), {"strings_to_numbers": False})
    book.set_properties({"created": datetime(2026, 8, 1)})  # the same rows, the same bytes
    sheet = book.add_worksheet("Số liệu")
    for number, row in enumerate([header, *rows]):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell)
    book.close()
    return path


def import_sound(office: Office, shift: float = 0.0) -> ValuesReport:
    """Import the sound table."""
    return import_values(office.ws, ROUND, values_file(office, value_rows(office, shift)))


def new_values_office(folder: Path, stage: str = "finished") -> Office:
    """The small round at its end with the second instrument: just `amended`, or `finished` with its values merged."""
    return copied_office(_built(stage), folder)


def _built(stage: str) -> Path:
    def build(folder: Path) -> None:
        if stage == "amended":
            office = new_office(folder, "finished")
            with_values(office.ws)
            amend_round(office.ws, ROUND, "Thêm số liệu của cổng dịch vụ công")
        else:
            office = new_values_office(folder, "amended")
            import_sound(office)
            merge(office.ws, ROUND)
            make_workbook(office.ws, ROUND)
        office.ws.close()

    return built_once(f"values-{stage}", build)
