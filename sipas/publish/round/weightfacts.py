"""The recipe of the weights in words, for the method sheet."""

from __future__ import annotations

from collections.abc import Sequence

from sipas.publish.labels import format_number, label
from sipas.publish.round.surveyresults import MethodFact
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


def weight_facts(part: WeightsPart, joined: Sequence[Sequence[str]]) -> list[MethodFact]:
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
        return f", {step.groups} nhóm, theo {', '.join(map(_column, step.covariates))}"
    if isinstance(step, TrimPart):
        return f": {label('cap_rule', step.rule)} {_number(step.value)}, tính theo {_column(step.by)}"
    if isinstance(step, CalibrationPart):
        margins = ", ".join(map(_column, step.margins))
        within = f", trong từng {_column(step.partition)}" if step.partition else ""
        how = f"; {label('calibration_method', step.method)}" if step.kind == "calibrate" else ""
        bounds = f", hệ số từ {_number(step.bounds[0])} đến {_number(step.bounds[1])}" if step.bounds else ""
        soft = f"; không bắt buộc khớp: {', '.join(map(_column, step.penalties))}" if step.penalties else ""
        return f": {margins}{within}{how}{bounds}{soft}"
    if isinstance(step, RescalePart):
        return ": tổng bằng số phiếu" if step.to == "respondents" else f": tổng bằng {_number(float(step.to))}"
    return ""


def _column(name: str) -> str:
    return _OF_GROUP[name] if name in _OF_GROUP else label("margin", name).lower()


def _number(value: float) -> str:
    return format_number(value, 0 if value == round(value) else 2)
