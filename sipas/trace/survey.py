"""An index value explained in Vietnamese: the value, its items, the weights, the forms, the draw, the hashes.

No answer of a single person is shown, only counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from sampling.tables import FACTOR_PREFIX
from sipas.indices import IndexDefinition
from sipas.trace.counts import ItemCount
from sipas.trace.criteria import Row
from sipas.trace.inputs import Origin
from sipas.trace.sections import Cell, Quantity, Section, Term, number_of

_FACTOR_NAMES: Final = {
    "design_weight": "Quyền số thiết kế",
    "eligibility_factor": "Hệ số thuộc phạm vi",
    "nonresponse_factor": "Hệ số không trả lời",
    "calibration_factor": "Hệ số hiệu chỉnh theo biên",
    "final_weight": "Quyền số cuối cùng",
}
_SOURCES: Final = ("frame", "sample", "weighted_cases", "values_file", "index_scores")


def explain_value(score: Row, definition: IndexDefinition) -> Section:
    """One index value with its error, definition and flags."""
    flags = [one for one in (*str(score["flag"]).split(";"), score["reason"]) if one and not pd.isna(one)]
    n = None if "given" in flags else int(score["n"])
    lines: list[tuple[str, Cell]] = [
        ("Chỉ số", f"{definition.title_vi}, mã {score['node_code']}"),
        ("Phương án", definition.variant(score["variant"]).label_vi),
        ("Giá trị (%)", number_of(score["value_pct"], 10)),
        ("Sai số chuẩn (điểm %)", number_of(score["std_error"], 4)),
        ("Khoảng tin cậy từ (%)", number_of(score["ci_low"], 2)),
        ("Khoảng tin cậy đến (%)", number_of(score["ci_high"], 2)),
        ("Số trả lời (của tiêu chí ít nhất)", Quantity(n)),
        ("Mã định nghĩa", str(score["definition_id"])),
        *(("Lưu ý", Term("flag", str(flag))) for flag in flags),
    ]
    return Section("Giá trị chỉ số", tuple(lines))


def explain_items(
    definition: IndexDefinition, counts: Iterable[ItemCount], counted_pct: float, *, is_plain: bool
) -> Section:
    """Item values behind a node, counted anew from the forms: satisfied, valid answers, share, coefficient.

    For an index of means the first count is the sum of the values 0..1. counted_pct: the node value these give;
    is_plain: every form counts once, so that shares are whole numbers of forms.
    """
    is_share = definition.item_value == "share"
    places = 0 if is_share and is_plain else 2
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            one.item_code,
            one.name_vi,
            Quantity(one.good, places),
            Quantity(one.valid, places),
            Quantity(100 * (one.good / one.valid) if one.valid else None, 4),
            Quantity(one.coefficient, 6),
        )
        for one in counts
    )
    counted, value_name = ("Hài lòng", "Tỷ lệ (%)") if is_share else ("Tổng giá trị", "Giá trị (%)")
    columns = ("Mã", "Nội dung", counted, "Trả lời hợp lệ", value_name, "Hệ số")
    return Section("Giá trị theo tiêu chí", (("Tính lại từ phiếu (%)", number_of(counted_pct, 10)),), columns, rows)


def explain_weights(cases: pd.DataFrame) -> Section:
    """Every weight factor of a unit's respondents: least, mean, greatest. cases: columns of WeightedCases."""
    own = [one for one in map(str, cases) if one.startswith(FACTOR_PREFIX)]
    names = _FACTOR_NAMES | {one: f"Hệ số bước {one.removeprefix(FACTOR_PREFIX)}" for one in own}
    values = {label: cases[name].to_numpy(dtype=np.float64) for name, label in names.items()}
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (label, *(Quantity(float(one), 6) for one in (column.min(), column.mean(), column.max())))
        for label, column in values.items()
    )
    lines: tuple[tuple[str, Cell], ...] = (
        ("Tổng quyền số cuối cùng", Quantity(float(cases["final_weight"].sum()), 2)),
        ("Nhóm điều chỉnh", ", ".join(sorted(cases["response_class"].unique()))),
    )
    return Section("Quyền số của các phiếu", lines, ("Thành phần", "Nhỏ nhất", "Trung bình", "Lớn nhất"), rows)


def explain_forms(outcomes: Sequence[tuple[str, str]], batches: Iterable[tuple[str, str, str]]) -> Section:
    """Issued cases by outcome and reason, and the files their forms came in: batch, file name, SHA-256."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Term("outcome", outcome), Term("reason", reason) if reason else "", Quantity(n))
        for (outcome, reason), n in sorted(Counter(outcomes).items())
    )
    files = [(f"Tệp {batch_id}", f"{name} (SHA-256 {sha[:16]}…)") for batch_id, name, sha in batches]
    total: tuple[str, Cell] = ("Số phiếu phát ra", Quantity(len(outcomes)))
    return Section("Phiếu của đơn vị", (total, *files), ("Kết quả", "Lý do", "Số phiếu"), rows)


def explain_draw(manifest: Mapping[str, Any], strata: Iterable[Mapping[str, Any]]) -> Section:
    """Seed, sealed hashes and the sizes of strata: stratum_id, pop_size, sample_size, reserve_size."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one["stratum_id"], *(Quantity(one[name]) for name in ("pop_size", "sample_size", "reserve_size")))
        for one in strata
    )
    value = manifest["public_value"]
    lines = (
        ("Số khởi tạo (seed)", manifest["seed"]),
        ("Mã băm dàn mẫu", manifest["frame_hash"]),
        ("Mã băm phương án", manifest["plan_hash"]),
        ("Giá trị công khai", f"{value['value']} ({value['source']}, {value['at']})"),
    )
    return Section("Chọn mẫu", lines, ("Tầng", "Tổng thể N", "Mẫu n", "Dự phòng"), rows)


def explain_origin(origin: Origin) -> Section:
    """Whose figures the values are, and the file in which they came."""
    lines = (
        ("Nguồn số liệu", origin.source_vi),
        ("Tệp nhận được", origin.file_name),
        ("SHA-256 của tệp", origin.sha256),
    )
    return Section("Số liệu do cơ quan khác cung cấp", lines)


def explain_sources(hashes: Mapping[str, str], pins: Mapping[str, str]) -> Section:
    """Hashes of everything a value was made from, and of the pinned methodology by kind/id."""
    made = [(name, "", hashes[name]) for name in _SOURCES if name in hashes]
    pinned = [(*name.split("/", 1), sha) for name, sha in pins.items()]
    rows = tuple((Term("input", kind), book_id, sha) for kind, book_id, sha in (*made, *pinned))
    return Section("Nguồn (SHA-256)", (), ("Nguồn", "Mã", "SHA-256"), rows)
