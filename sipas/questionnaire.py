"""Questionnaires as data: items, answer scales, the headers under which they arrive, and the coding of cells.

A cell becomes an answer code of its item's scale, a missing kind, or "not in the scale"; nothing is guessed. What a
form asked, which codes mean "satisfied" and which mean "no answer" stands in the folder, never in code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from errors import DataError, Fault, FaultsFound
from sipas.cells.text import folded
from sipas.datafiles import Model, build, read_models, read_toml

ROLE_FIELDS: Final = ("case_id", "rated_unit_id", "mode", "received_on")
_TOML: Final = "questionnaire.toml"
_ITEMS: Final = "items.csv"
_SCALES: Final = "scales.csv"
_COLUMNS: Final = "columns.csv"
_RECODES: Final = "recodes.csv"
# Statistics programs write the code 5 as 5.0, Vietnamese Excel as 5,0; 1.000 stays as it is: it may be a thousand.
_WHOLE_NUMBER: Final = re.compile(r"(-?[0-9]+)[.,]0{1,2}")

Name = Annotated[str, Field(min_length=1)]


class Item(Model):
    """A question. Rated items make the index, experience items the users-only filter, background items margins."""

    item_code: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    content: str
    factor: str
    scale_id: Name
    role: Literal["rated", "experience", "background"]
    text_vi: str
    text_en: str
    text_status: Literal["official", "paraphrase", "missing"]


class Answer(Model):
    """A code of a scale: a valid answer, or why there is none. `satisfied` is "" outside satisfaction scales."""

    scale_id: Name
    answer_code: Annotated[str, Field(pattern=r"^(-?[0-9]+)?$")]
    label_vi: Name
    satisfied: Literal["0", "1", ""]
    missing_kind: Literal["", "blank", "refused", "dont_know", "not_applicable", "unreadable", "not_asked"]


class Heading(Model):
    """A header under which a field (an item code or one of `ROLE_FIELDS`) arrives."""

    field: Name
    header: Name


class Recode(Model):
    """An item of an earlier questionnaire that asked the same as `to_item` of this one."""

    from_questionnaire: Name
    from_item: Name
    to_item: Name


class QuestionnaireFacts(Model):
    """Content of questionnaire.toml. `min_items_share`: least share of rated items for a form to count (0..1);
    `experience_yes`: the answer code by which a respondent says to have used a service."""

    id: Name
    title_vi: Name
    decision: str
    source: Name
    note: str = ""
    made_up: bool = False
    years: tuple[int, int]
    min_items_share: Annotated[Decimal, Field(gt=0, le=1)]
    experience_items: tuple[str, ...]
    experience_yes: Name


@dataclass(frozen=True)
class Decoded:
    """Coded answers of n rows by item: columns are all item codes, index as the rows given.

    codes: answer code as text as in the scale, "" where there is none; values: the code as a number, NaN where missing
    or bad; missing: missing kind or ""; bad: the cell is not in the scale.
    """

    codes: pd.DataFrame
    values: pd.DataFrame
    missing: pd.DataFrame
    bad: pd.DataFrame


class Questionnaire(QuestionnaireFacts):
    """One questionnaire with its items in order and its scales by id."""

    items: tuple[Item, ...]
    scales: Mapping[str, tuple[Answer, ...]]
    headings: tuple[Heading, ...]
    recodes: tuple[Recode, ...] = ()

    @cached_property
    def _by_code(self) -> dict[str, Item]:
        return {item.item_code: item for item in self.items}

    def item(self, item_code: str) -> Item:
        """The item with this code; DataError `questionnaire.unknown_item` when there is none."""
        if item_code not in self._by_code:
            raise DataError("questionnaire.unknown_item", where=self.id, got=item_code)
        return self._by_code[item_code]

    def rated_items(self) -> tuple[str, ...]:
        """Codes of the rated items in order."""
        return tuple(item.item_code for item in self.items if item.role == "rated")

    def scale(self, item_code: str) -> tuple[Answer, ...]:
        """Codes of an item's scale in order, missing kinds included."""
        return self.scales[self.item(item_code).scale_id]

    def satisfied_codes(self) -> frozenset[str]:
        """Answer codes that count as satisfied on the scales of the rated items."""
        scales = [self.scale(code) for code in self.rated_items()]
        return frozenset(answer.answer_code for scale in scales for answer in scale if answer.satisfied == "1")

    def header_map(self) -> dict[str, str]:
        """Field by normalised header (see `folded`)."""
        return {folded(heading.header): heading.field for heading in self.headings}

    def decode(self, text: pd.DataFrame) -> Decoded:
        """Code the cells of n rows; `text` has item codes as columns (others are left aside), cells are text.

        A cell is a code when it equals an answer code or its label after `clean_cell`; an empty cell is `blank` unless
        the scale says otherwise; an item without a column is `not_asked`. Raises DataError
        `questionnaire.column_twice` when two columns bear the same item code.
        """
        repeated = text.columns[text.columns.duplicated()].intersection(list(self._by_code))
        if len(repeated):
            raise DataError("questionnaire.column_twice", where=self.id, got=", ".join(sorted(repeated)))
        lookups = {scale_id: _lookup(scale) for scale_id, scale in self.scales.items()}
        columns = {
            item.item_code: _decode(text[item.item_code], lookups[item.scale_id])
            if item.item_code in text.columns
            else _not_asked(len(text))
            for item in self.items
        }
        codes, values, missing, bad = (
            pd.DataFrame({code: parts[part] for code, parts in columns.items()}, index=text.index) for part in range(4)
        )
        return Decoded(codes, values, missing, bad)


