"""Made-up appraised inputs of the example round: what units scored themselves and what owners made of it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from sipas.appraisal import CRITERION_INPUTS, VALUE_FIELDS, rule_text
from sipas.appraisal.form import HEADERS, STAGE_LABELS, STATUS_LABELS
from sipas.example.dossiers import UnitLike
from sipas.example.leaf_values import leaf_cells
from sipas.example.streams import Flags, Floats, Words, stream, words
from sipas.publish.xlsx.styles import text_workbook
from sipas.rulebook import Criterion, Rulebook

SHEET = "Chấm điểm"
_UNIT_LEVEL, _UNIT_SPREAD, _LEAF_SPREAD = 0.80, 0.07, 0.12
_SELF_GAIN = 0.05
_SECOND_SHARE, _SECOND_GAIN = 0.08, 0.08
_EXTRA_SHARE = 0.2
_STATUS_LEAVES, _STATUS_UNITS = 0.1, 0.15
_SIPAS = "sipas"
_SECOND_REASON = "Đơn vị bổ sung tài liệu kiểm chứng sau giải trình"
_STATUS_REASONS: Mapping[str, str] = {
    "not_applicable": "Đơn vị không có chức năng, nhiệm vụ này",
    "no_cases": "Trong năm không phát sinh trường hợp nào",
}
_NUMBERS = ("value", "numerator", "denominator")
_WIDTHS = {"criterion_name": 44, "unit_name": 28, "reason": 44}
_TITLES = (
    "ỦY BAN NHÂN DÂN TỈNH GIẢ ĐỊNH",
    "TỔNG HỢP KẾT QUẢ TỰ CHẤM VÀ THẨM ĐỊNH CHỈ SỐ CẢI CÁCH HÀNH CHÍNH NĂM 2026 (số liệu giả định)",
)
_MADE_ON = datetime(2026, 11, 2, 8)


def appraisal_inputs(rulebook: Rulebook, units: Sequence[UnitLike], seed: int) -> pd.DataFrame:
    """CRITERION_INPUTS of every entered leaf (not linked to an index) and every unit of the rulebook's group.

    Null where nothing is said, leaf_status "" for a scored leaf. Stages self and first for all, second for about
    8 %. Where the rulebook lowers maxima (`applicable`), a tenth of the leaves don't apply to some units; where it
    says what "no cases" earns, a tenth had no case in some units.
    """
    unit_ids = words([unit.unit_id for unit in units if unit.unit_group == rulebook.unit_group])
    leaves = [leaf for leaf in rulebook.leaves() if leaf.link is None]
    level = _UNIT_LEVEL + _UNIT_SPREAD * stream(seed, f"{rulebook.id} units").standard_normal(len(unit_ids))
    statuses = _statuses(rulebook, len(unit_ids), seed)
    none = words([""] * len(unit_ids))
    parts = [_leaf_inputs(leaf, unit_ids, level, statuses.get(leaf.code, none), seed) for leaf in leaves]
    inputs = pd.concat(parts, ignore_index=True)
    optional = [*VALUE_FIELDS, "evidence_id", "entered_by", "reason"]
    inputs[optional] = inputs[optional].replace({"": None})
    return CRITERION_INPUTS.check(inputs)


def appraisal_xlsx(
    inputs: pd.DataFrame, rulebook: Rulebook, units: Sequence[UnitLike], *, headers: Mapping[str, str] = HEADERS
) -> bytes:
    """The inputs as an office sends them: two title rows, a header row, Vietnamese labels, every code a text cell.

    Appraised numbers are number cells; what units typed themselves is text with a decimal comma.
    """
    sink = io.BytesIO()
    workbook = text_workbook(sink, title=SHEET, comments="made up for the example", created=_MADE_ON, has_font=False)
    sheet = workbook.add_worksheet(SHEET)
    for row, title in enumerate(_TITLES):
        sheet.write_string(row, 0, title)
    shown = _shown(inputs, rulebook, units)[list(headers)]
    for column, (name, header) in enumerate(headers.items()):
        sheet.set_column(column, column, _WIDTHS.get(name, 16))
        sheet.write_string(len(_TITLES), column, header)
        is_number = (inputs["appraisal_stage"] != "self").to_numpy() & (name in _NUMBERS)
        for row, (cell, numeric) in enumerate(zip(shown[name], is_number, strict=True), start=len(_TITLES) + 1):
            if cell and numeric:
                sheet.write_number(row, column, float(cell))
            elif cell:
                sheet.write_string(row, column, cell.replace(".", ",") if name in _NUMBERS else cell)
    workbook.close()
    return sink.getvalue()


def _shown(inputs: pd.DataFrame, rulebook: Rulebook, units: Sequence[UnitLike]) -> pd.DataFrame:
    """The inputs with names and labels, "" for null, and the columns of the form that are only for the eye."""
    leaves = {leaf.code: leaf for leaf in rulebook.leaves()}
    code = inputs["criterion_code"]
    return inputs.fillna("").assign(
        appraisal_stage=inputs["appraisal_stage"].map(STAGE_LABELS),
        leaf_status=inputs["leaf_status"].map(STATUS_LABELS).fillna(""),
        unit_name=inputs["unit_id"].map({unit.unit_id: unit.name_vi for unit in units}),
        criterion_name=code.map({key: leaf.name_vi for key, leaf in leaves.items()}),
        max_points=code.map({key: f"{leaf.max_points:f}".replace(".", ",") for key, leaf in leaves.items()}),
        rule_text=code.map({key: rule_text(leaf) for key, leaf in leaves.items()}),
        evidence_asked=code.map({key: leaf.evidence for key, leaf in leaves.items()}),
        owner=code.map({key: leaf.owner for key, leaf in leaves.items()}),
    )


def _statuses(rulebook: Rulebook, n_units: int, seed: int) -> dict[str, Words]:
    """leaf_status by unit, shape (units,), of the leaves that have any; bonus and penalty never have.

    Dealt among all leaves but those of SIPAS: whether another survey feeds a leaf or its counts are typed in moves no
    other leaf's status."""
    leaves = [leaf for leaf in rulebook.leaves() if leaf.link is None or leaf.link.index_id != _SIPAS]
    random = stream(seed, f"{rulebook.id} statuses")
    mixed = [leaves[position] for position in random.permutation(len(leaves)).tolist()]
    ordinary = [leaf for leaf in mixed if not leaf.is_extra]
    wanted = max(1, round(_STATUS_LEAVES * len(leaves)))
    no_cases = [leaf.code for leaf in ordinary if rulebook.no_cases_of(leaf) != "fail"][:wanted]
    rest = [leaf.code for leaf in ordinary if leaf.code not in no_cases]
    absent = rest[:wanted] if rulebook.denominator == "applicable" else []
    chosen = dict.fromkeys(no_cases, "no_cases") | dict.fromkeys(absent, "not_applicable")
    return {
        code: np.where(random.random(n_units) < _STATUS_UNITS, status, "").astype(object)
        for code, status in chosen.items()
    }


