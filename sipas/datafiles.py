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
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import core_schema

from errors import Fault


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
        got = f"line {place[1]}, column {place[2]}" if place else "end of file"
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
            faults.append(Fault("data.field", file, row=line, column=column, got=got, expected=_phrase(item)))
        return None


_PHRASES: Final[Mapping[str, str]] = {
    "missing": "this entry is missing",
    "extra_forbidden": "there is no such entry",
    "unexpected_keyword_argument": "there is no such entry",
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true | false",
    "bool_parsing": "true | false",
    "tuple_type": "a list in square brackets",
    "dict_type": "a table [..]",
    "model_type": "a table [..]",
    "literal_error": "choose one of: {expected}",
    "union_tag_invalid": "entry {discriminator}: choose one of: {expected_tags}",
    "union_tag_not_found": "the entry {discriminator} is missing",
    "string_pattern_mismatch": "the form {pattern}",
    "string_too_short": "must not be blank",
    "string_too_long": "at most {max_length} letters",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
}
_OF_PYDANTIC: Final = frozenset(get_args(core_schema.ErrorType))


def _phrase(item: Mapping[str, Any]) -> str:
    """What a field should hold, as a phrase of data/messages/phrases.csv; validators of our own bring theirs."""
    if item["type"] not in _OF_PYDANTIC:
        return str(item["msg"])
    facts = {name: str(fact).replace("' or '", "', '") for name, fact in item.get("ctx", {}).items()}
    return _PHRASES.get(item["type"], "another kind of value").format(**facts)


def read_models(path: Path, model: type[M], faults: list[Fault]) -> list[tuple[int, M]]:
    """Rows of `path` as models with their lines; the columns are the fields of the model."""
    rows = read_rows(path, list(model.model_fields), faults)
    built = ((row.line, build(model, row.cells, path.name, row.line, faults)) for row in rows)
    return [(line, built_model) for line, built_model in built if built_model is not None]
