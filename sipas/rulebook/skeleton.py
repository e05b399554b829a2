"""A rulebook folder to be filled in, and the folder that an office's own table begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sipas.cells.text import folded
from sipas.rulebook.check import CASES_FILE, CRITERIA_FILE, HEADER_FILE, LINKS_FILE
from sipas.rulebook.columnmap import FILE as COLUMNS_TOML
from sipas.rulebook.columnmap import column_map_text
from sipas.rulebook.content import Content
from sipas.rulebook.load import BANDS_FILE, COLUMNS, LEVELS_FILE
from sipas.rulebook.ownsheet import OwnSheet
from sipas.rulebook.vocabulary import SETTINGS, fields_of, label_of
from sipas.words import text

_FILES: Final = (HEADER_FILE, CRITERIA_FILE, LEVELS_FILE, BANDS_FILE, LINKS_FILE, CASES_FILE)


def skeleton(rulebook_id: str) -> Content:
    """Every setting blank but the id, every table empty but one class from 0, comments that say what to write.

    Nothing is chosen for the office: `load_rulebook` names what is not filled in.
    """
    settings = {key: "" for key in SETTINGS if key != "unconfirmed"}
    settings |= {"id": rulebook_id, "made_up": "false", "result_kind": "par"}
    return Content(
        settings,
        {"classes": [{"class_code": "", "name_vi": "", "from_pct": "0"}], **dict.fromkeys(COLUMNS, ())},
        {name: [f"# {line}" for line in (*_about(name), *_column_notes(name))] for name in _FILES},
        {"README.md": text("rulebook.readme", id=rulebook_id) + "\n"},
    )


def _about(file: str) -> list[str]:
    return text(f"rulebook.about_{file.partition('.')[0]}").splitlines()


def _column_notes(file: str) -> list[str]:
    if file == HEADER_FILE:
        return []
    notes = []
    for column in fields_of(file):
        words = " | ".join(
            f"{code} {label_of(column.name, code)}" for code in column.choices if code not in ("", "0", "1")
        )
        notes.append(f"  {column.name}: {column.header}" + (f" ({words})" if words else ""))
    return notes


def draft(sheet: OwnSheet, base: Content) -> Content:
    """`base` with the criteria and the total of an office's table, and its column mapping as columns.toml.

    What `base` holds for a criterion of the same code and name (rule, owner, levels, ...) is kept, the rest left out.
    """
    before = {row["code"]: row for row in base.tables[CRITERIA_FILE]}
    criteria = [_kept(row, before.get(row["code"], {})) for row in sheet.criteria]
    codes = {row["code"] for row in criteria if row["rule"] != "sum"}
    tables = {
        part: [row for row in rows if row["code"] in codes] if part in COLUMNS else rows
        for part, rows in base.tables.items()
    }
    settings = {**base.settings, "max_points": f"{sheet.total:f}"}
    others = {**base.others, COLUMNS_TOML: column_map_text(sheet.heads)}
    return replace(base, settings=settings, tables={**tables, CRITERIA_FILE: criteria}, others=others)


def _kept(row: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    if not before or folded(before["name_vi"]) != folded(row["name_vi"]):
        return dict(row)
    filled = {column: cell for column, cell in row.items() if cell}
    rule = row["rule"] or ("" if before["rule"] == "sum" else before["rule"])
    return {**before, **filled, "rule": rule}
