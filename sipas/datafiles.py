"""Reading methodology files: CSV tables and TOML headers of the `data/` folders, with the line of every fault.

A CSV may start with `#` lines (origin, "made up"); they are skipped. Cells are text, stripped and NFC. All faults
of a folder are collected by a `Faults` list that the loaders pass along, so that a person mends them in one go.
"""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sampling.errors import Fault


class Model(BaseModel):
    """Base of all methodology models: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Row:
    """One CSV row: `line` counts from 1 as an editor shows it."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells[name]


def read_rows(path: Path, columns: Sequence[str], faults: list[Fault]) -> list[Row]:
    """Rows of `path` with exactly `columns` (any order). Faults: `data.no_file`, `data.not_utf8`, `data.columns`,
    `data.ragged`."""
    if not path.is_file():
        faults.append(Fault("data.no_file", path.name, expected=path.name))
        return []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        faults.append(Fault("data.not_utf8", path.name, expected="UTF-8"))
        return []
    lines = unicodedata.normalize("NFC", text).splitlines()
    skipped = 0
    while skipped < len(lines) and lines[skipped].startswith("#"):
        skipped += 1
    reader = csv.reader(lines[skipped:])
    header = next(reader, [])
    if sorted(header) != sorted(columns):
        faults.append(Fault("data.columns", path.name, got=", ".join(header), expected=", ".join(columns)))
        return []
    rows = []
    for cells in reader:
        line = skipped + reader.line_num
        if len(cells) != len(header):
            faults.append(Fault("data.ragged", path.name, row=line, got=str(len(cells)), expected=str(len(header))))
        else:
            rows.append(Row(line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    return rows


def read_toml(path: Path, faults: list[Fault]) -> dict[str, Any]:
    """Content of a TOML file, empty with a fault when absent or not TOML."""
    if not path.is_file():
        faults.append(Fault("data.no_file", path.name, expected=path.name))
        return {}
    try:
        return tomllib.loads(unicodedata.normalize("NFC", path.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError:
        faults.append(Fault("data.not_utf8", path.name, expected="UTF-8"))
        return {}
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        got = f"dòng {place[1]}, cột {place[2]}" if place else "cuối tệp"
        faults.append(Fault("data.toml", path.name, row=int(place[1]) if place else 0, got=got, expected="TOML, UTF-8"))
        return {}


def build(model: type[M], values: Mapping[str, Any], file: str, line: int, faults: list[Fault]) -> M | None:
    """One pydantic model from one row or header; each wrong field becomes a fault `data.field`."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        for item in error.errors():
            column = ".".join(str(part) for part in item["loc"])
            got = "" if item["type"] == "missing" else str(item["input"])[:80]
            faults.append(Fault("data.field", file, row=line, column=column, got=got, expected=_words(item)))
        return None


_WORDS = {
    "missing": "thiếu mục này",
    "extra_forbidden": "không có mục này",
    "string_type": "cần chữ trong ngoặc kép",
    "int_type": "cần số nguyên",
    "int_parsing": "cần số nguyên",
    "int_from_float": "cần số nguyên",
    "float_type": "cần số",
    "float_parsing": "cần số",
    "decimal_parsing": "cần số",
    "bool_type": "cần true hoặc false",
    "bool_parsing": "cần true hoặc false",
    "tuple_type": "cần danh sách trong ngoặc vuông",
    "dict_type": "cần bảng [..]",
    "model_type": "cần bảng [..]",
    "literal_error": "chọn một trong: {expected}",
    "union_tag_invalid": "mục {discriminator}: chọn một trong: {expected_tags}",
    "union_tag_not_found": "thiếu mục {discriminator}",
    "string_pattern_mismatch": "cần dạng {pattern}",
    "string_too_short": "không được để trống",
    "too_short": "cần ít nhất {min_length} mục",
    "too_long": "cần nhiều nhất {max_length} mục",
    "greater_than": "phải lớn hơn {gt}",
    "greater_than_equal": "phải từ {ge} trở lên",
    "less_than": "phải nhỏ hơn {lt}",
    "less_than_equal": "phải từ {le} trở xuống",
}


def _words(item: Mapping[str, Any]) -> str:
    """What a field should hold, in Vietnamese where the kind of fault is a common one."""
    text = _WORDS.get(item["type"])
    return text.format(**item.get("ctx", {})) if text else str(item["msg"])


def read_models(path: Path, model: type[M], faults: list[Fault]) -> list[tuple[int, M]]:
    """Rows of `path` as models with their lines; the columns are the fields of the model."""
    rows = read_rows(path, list(model.model_fields), faults)
    built = ((row.line, build(model, row.cells, path.name, row.line, faults)) for row in rows)
    return [(line, each) for line, each in built if each is not None]