_Coded = tuple[str, float, str, bool]  # code, number, missing kind, not in the scale
_Part = pd.api.extensions.ExtensionArray | np.ndarray
_BAD: Final[_Coded] = ("", np.nan, "", True)


def clean_cell(cell: object) -> str:
    """A cell as it is compared: NFC, blanks collapsed, case folded, "5.0" and "5,0" as "5"; missing as ""."""
    if pd.isna(cell):  # type: ignore[call-overload]
        return ""
    text = folded(str(cell))
    number = _WHOLE_NUMBER.fullmatch(text)
    return number[1] if number else text


def _lookup(scale: Sequence[Answer]) -> dict[str, _Coded]:
    lookup: dict[str, _Coded] = {"": ("", np.nan, "blank", False)}
    for answer in scale:
        number = np.nan if answer.missing_kind else float(answer.answer_code)
        for cell in (answer.answer_code, clean_cell(answer.label_vi)):
            lookup[cell] = (answer.answer_code, number, answer.missing_kind, False)
    return lookup


def _decode(cells: pd.Series, lookup: Mapping[str, _Coded]) -> tuple[_Part, ...]:
    """Parts of one column. Only distinct cells are looked at; the rows take their result."""
    positions, distinct = pd.factorize(cells, use_na_sentinel=True)
    coded = [lookup.get(clean_cell(cell), _BAD) for cell in distinct] + [lookup[""]]  # position -1: a missing cell
    code, number, missing, bad = zip(*coded, strict=True)
    return (
        pd.array(code, dtype="str").take(positions % len(coded)),
        np.array(number, dtype=float)[positions],
        pd.array(missing, dtype="str").take(positions % len(coded)),
        np.array(bad, dtype=bool)[positions],
    )


def _not_asked(n: int) -> tuple[_Part, ...]:
    return (
        pd.array([""] * n, dtype="str"),
        np.full(n, np.nan),
        pd.array(["not_asked"] * n, dtype="str"),
        np.zeros(n, dtype=bool),
    )


def load_questionnaire(folder: Path) -> Questionnaire:
    """Questionnaire of a folder; FaultsFound `questionnaire.folder` with every fault of its five files."""
    faults: list[Fault] = []
    header = read_toml(folder / _TOML, faults)
    facts = build(QuestionnaireFacts, header, _TOML, 0, faults) if header else None
    items = read_models(folder / _ITEMS, Item, faults)
    answers = read_models(folder / _SCALES, Answer, faults)
    headings = read_models(folder / _COLUMNS, Heading, faults)
    recodes = read_models(folder / _RECODES, Recode, faults)
    scales: dict[str, list[Answer]] = {}
    for _, answer in answers:
        scales.setdefault(answer.scale_id, []).append(answer)
    faults += [
        *_item_faults(items, scales),
        *_scale_faults(answers, {item.scale_id for _, item in items if item.role == "rated"}),
        *_heading_faults(headings, [item.item_code for _, item in items]),
        *_recode_faults(recodes, {item.item_code for _, item in items}),
        *(_fact_faults(facts, [item for _, item in items]) if facts else ()),
    ]
    if faults or facts is None:
        raise FaultsFound("questionnaire.folder", faults, where=folder.name)
    return Questionnaire(
        **facts.model_dump(),
        items=tuple(item for _, item in items),
        scales={scale_id: tuple(scale) for scale_id, scale in scales.items()},
        headings=tuple(heading for _, heading in headings),
        recodes=tuple(recode for _, recode in recodes),
    )


