"""The content of a rulebook folder as it is written, sound or not, and its one canonical text.

What a form brings back must be what the folder held: settings, rows in their order, the `#` lines at the head of each
file, other texts such as README.md. Comments inside rulebook.toml are written anew from the vocabulary.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from errors import Fault, FaultsFound
from sipas.cells.text import clean_text
from sipas.datafiles import read_rows, read_toml
from sipas.rulebook.check import HEADER_FILE
from sipas.rulebook.load import COLUMNS
from sipas.rulebook.model import Header
from sipas.rulebook.vocabulary import HEADER_TABLES, SETTINGS, label_of, setting_kind, setting_label

_UNASKED: Final = "empty_group"  # a setting of earlier files that no form shows, as no scoring reads it
_OTHER_SUFFIXES: Final = frozenset({".csv", ".toml", ".md"})


@dataclass(frozen=True)
class Content:
    """settings: dotted key -> text, lists counted from 1 (`years.1`). tables: part -> rows by column, those of
    HEADER_TABLES too.

    remarks: file -> its leading `#` lines. others: file -> whole text.
    """

    settings: Mapping[str, str]
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    remarks: Mapping[str, Sequence[str]]
    others: Mapping[str, str]


def read_content(folder: Path) -> Content:
    """Content of a rulebook folder; it need not be sound. FaultsFound `rulebook.folder` when a file cannot be read."""
    faults: list[Fault] = []
    header = read_toml(folder / HEADER_FILE, faults)
    tables = {
        name: [
            {column: clean_text(cell) for column, cell in row.cells.items()}
            for row in read_rows(folder / name, columns, faults)
        ]
        for name, columns in COLUMNS.items()
    }
    if faults:
        raise FaultsFound("rulebook.folder", faults, where=folder.name)
    header.pop(_UNASKED, None)
    if _UNASKED in header.get("unconfirmed", ()):
        header["unconfirmed"] = [name for name in header["unconfirmed"] if name != _UNASKED]
    for key in HEADER_TABLES:
        tables[key] = [{name: _plain(value) for name, value in entry.items()} for entry in header.pop(key, [])]
    remarks = {name: lines for name in (HEADER_FILE, *COLUMNS) if (lines := _remarks(folder / name))}
    content_files = {HEADER_FILE, *COLUMNS}
    others = {
        path.name: "".join(f"{line}\n" for line in _text(path).splitlines())
        for path in sorted(folder.iterdir())
        if path.suffix in _OTHER_SUFFIXES and path.name not in content_files and not path.name.startswith((".", "~$"))
    }
    return Content(_flat(header), tables, remarks, others)


def texts_of(content: Content) -> dict[str, str]:
    """File name -> text, LF line ends: the same content always gives the same bytes."""
    texts = {HEADER_FILE: _toml(content)}
    for name, columns in COLUMNS.items():
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([row.get(column, "") for column in columns] for row in content.tables.get(name, ()))
        texts[name] = "".join(f"{line}\n" for line in content.remarks.get(name, ())) + out.getvalue()
    return {**texts, **content.others}


def header_of(content: Content) -> dict[str, Any]:
    """Keys of rulebook.toml with the types its model asks for: whole numbers and true/false as such, others text."""
    header: dict[str, Any] = {}
    for key, text in content.settings.items():
        place = header
        *path, last = key.split(".")
        for part in path:
            place = place.setdefault(part, {})
        place[last] = _typed(key, text)
    listed: dict[str, Any] = {key: _listed(value) for key, value in header.items()}
    for key, model in HEADER_TABLES.items():
        needed = {name for name, field in model.model_fields.items() if field.is_required()}
        rows = [
            {name: cell for name, cell in row.items() if cell or name in needed} for row in content.tables.get(key, ())
        ]
        if rows or Header.model_fields[key].is_required():
            listed[key] = rows
    return listed


def _typed(key: str, text: str) -> str | int | bool:
    kind, _ = setting_kind(key)
    if kind == "flag" and text in ("true", "false"):
        return text == "true"
    return int(text) if kind == "whole" and text.removeprefix("-").isdecimal() else text


def _listed(value: Any) -> Any:
    """Tables whose keys are 1, 2, ... are lists."""
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(item) for key, item in value.items()}
    return list(inner.values()) if list(inner) == [str(n) for n in range(1, len(inner) + 1)] else inner


def _flat(value: Any, path: str = "") -> dict[str, str]:
    """Leaves of nested tables and lists by dotted key."""
    if isinstance(value, Mapping):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        items = [(str(number), item) for number, item in enumerate(value, start=1)]
    else:
        return {path: _plain(value)}
    flat: dict[str, str] = {}
    for key, item in items:
        flat |= _flat(item, f"{path}.{key}" if path else key)
    return flat


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else clean_text(str(value)).strip()


def _toml(content: Content) -> str:
    header = header_of(content)
    tables = {key: header.pop(key) for key in HEADER_TABLES if key in header}
    lines = list(content.remarks.get(HEADER_FILE, ()))
    order = [*(name for name in Header.model_fields if name in header), *sorted(set(header) - set(Header.model_fields))]
    for name in order:
        line = f"{name} = {_value(header[name])}"
        note = setting_note(name)
        lines.append(f"{line}  # {note}" if note else line)
    lines += [f"{key} = []" for key, rows in tables.items() if not rows]
    for key, rows in tables.items():
        for row in rows:
            lines += ["", f"[[{key}]]", *(f"{name} = {_value(value)}" for name, value in row.items())]
    return "\n".join(lines) + "\n"


def setting_note(name: str) -> str:
    """Comment of a line of rulebook.toml: what the setting is, and its closed list in code and words."""
    keys = [key for key in SETTINGS if key == name or key.startswith(f"{name}.")]
    notes = []
    for key in keys:
        choices = setting_kind(key)[1]
        shown = " | ".join(f"{code}: {label_of(key, code)}" for code in choices)
        label = setting_label(key)[0]
        notes.append(f"{label} ({shown})" if shown else label)
    return "; ".join(notes)


def _value(value: Any) -> str:
    """TOML on one line; JSON's escapes of a string are TOML's."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def _remarks(path: Path) -> list[str]:
    lines = []
    for line in _text(path).splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.rstrip())
    return lines


def _text(path: Path) -> str:
    return clean_text(path.read_text(encoding="utf-8-sig"))
