"""What the workbook says about the weights: report, margins, lines of the method sheet."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sipas.publish.labels import format_number, label
from sipas.publish.round.pack import MethodFact
from sipas.rounds import InstrumentRules
from sipas.units import Unit
from sipas.weighting.recipe import (
    STRATUM,
    CalibrationPart,
    ClassesPart,
    PropensityPart,
    RescalePart,
    TrimPart,
    WeightsPart,
)

_OF_GROUP = {"unit_id": "đơn vị", "": "toàn đợt", STRATUM: "tầng chọn mẫu"}


def weight_rows(report: pd.DataFrame) -> pd.DataFrame:
    """The weight report with the weights of the last step once more as `final`; a step's own name only where its kind
    comes twice."""
    named = report.rename(columns={"sum": "weight_sum", "min": "weight_min", "max": "weight_max"})
    last = int(named["step_no"].max())
    final = named[named["step_no"] == last].assign(weight_step="final", step_no=last + 1, step_name="")
    kinds = named.drop_duplicates("step_no")["weight_step"].value_counts()
    own_name = named["step_name"].where(named["weight_step"].map(kinds) > 1, "")
    return pd.concat([named.assign(step_name=own_name), final], ignore_index=True)


def margin_rows(margins: pd.DataFrame, units: Sequence[Unit], rules: InstrumentRules) -> pd.DataFrame:
    """Margins with the words of their readers; the step is named where several steps have margins."""
    names = {one.unit_id: one.name_vi for one in units}
    words: dict[tuple[str, str], str] = {(one.field, one.code): one.cell for one in rules.codes}
    words |= {("unit_id", unit_id): name for unit_id, name in names.items()}
    keys = list(zip(margins["margin"], margins["category"], strict=True))
    kinds = {one.kind: label("weight_step", one.kind).lower() for one in rules.weights.steps}
    step = "" if margins["step"].nunique() < 2 else " (" + margins["step"].map(lambda one: kinds.get(one, one)) + ")"
    return margins.assign(
        margin_vi=margins["margin"].map({one: label("margin", one) for one in set(margins["margin"])}) + step,
        category_vi=pd.Series([words.get((m, c), c) for m, c in keys], index=margins.index, dtype="str"),
    )


def weight_lines(part: WeightsPart, joined: Sequence[Sequence[str]]) -> list[MethodFact]:
    """The recipe in words, step by step, and the classes that were joined."""
    lines = []
    for number, step in enumerate(part.steps, 1):
        what = label("weight_step", step.kind)
        lines.append(("Quyền số", f"Bước {number}", what + _details(step)))
    lines.append(("Quyền số", "Nhóm phải ghép", "; ".join(f"{a} vào {b}" for _, a, b in joined) or "không có"))
    lines.append(("Sai số", "Tầng chỉ có một đơn vị trả lời", label("lonely_psu", part.lonely_psu)))
    return [MethodFact(*line) for line in lines]


def _details(step: object) -> str:
    if isinstance(step, ClassesPart):
        least = f"ghép nhóm dưới {step.min_respondents} phiếu hoặc hệ số trên {_number(step.max_factor)}"
        return f", theo {_column(step.classes)}; {least}"
    if isinstance(step, PropensityPart):
        return f", {step.groups} nhóm, theo {', '.join(_column(one) for one in step.covariates)}"
    if isinstance(step, TrimPart):
        return f": {label('cap_rule', step.rule)} {_number(step.value)}, tính theo {_column(step.by)}"
    if isinstance(step, CalibrationPart):
        margins = ", ".join(_column(one) for one in step.margins)
        within = f", trong từng {_column(step.partition)}" if step.partition else ""
        how = f"; {label('calibration_method', step.method)}" if step.kind == "calibrate" else ""
        bounds = f", hệ số từ {_number(step.bounds[0])} đến {_number(step.bounds[1])}" if step.bounds else ""
        soft = f"; không bắt buộc khớp: {', '.join(_column(one) for one in step.penalties)}" if step.penalties else ""
        return f": {margins}{within}{how}{bounds}{soft}"
    if isinstance(step, RescalePart):
        return ": tổng bằng số phiếu" if step.to == "respondents" else f": tổng bằng {_number(float(step.to))}"
    return ""


def _column(name: str) -> str:
    return _OF_GROUP[name] if name in _OF_GROUP else label("margin", name).lower()


def _number(value: float) -> str:
    return format_number(value, 0 if value == round(value) else 2)
