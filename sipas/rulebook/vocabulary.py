"""What the columns, settings and closed lists of a rulebook are called, for forms and comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel

from sipas.rulebook.check import CASES_FILE, CRITERIA_FILE, LINKS_FILE
from sipas.rulebook.load import BANDS_FILE, COLUMNS, LEVELS_FILE
from sipas.rulebook.model import Band, Case, Criterion, Header, Level, Link, RankClass, Unscored
from sipas.words import Language, has_word, short, text, word, words_of
from sipas.words.numbers import capitalised

HEADER_TABLES: Final[Mapping[str, type[BaseModel]]] = {"classes": RankClass, "unscored": Unscored}
"""The lists of tables in rulebook.toml, each a part with a sheet of its own: key -> model of a row."""


@dataclass(frozen=True)
class Field:
    """A column of a form. kind: "text" (codes too: only text may stand in it), "number" or "flag" (0, 1)."""

    name: str
    header: str
    kind: str = "text"
    choices: tuple[str, ...] = ()


SHEETS: Final[Mapping[str, str]] = words_of("rulebook_part")
"""Part -> sheet of the workbook."""

TEXTS_SHEET: Final = text("rulebook.texts_sheet")
SETTING_HEADERS: Final = tuple(text(f"rulebook.setting_{name}") for name in ("key", "name", "value", "about"))
TEXT_HEADERS: Final = tuple(text(f"rulebook.text_{name}") for name in ("file", "line", "text"))

_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    **HEADER_TABLES,
    CRITERIA_FILE: Criterion,
    LEVELS_FILE: Level,
    BANDS_FILE: Band,
    LINKS_FILE: Link,
    CASES_FILE: Case,
}
_NUMBERS: Final = frozenset(
    {"max_points", "low", "high", "points", "weight_pct", "from", "to", "value", "numerator", "denominator", "from_pct"}
)
_FLAGS: Final = frozenset({"from_inclusive", "to_inclusive"})
_KINDS: Final[Mapping[str, str]] = {"mode": "rounding", "transform": "rule", "made_up": "yes_no"}
"""Column or last part of a setting -> kind of its codes, where that has another name."""
SETTINGS: Final = (
    *("id", "title_vi", "decision", "issued", "source", "made_up", "unit_group", "result_kind", "years.1", "years.2"),
    *("max_points", "denominator", "rank_on", "ties", "rounding.mode", "rounding.leaf", "rounding.total"),
    *("rounding.index", "bonus_cap", "penalty_cap", "absent_survey", "no_cases", "unconfirmed"),
)
"""Settings of rulebook.toml in the order of the form."""


def setting_label(key: str, lang: Language = "vi") -> tuple[str, str]:
    """Label and explanation of a setting; of its list for a numbered one; the key itself where there are none."""
    for name in (key, key.rpartition(".")[0]):
        if has_word("setting", name):
            about = word("setting_about", name, lang) if has_word("setting_about", name) else ""
            return capitalised(word("setting", name, lang)), about
    return key, ""


def fields_of(part: str) -> tuple[Field, ...]:
    """Columns of a part (a CSV file, or a key of HEADER_TABLES) in file order."""
    names: Sequence[str] = COLUMNS[part] if part in COLUMNS else list(_MODELS[part].model_fields)
    return tuple(_field(part, name) for name in names)


def _field(part: str, name: str) -> Field:
    header = text("rulebook.level_name") if (part, name) == (LEVELS_FILE, "name_vi") else field_word(name)
    kind = "number" if name in _NUMBERS else "flag" if name in _FLAGS else "text"
    field_info = _model_field(_MODELS[part], name)
    choices = ("0", "1") if kind == "flag" else _choices(field_info)
    return Field(name, header, kind, choices)


def setting_kind(key: str) -> tuple[str, tuple[str, ...]]:
    """Kind of a setting ("text", "number", "whole", "flag") and its closed list; kind "" for an unknown key."""
    annotation: Any = Header
    for part in key.split("."):
        annotation = _inner(annotation, part)
        if annotation is None:
            return "", ()
    if annotation is bool:
        return "flag", ("true", "false")
    if annotation is int:
        return "whole", ()
    choices = _choices(annotation)
    return ("text" if choices or annotation is str else "number"), choices


def field_word(name: str, lang: Language = "vi") -> str:
    """What a column of the rulebook's files is called; the column itself where it has no word."""
    return word("rulebook_field", name, lang) if has_word("rulebook_field", name) else name


def label_of(name: str, code: str, lang: Language = "vi") -> str:
    """Words for a code of a closed list; the code itself where there are none."""
    last = name.rpartition(".")[2]
    kind = _KINDS.get(last, last)
    return capitalised(short(kind, code, lang)) if has_word(kind, code) else code


def code_of(name: str, given: str, choices: Sequence[str]) -> str:
    """The code of `choices` that `given` (words or code, any case) means; itself when it means none."""
    wanted = given.casefold()
    return next((code for code in choices if wanted in (code.casefold(), label_of(name, code).casefold())), given)


def _inner(annotation: Any, part: str) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(member for member in get_args(annotation) if member is not type(None))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model_field(annotation, part)
    arguments = get_args(annotation)
    return arguments[-1] if issubclass(get_origin(annotation) or object, Mapping) else next(iter(arguments), None)


def _model_field(model: type[BaseModel], name: str) -> Any:
    for field, info in model.model_fields.items():
        if name in (field, info.alias):
            return info.annotation
    return None


def _choices(annotation: Any) -> tuple[str, ...]:
    choices = get_args(annotation)
    return tuple(choices) if choices and all(isinstance(choice, str) for choice in choices) else ()
