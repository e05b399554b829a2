"""The unit sheet: a row for every criterion of every unit, the leaves scored, their parents summed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

import sampling.tables as tables
from errors import DataError, Fault, FaultsFound
from sipas.appraisal import VALUE_FIELDS, current_inputs
from sipas.parindex.columns import Column, Entries, Rows, Sheet, Values, leaf_column, sum_column
from sipas.rulebook import Link, Rulebook
from sipas.units import Unit

UNIT_SHEET: Final = tables.Table(
    "UnitSheet",
    ("rulebook_id", "unit_id", "criterion_code"),
    (
        tables.Column("rulebook_id", "text"),
        tables.Column("unit_id", "text"),
        tables.Column("criterion_code", "text"),
        tables.Column("points", "decimal", nullable=True),
        tables.Column("max_points", "decimal"),
        tables.Column("leaf_status", "text", choices=("scored", "not_applicable", "no_cases")),
        tables.Column("score_source", "text"),
        tables.Column("std_error", "float", nullable=True),
        tables.Column("value_text", "text", nullable=True),
        tables.Column("override_reason", "text", nullable=True),
    ),
)
_SURVEY_COLUMNS: Final = ("unit_id", "index_id", "node_code", "variant", "value_pct", "std_error", "definition_id")
_ENTRY_FIELDS: Final = (*VALUE_FIELDS, "leaf_status", "reason")


def unit_sheet(
    rulebook: Rulebook,
    units: Sequence[Unit],
    inputs: pd.DataFrame,
    survey: pd.DataFrame,
    *,
    carried: pd.DataFrame | None = None,
    official_variants: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """UNIT_SHEET of `units`, all of the rulebook's group.

    inputs: CRITERION_INPUTS, any stages (the latest scored one counts), other units' rows are not looked at.
    survey: unit_id, index_id, node_code, variant, value_pct, std_error, definition_id; NaN or no row = absent.
    carried: earlier values of the same shape, used where absent_survey = "carry".
    official_variants: name of the official variant by index id, "official" where not named.
    points: None where the criterion does not count; max_points: what it adds to the unit's maximum; std_error: in
    points, for linear links only; value_text: what was scored; override_reason: the reason entered, or what was done
    about an absent survey.
    Raises FaultsFound `parindex.missing_inputs` or `parindex.bad_inputs`, naming every unit and leaf.
    """
    sheet = Sheet(rulebook, [unit.unit_id for unit in units], [unit.name_vi for unit in units])
    _check_units(rulebook, units)
    index = pd.Index(sheet.unit_ids)
    entries = _entries_by_leaf(sheet, index, inputs)
    official = official_variants or {}
    current = _values_by_link(sheet, index, survey, official=official)
    earlier = _values_by_link(sheet, index, carried, official=official) if carried is not None else {}
    columns: dict[str, Column] = {}
    for leaf in rulebook.leaves():
        values, old = current.get(leaf.code, _NO_VALUES), earlier.get(leaf.code, _NO_VALUES)
        stated = entries.get(leaf.code, _NO_ENTRIES)
        columns[leaf.code] = leaf_column(sheet, leaf, stated, values=values, carried=old)
    _raise_faults(sheet)
    for node in reversed(list(rulebook.tree.depth_first())):
        if node.code not in columns:
            children = [columns[child.code] for child in rulebook.tree.children(node.code)]
            columns[node.code] = sum_column(children, len(units))
    return UNIT_SHEET.check(_frame(sheet, columns))


_NOWHERE: Rows = np.empty(0, dtype=np.intp)
_NO_ENTRIES: Final = Entries(_NOWHERE, {name: np.empty(0, dtype=object) for name in _ENTRY_FIELDS})
_NO_VALUES: Final = Values(_NOWHERE, np.empty(0), np.empty(0))


def _check_units(rulebook: Rulebook, units: Iterable[Unit]) -> None:
    seen: set[str] = set()
    faults = []
    for unit in units:
        if unit.unit_group != rulebook.unit_group:
            got, expected = unit.unit_group, rulebook.unit_group
            faults.append(Fault("parindex.wrong_group", rulebook.id, unit.unit_id, got=got, expected=expected))
        if unit.unit_id in seen:
            faults.append(Fault("parindex.repeated_unit", rulebook.id, unit.unit_id))
        seen.add(unit.unit_id)
    if faults:
        raise FaultsFound("parindex.units", faults, where=rulebook.id)


def _entries_by_leaf(sheet: Sheet, index: pd.Index, inputs: pd.DataFrame) -> dict[str, Entries]:
    """The entry that counts for each unit and leaf, split by leaf; entries for anything but a leaf are faults."""
    current = current_inputs(inputs[inputs["unit_id"].isin(index)])
    at = index.get_indexer(pd.Index(current["unit_id"]))
    cells = {name: current[name].to_numpy(dtype=object, na_value="") for name in _ENTRY_FIELDS}
    leaves = {leaf.code for leaf in sheet.rulebook.leaves()}
    entries = {}
    for code, rows in current.groupby("criterion_code").indices.items():
        entries[str(code)] = Entries(at[rows], {name: column[rows] for name, column in cells.items()})
        if code not in leaves:
            sheet.faults += [
                Fault("parindex.not_a_leaf", sheet.rulebook.id, sheet.unit_ids[row], column=str(code))
                for row in at[rows]
            ]
    return entries


def _values_by_link(
    sheet: Sheet, index: pd.Index, survey: pd.DataFrame, *, official: Mapping[str, str]
) -> dict[str, Values]:
    """Index values of the linked leaves; one definition and one row per unit, else faults."""
    absent = [name for name in _SURVEY_COLUMNS if name not in survey.columns]
    if absent:
        raise DataError("parindex.survey_columns", got=", ".join(absent), expected=", ".join(_SURVEY_COLUMNS))
    given = survey[survey["unit_id"].isin(index) & survey["value_pct"].notna()]
    groups = {
        key: given.iloc[rows] for key, rows in given.groupby(["index_id", "node_code", "variant"]).indices.items()
    }
    values = {}
    for leaf in sheet.rulebook.linked_leaves():
        link = leaf.link
        rows = groups.get(_key(link, official)) if link is not None else None
        if rows is None:
            continue
        definitions = sorted(rows["definition_id"].unique())
        if len(definitions) > 1:
            got = ", ".join(definitions)
            sheet.faults.append(Fault("parindex.mixed_definitions", sheet.rulebook.id, column=leaf.code, got=got))
        for unit_id in rows.loc[rows.duplicated("unit_id"), "unit_id"]:
            sheet.faults.append(Fault("parindex.repeated_value", sheet.rulebook.id, unit_id, column=leaf.code))
        at = index.get_indexer(pd.Index(rows["unit_id"]))
        value, error = rows["value_pct"].to_numpy(np.float64), rows["std_error"].to_numpy(np.float64, na_value=np.nan)
        values[leaf.code] = Values(at, value, error)
    return values


def _key(link: Link, official: Mapping[str, str]) -> tuple[str, str, str]:
    return link.index_id, link.node_code, link.variant or official.get(link.index_id, "official")


def _raise_faults(sheet: Sheet) -> None:
    missing = {"parindex.missing_input", "parindex.missing_survey", "parindex.nothing_to_carry"}
    if any(fault.rule in missing for fault in sheet.faults):
        raise FaultsFound("parindex.missing_inputs", sheet.faults, where=sheet.rulebook.id)
    if sheet.faults:
        raise FaultsFound("parindex.bad_inputs", sheet.faults, where=sheet.rulebook.id)


def _frame(sheet: Sheet, columns: Mapping[str, Column]) -> pd.DataFrame:
    criteria = sheet.rulebook.criteria
    size = len(sheet.unit_ids)
    parts = [columns[criterion.code] for criterion in criteria]
    every = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("points", "max_points", "leaf_status", "std_error", "value_text", "override_reason")
    }
    texts = ("leaf_status", "value_text", "override_reason")
    by_criterion = np.repeat(np.arange(len(criteria)), size)
    return pd.DataFrame(
        {
            "rulebook_id": _texts([sheet.rulebook.id], np.zeros_like(by_criterion)),
            "unit_id": _texts(sheet.unit_ids, np.tile(np.arange(size), len(criteria))),
            "criterion_code": _texts([criterion.code for criterion in criteria], by_criterion),
            "score_source": _texts([criterion.score_source for criterion in criteria], by_criterion),
            **{name: pd.Series(values, dtype="str" if name in texts else None) for name, values in every.items()},
        }
    )


def _texts(distinct: Sequence[str], at: Rows) -> pd.Series:
    """Text column whose rows are `distinct` at positions `at`; each text is converted once."""
    return pd.Series(pd.array(list(distinct), dtype="str").take(at))