def _leaf_inputs(leaf: Criterion, unit_ids: Words, level: Floats, status: Words, seed: int) -> pd.DataFrame:
    """Rows of one leaf: all units at stages self and first, some at second; text, "" for nothing."""
    random = stream(seed, f"leaf {leaf.code}")
    count = len(unit_ids)
    quality = level + _LEAF_SPREAD * random.standard_normal(count)
    gain = np.abs(random.normal(0, _SELF_GAIN, count))
    again: Flags = (random.random(count) < _SECOND_SHARE) & (status == "")
    if leaf.is_extra:
        quality = np.where(random.random(count) < _EXTRA_SHARE, random.uniform(0.3, 1, count), 0.0)
        gain, again = np.zeros(count), np.zeros(count, dtype=np.bool_)
    everyone = np.ones(count, dtype=np.bool_)
    stages = (("self", gain, everyone), ("first", np.zeros(count), everyone), ("second", gain + _SECOND_GAIN, again))
    parts = []
    for stage, more, rows in stages:
        part = _stage_inputs(leaf, unit_ids, np.clip(quality + more, 0, 1), status, seed)
        part["appraisal_stage"] = stage
        part["entered_by"] = "cb-" + unit_ids if stage == "self" else f"td-{leaf.code.split('.')[0]}"
        if stage == "second":
            part["reason"] = _SECOND_REASON
        parts.append(part[rows])
    return pd.concat(parts, ignore_index=True)


def _stage_inputs(leaf: Criterion, unit_ids: Words, quality: Floats, status: Words, seed: int) -> pd.DataFrame:
    blank = words([""] * len(unit_ids))
    # The same stream at every stage, so that a unit's denominators stay what they are.
    cells = leaf_cells(leaf, quality, stream(seed, f"values {leaf.code}"))
    scored = status == ""
    return pd.DataFrame(
        {
            "unit_id": unit_ids,
            "criterion_code": leaf.code,
            **{name: np.where(scored, cells.get(name, blank), "") for name in VALUE_FIELDS},
            "leaf_status": status,
            "evidence_id": np.where(scored & bool(leaf.evidence), "TL-" + unit_ids + "-" + leaf.code, ""),
            "reason": words([_STATUS_REASONS.get(entry_status, "") for entry_status in status]),
        },
        dtype="str",
    )