def _fact_faults(facts: QuestionnaireFacts, items: Sequence[Item]) -> Iterator[Fault]:
    first, last = facts.years
    if first > last:
        yield Fault("questionnaire.years", _TOML, column="years", got=f"{first}, {last}")
    experience = {item.item_code for item in items if item.role == "experience"}
    for code in sorted(experience.symmetric_difference(facts.experience_items)):
        yield Fault("questionnaire.experience_items", _TOML, column="experience_items", got=code)
    if not any(item.role == "rated" for item in items):
        yield Fault("questionnaire.no_rated_items", _ITEMS, column="role", expected="rated")


def _item_faults(items: Sequence[tuple[int, Item]], scales: Mapping[str, object]) -> Iterator[Fault]:
    seen: set[str] = set()
    for line, item in items:
        at = (_ITEMS, "", line)
        if item.item_code in seen or item.item_code in ROLE_FIELDS:
            yield Fault("questionnaire.duplicate_item", *at, "item_code", item.item_code)
        seen.add(item.item_code)
        if item.scale_id not in scales:
            yield Fault("questionnaire.unknown_scale", *at, "scale_id", item.scale_id)
        if item.role == "rated" and not (item.content and item.factor):
            yield Fault("questionnaire.no_factor", *at, "factor", item.item_code)
        if not item.text_vi and item.text_status != "missing":
            yield Fault("questionnaire.no_text", *at, "text_vi", item.item_code)


def _scale_faults(answers: Sequence[tuple[int, Answer]], rated_scales: set[str]) -> Iterator[Fault]:
    meaning: dict[tuple[str, str], str] = {}
    codes: set[tuple[str, str]] = set()
    for line, answer in answers:
        at = (_SCALES, "", line)
        if (answer.scale_id, answer.answer_code) in codes:
            yield Fault("questionnaire.duplicate_code", *at, "answer_code", answer.answer_code)
        codes.add((answer.scale_id, answer.answer_code))
        for cell in {answer.answer_code, clean_cell(answer.label_vi)}:
            other = meaning.setdefault((answer.scale_id, cell), answer.answer_code)
            if other != answer.answer_code:
                yield Fault("questionnaire.label_clash", *at, "label_vi", answer.label_vi, other)
        if not answer.answer_code and not answer.missing_kind:
            yield Fault("questionnaire.blank_code", *at, "missing_kind")
        is_satisfaction = answer.scale_id in rated_scales and not answer.missing_kind
        if bool(answer.satisfied) != is_satisfaction:
            expected = "0 | 1" if is_satisfaction else ""
            yield Fault("questionnaire.satisfied", *at, "satisfied", answer.satisfied, expected)


def _heading_faults(headings: Sequence[tuple[int, Heading]], item_codes: Sequence[str]) -> Iterator[Fault]:
    fields = (*ROLE_FIELDS, *item_codes)
    taken: dict[str, str] = {}
    for line, heading in headings:
        at = (_COLUMNS, "", line)
        if heading.field not in fields:
            yield Fault("questionnaire.unknown_field", *at, "field", heading.field)
        other = taken.setdefault(folded(heading.header), heading.field)
        if other != heading.field:
            yield Fault("questionnaire.header_clash", *at, "header", heading.header, other)
    for field in sorted(set(fields) - {heading.field for _, heading in headings}):
        yield Fault("questionnaire.no_header", _COLUMNS, column="field", got=field)


def _recode_faults(recodes: Sequence[tuple[int, Recode]], item_codes: set[str]) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    for line, recode in recodes:
        at = (_RECODES, "", line)
        if recode.to_item not in item_codes:
            yield Fault("questionnaire.unknown_recode", *at, "to_item", recode.to_item)
        if (recode.from_questionnaire, recode.from_item) in seen:
            yield Fault("questionnaire.recode_twice", *at, "from_item", recode.from_item)
        seen.add((recode.from_questionnaire, recode.from_item))
