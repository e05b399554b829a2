"""Explaining one published number: from the points back to the rule, the item values, the weights, the forms, the draw.

Pure: it is handed the tables of a round and gives sections that a screen, a page or JSON can show. Labels are
Vietnamese; no answer of a single person is shown, only counts and the ids of forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sampling.errors import DataError
from sipas.indices import IndexDefinition, coefficients
from sipas.rulebook import Criterion, Rulebook


@dataclass(frozen=True)
class Address:
    """round / unit / rulebook-or-index / code [/ variant]."""

    round_id: str
    unit_id: str
    book_id: str
    code: str
    variant: str = ""


@dataclass(frozen=True)
class Section:
    """A titled list of (label, value) lines, with a small table below where one is due."""

    title: str
    lines: tuple[tuple[str, str], ...]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data: title, lines, table rows as mappings."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"title": self.title, "lines": dict(self.lines), "rows": rows}


def parse_address(text: str, book_ids: Sequence[str]) -> Address:
    """Read an address; a rulebook id may itself hold a slash, so the known ids decide where it ends.

    Raises DataError `trace.address` with the form an address has, `trace.unknown_book` with the ids that exist.
    """
    parts = text.strip().strip("/").split("/", 2)
    if len(parts) < 3 or not all(parts):
        raise DataError("trace.address", got=text, expected="đợt/đơn vị/bộ tiêu chí hoặc chỉ số/mã[/phương án]")
    rest = parts[2]
    for book_id in sorted(book_ids, key=len, reverse=True):
        if rest.startswith(book_id + "/"):
            code, _, variant = rest[len(book_id) + 1 :].partition("/")
            if code:
                return Address(parts[0], parts[1], book_id, code, variant)
    raise DataError("trace.unknown_book", got=rest, expected=", ".join(book_ids))


def explain_criterion(leaf: Criterion, book: Rulebook, row: Mapping[str, Any]) -> Section:
    """Points of one criterion of one unit, with the rule and the article behind them."""
    lines = [
        ("Tiêu chí", f"{leaf.code} {leaf.name_vi}"),
        ("Điểm", _shown(row["points"])),
        ("Điểm tối đa", _shown(leaf.max_points)),
        ("Trạng thái", str(row["leaf_status"])),
        ("Quy tắc chấm", leaf.rule if leaf.link is None else f"{leaf.rule} ({leaf.link.transform})"),
        ("Căn cứ", leaf.article or "-"),
        ("Bộ tiêu chí", f"{book.id}: {book.decision}"),
        ("Làm tròn", f"{book.rounding.mode}, {book.rounding.leaf} chữ số thập phân"),
    ]
    if row.get("value_text"):
        lines.insert(4, ("Giá trị được chấm", str(row["value_text"])))
    return Section("Điểm của tiêu chí", tuple(lines))


def explain_children(code: str, book: Rulebook, sheet: pd.DataFrame) -> Section:
    """A sum: the children whose points are added."""
    children = [node.code for node in book.tree.children(code)]
    own = sheet.set_index("criterion_code")
    rows = tuple(
        (one, book.criterion(one).name_vi, _shown(own.at[one, "points"]), _shown(own.at[one, "max_points"]))
        for one in children
        if one in own.index
    )
    return Section("Cộng từ các tiêu chí", (), ("Mã", "Tên", "Điểm", "Điểm tối đa"), rows)


def explain_entries(entries: pd.DataFrame) -> Section:
    """Appraised entries of one leaf, stage by stage."""
    columns = ("appraisal_stage", "choice_code", "value", "numerator", "denominator", "option_counts", "leaf_status")
    names = ("Bước", "Mức chọn", "Giá trị", "Tử số", "Mẫu số", "Số phiếu theo mức", "Trạng thái")
    extra = ("evidence_id", "entered_by", "reason")
    rows = tuple(
        tuple("" if pd.isna(cell) else str(cell) for cell in row)
        for row in entries[[*columns, *extra]].itertuples(index=False, name=None)
    )
    return Section("Các bước thẩm định", (), (*names, "Minh chứng", "Người nhập", "Lý do"), rows)


def explain_value(score: Mapping[str, Any], definition: IndexDefinition) -> Section:
    """One index value with its error, definition and flags."""
    reason = score.get("reason")
    lines = [
        ("Chỉ số", f"{definition.id} {score['node_code']} ({definition.title_vi})"),
        ("Phương án", f"{score['variant']}: {definition.variant(score['variant']).label_vi}"),
        ("Giá trị (%)", f"{score['value_pct']:.10f}"),
        ("Sai số chuẩn (điểm %)", "-" if pd.isna(score["std_error"]) else f"{score['std_error']:.6f}"),
        ("Khoảng tin cậy (%)", _interval(score)),
        ("Số phiếu (tiêu chí ít nhất)", str(int(score["n"]))),
        ("Định nghĩa", str(score["definition_id"])),
    ]
    if score["flag"] or (reason is not None and not pd.isna(reason)):
        lines.append(("Ghi chú", "; ".join(str(one) for one in (score["flag"], reason) if one and not pd.isna(one))))
    return Section("Giá trị chỉ số", tuple(lines))


def explain_items(
    node: str, definition: IndexDefinition, year: int, data: pd.DataFrame, *, weight: str
) -> tuple[Section, float]:
    """Item values behind a node, counted anew from the forms: satisfied, valid answers, share, coefficient.

    data: respondents of the unit (of the variant's filter) with 0/1 item columns and the weight column. Returns the
    section and the node value (per cent) that these counts give.
    """
    nodes, items, matrix = coefficients(definition, year)
    row = matrix[nodes.index(node)]
    name_of = {one.item_code: one.name_vi for one in definition.nodes if one.item_code}
    lines, total, used = [], 0.0, 0.0
    for item, coefficient in zip(items, row, strict=True):
        if coefficient == 0:
            continue
        answered = data[item].notna()
        valid = float(data.loc[answered, weight].sum())
        good = float((data.loc[answered, item] * data.loc[answered, weight]).sum())
        share = good / valid if valid else float("nan")
        if valid:
            total, used = total + coefficient * share, used + coefficient
        lines.append((item, name_of[item], f"{good:,.2f}", f"{valid:,.2f}", f"{100 * share:.6f}", f"{coefficient:.6f}"))
    columns = ("Mã", "Nội dung", "Hài lòng", "Trả lời hợp lệ", "Tỷ lệ (%)", "Hệ số")
    value = 100 * total * float(row.sum()) / used if used else float("nan")
    checked = ("Tính lại từ phiếu (%)", f"{value:.10f}")
    return Section("Giá trị theo tiêu chí", (checked,), columns, tuple(lines)), value


def explain_weights(cases: pd.DataFrame) -> Section:
    """Every weight factor of the unit's respondents: least, mean, greatest."""
    names = {
        "design_weight": "Trọng số thiết kế",
        "eligibility_factor": "Hệ số thuộc phạm vi",
        "nonresponse_factor": "Hệ số không trả lời",
        "calibration_factor": "Hệ số hiệu chỉnh theo biên",
        "final_weight": "Trọng số cuối cùng",
    }
    rows = tuple(
        (label, f"{cases[name].min():.6f}", f"{cases[name].mean():.6f}", f"{cases[name].max():.6f}")
        for name, label in names.items()
    )
    total = ("Tổng trọng số cuối cùng", f"{cases['final_weight'].sum():,.2f}")
    classes = ("Nhóm điều chỉnh", ", ".join(sorted(cases["response_class"].unique())))
    return Section(
        "Trọng số của các phiếu", (total, classes), ("Thành phần", "Nhỏ nhất", "Trung bình", "Lớn nhất"), rows
    )


def explain_forms(outcomes: pd.DataFrame, batches: pd.DataFrame) -> Section:
    """Issued cases of the unit by outcome and reason, and the files the forms came in."""
    counts = outcomes.groupby(["outcome_vi", "reason_vi"]).size().reset_index(name="n")
    rows = tuple((str(a), str(b), str(n)) for a, b, n in counts.itertuples(index=False, name=None))
    columns = zip(batches["batch_id"], batches["file_name"], batches["sha256"], strict=True)
    files = [(f"Tệp {batch_id}", f"{name} (SHA-256 {str(sha)[:16]}…)") for batch_id, name, sha in columns]
    total = ("Số phiếu phát ra", str(len(outcomes)))
    return Section("Phiếu của đơn vị", (total, *files), ("Kết quả", "Lý do", "Số phiếu"), rows)


def explain_draw(manifest: Mapping[str, Any], strata: Sequence[str]) -> Section:
    """Seed, sealed hashes and the sizes of the unit's strata."""
    rows = tuple(
        (one["stratum_id"], str(one["pop_size"]), str(one["sample_size"]), str(one["reserve_size"]))
        for one in manifest["plan"]["allocation"]
        if one["stratum_id"] in strata
    )
    value = manifest["public_value"]
    lines = (
        ("Số khởi tạo (seed)", manifest["seed"]),
        ("Mã băm dàn mẫu", manifest["frame_hash"]),
        ("Mã băm kế hoạch", manifest["plan_hash"]),
        ("Giá trị công khai", f"{value['value']} ({value['source']}, {value['at']})"),
    )
    return Section("Chọn mẫu", lines, ("Tầng", "Tổng thể N", "Mẫu n", "Dự phòng"), rows)


def _interval(score: Mapping[str, Any]) -> str:
    if pd.isna(score["ci_low"]) or pd.isna(score["ci_high"]):
        return "-"
    return f"{score['ci_low']:.4f} - {score['ci_high']:.4f}"


def _shown(points: object) -> str:
    return "-" if points is None or points is pd.NA or points != points else f"{points}"
