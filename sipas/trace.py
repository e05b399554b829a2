"""Explaining one published number: from the points back to the rule, the item values, the weights, the forms, the draw.

Pure: it is handed the tables of a round and gives sections that a screen, a page or JSON can show. Labels are
Vietnamese; no answer of a single person is shown, only counts and the ids of forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd

from sampling.errors import DataError
from sampling.tables import FACTOR_PREFIX
from sipas.appraisal import rule_text_vi
from sipas.indices import IndexDefinition, coefficients
from sipas.rulebook import Criterion, Rulebook


@dataclass(frozen=True)
class Address:
    """round / unit / rulebook-or-index / code [/ variant]; without a code the unit's total under a rulebook."""

    round_id: str
    unit_id: str
    book_id: str
    code: str
    variant: str = ""


@dataclass(frozen=True)
class Quantity:
    """A number and how many decimals a reader wants of it; None is shown as a dash."""

    value: Decimal | float | int | None
    decimals: int = 0


@dataclass(frozen=True)
class Term:
    """A code that has Vietnamese words: `kind` says in which list."""

    kind: str
    code: str


Cell = str | Quantity | Term


@dataclass(frozen=True)
class Section:
    """A titled list of (label, value) lines, with a small table below where one is due."""

    title: str
    lines: tuple[tuple[str, Cell], ...]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data: title, lines, table rows as mappings; numbers as numbers, terms as codes."""
        rows = [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows]
        return {"title": self.title, "lines": {name: _plain(cell) for name, cell in self.lines}, "rows": rows}


def _plain(cell: Cell) -> str | float | int | None:
    if isinstance(cell, Term):
        return cell.code
    if isinstance(cell, Quantity):
        return str(cell.value) if isinstance(cell.value, Decimal) else cell.value
    return cell


def parse_address(text: str, book_ids: Sequence[str]) -> Address:
    """Read an address; a rulebook id may itself hold a slash, so the known ids decide where it ends.

    Raises DataError `trace.address` with the form an address has, `trace.unknown_book` with the ids that exist.
    """
    parts = text.strip().strip("/").split("/", 2)
    if len(parts) < 3 or not all(parts):
        raise DataError("trace.address", got=text)
    rest = parts[2]
    for book_id in sorted(book_ids, key=len, reverse=True):
        if rest == book_id or rest.startswith(book_id + "/"):
            code, _, variant = rest[len(book_id) + 1 :].partition("/")
            return Address(parts[0], parts[1], book_id, code, variant)
    raise DataError("trace.unknown_book", got=rest, expected=", ".join(book_ids))


def explain_criterion(leaf: Criterion, book: Rulebook, row: Mapping[str, Any]) -> Section:
    """Points of one criterion of one unit, with the rule and the article behind them."""
    places = book.rounding.leaf
    lines: list[tuple[str, Cell]] = [
        ("Tiêu chí", f"{leaf.code} {leaf.name_vi}"),
        ("Điểm", _points(row["points"], places)),
        ("Điểm tối đa", _points(leaf.max_points, places)),
        ("Trạng thái", Term("leaf_status", str(row["leaf_status"]))),
        ("Quy tắc chấm", Term("rule", leaf.rule)),
        ("Cách tính", rule_text_vi(leaf)),
        ("Căn cứ", leaf.article or "-"),
        ("Bộ tiêu chí", f"{book.id}: {book.decision}"),
        ("Làm tròn điểm", Term("rounding", book.rounding.mode)),
        ("Số chữ số thập phân", Quantity(places)),
    ]
    if leaf.link is not None:
        lines.insert(5, ("Cách quy đổi chỉ số", Term("rule", leaf.link.transform)))
    if not pd.isna(row["value_text"]):
        lines.insert(4, ("Giá trị được chấm", _scored(str(row["value_text"]))))
    return Section("Điểm của tiêu chí", tuple(lines))


def explain_total(book: Rulebook, row: Mapping[str, Any], sheet: pd.DataFrame) -> Section:
    """A unit's total, index, rank and class, with the areas that are added and the caps of bonus and penalty."""
    places = book.rounding
    lines: tuple[tuple[str, Cell], ...] = (
        ("Điểm các lĩnh vực", _points(row["points"], places.leaf)),
        ("Điểm thưởng được tính", _points(row["bonus"], places.leaf)),
        ("Mức thưởng tối đa", _points(book.bonus_cap, places.leaf)),
        ("Điểm trừ được tính", _points(row["penalty"], places.leaf)),
        ("Mức trừ tối đa", _points(book.penalty_cap, places.leaf)),
        ("Tổng điểm", _points(row["total_shown"], places.total)),
        ("Điểm tối đa áp dụng cho đơn vị", _points(row["applicable_max"], places.leaf)),
        ("Chỉ số (%) = 100 x tổng điểm / điểm tối đa", _points(row["index_shown"], places.index)),
        ("Chỉ số chưa làm tròn (%)", _points(row["index_pct"], 6)),
        ("Sai số chuẩn, phần điều tra (điểm %)", _number(row["std_error"], 4)),
        ("Xếp hạng theo", Term("rank_on", book.rank_on)),
        ("Thứ hạng", Quantity(int(row["rank"]))),
        ("Xếp loại", str(row["class_name_vi"])),
    )
    own = sheet.set_index("criterion_code")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one.code, one.name_vi, *(_points(own.at[one.code, name], places.leaf) for name in ("points", "max_points")))
        for one in book.criteria
        if not one.parent
    )
    return Section("Tổng điểm và chỉ số của đơn vị", lines, ("Mã", "Tên", "Điểm", "Điểm tối đa"), rows)


def explain_children(code: str, book: Rulebook, sheet: pd.DataFrame) -> Section:
    """A sum: the children whose points are added."""
    own, places = sheet.set_index("criterion_code"), book.rounding.leaf
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one, book.criterion(one).name_vi, *(_points(own.at[one, name], places) for name in ("points", "max_points")))
        for one in (node.code for node in book.tree.children(code))
        if one in own.index
    )
    return Section("Cộng từ các tiêu chí", (), ("Mã", "Tên", "Điểm", "Điểm tối đa"), rows)


def explain_entries(entries: pd.DataFrame) -> Section:
    """Appraised entries of one leaf, stage by stage."""
    names = {
        "choice_code": "Mức chọn",
        "value": "Giá trị",
        "numerator": "Tử số",
        "denominator": "Mẫu số",
        "option_counts": "Số phiếu theo mức",
        "evidence_id": "Minh chứng",
        "entered_by": "Người nhập",
        "reason": "Lý do",
    }
    used = [name for name in names if entries[name].notna().any()]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Term("appraisal_stage", str(stage)), *("" if pd.isna(cell) else str(cell) for cell in cells))
        for stage, *cells in entries[["appraisal_stage", *used]].itertuples(index=False, name=None)
    )
    return Section("Các bước thẩm định", (), ("Bước", *(names[name] for name in used)), rows)


def explain_value(score: Mapping[str, Any], definition: IndexDefinition) -> Section:
    """One index value with its error, definition and flags."""
    flags = [one for one in (*str(score["flag"]).split(";"), score["reason"]) if one and not pd.isna(one)]
    lines: list[tuple[str, Cell]] = [
        ("Chỉ số", f"{definition.title_vi}, mã {score['node_code']}"),
        ("Phương án", definition.variant(score["variant"]).label_vi),
        ("Giá trị (%)", Quantity(score["value_pct"], 10)),
        ("Sai số chuẩn (điểm %)", _number(score["std_error"], 4)),
        ("Khoảng tin cậy từ (%)", _number(score["ci_low"], 2)),
        ("Khoảng tin cậy đến (%)", _number(score["ci_high"], 2)),
        ("Số trả lời (của tiêu chí ít nhất)", Quantity(int(score["n"]))),
        ("Mã định nghĩa", str(score["definition_id"])),
        *(("Lưu ý", Term("flag", str(flag))) for flag in flags),
    ]
    return Section("Giá trị chỉ số", tuple(lines))


def explain_items(
    node: str, definition: IndexDefinition, year: int, data: pd.DataFrame, *, weight: str
) -> tuple[Section, float]:
    """Item values behind a node, counted anew from the forms: satisfied, valid answers, share, coefficient.

    data: respondents of the unit (of the variant's filter) with item values 0..1 and the weight column; for an index
    of means the first count is the sum of these values. Returns the section and the node value (per cent) they give.
    """
    nodes, items, matrix = coefficients(definition, year)
    row = matrix[nodes.index(node)]
    name_of = {one.item_code: one.name_vi for one in definition.nodes if one.item_code}
    is_share = definition.item_value == "share"
    places = 0 if is_share and (data[weight] == 1).all() else 2
    lines: list[tuple[Cell, ...]] = []
    total, used = 0.0, 0.0
    for item, coefficient in zip(items, row, strict=True):
        if coefficient == 0:
            continue
        answered = data[item].notna()
        valid = float(data.loc[answered, weight].sum())
        good = float((data.loc[answered, item] * data.loc[answered, weight]).sum())
        share = good / valid if valid else float("nan")
        if valid:
            total, used = total + coefficient * share, used + coefficient
        counts = (Quantity(good, places), Quantity(valid, places))
        lines.append((item, name_of[item], *counts, _number(100 * share, 4), Quantity(float(coefficient), 6)))
    counted, value_name = ("Hài lòng", "Tỷ lệ (%)") if is_share else ("Tổng giá trị", "Giá trị (%)")
    columns = ("Mã", "Nội dung", counted, "Trả lời hợp lệ", value_name, "Hệ số")
    value = 100 * total * float(row.sum()) / used if used else float("nan")
    checked = ("Tính lại từ phiếu (%)", _number(value, 10))
    return Section("Giá trị theo tiêu chí", (checked,), columns, tuple(lines)), value


def explain_weights(cases: pd.DataFrame) -> Section:
    """Every weight factor of the unit's respondents: least, mean, greatest."""
    names = {
        "design_weight": "Quyền số thiết kế",
        "eligibility_factor": "Hệ số thuộc phạm vi",
        "nonresponse_factor": "Hệ số không trả lời",
        "calibration_factor": "Hệ số hiệu chỉnh theo biên",
        "final_weight": "Quyền số cuối cùng",
    }
    names |= {
        one: f"Hệ số bước {one.removeprefix(FACTOR_PREFIX)}" for one in map(str, cases) if one.startswith(FACTOR_PREFIX)
    }
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (label, *(Quantity(float(one), 6) for one in (cases[name].min(), cases[name].mean(), cases[name].max())))
        for name, label in names.items()
    )
    lines = (
        ("Tổng quyền số cuối cùng", Quantity(float(cases["final_weight"].sum()), 2)),
        ("Nhóm điều chỉnh", ", ".join(sorted(cases["response_class"].unique()))),
    )
    return Section("Quyền số của các phiếu", lines, ("Thành phần", "Nhỏ nhất", "Trung bình", "Lớn nhất"), rows)


def explain_forms(outcomes: pd.DataFrame, batches: pd.DataFrame) -> Section:
    """Issued cases of the unit by outcome and reason, and the files the forms came in."""
    counts = outcomes.groupby(["outcome", "reason"]).size().reset_index(name="n")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Term("outcome", str(outcome)), Term("reason", str(reason)) if reason else "", Quantity(int(n)))
        for outcome, reason, n in counts.itertuples(index=False, name=None)
    )
    columns = zip(batches["batch_id"], batches["file_name"], batches["sha256"], strict=True)
    files = [(f"Tệp {batch_id}", f"{name} (SHA-256 {str(sha)[:16]}…)") for batch_id, name, sha in columns]
    total: tuple[str, Cell] = ("Số phiếu phát ra", Quantity(len(outcomes)))
    return Section("Phiếu của đơn vị", (total, *files), ("Kết quả", "Lý do", "Số phiếu"), rows)


def explain_draw(manifest: Mapping[str, Any], strata: Sequence[str]) -> Section:
    """Seed, sealed hashes and the sizes of the unit's strata."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one["stratum_id"], *(Quantity(one[name]) for name in ("pop_size", "sample_size", "reserve_size")))
        for one in manifest["plan"]["stages"][-1]["allocation"]
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


def _scored(text: str) -> Cell:
    """A scored number with the decimals it has; a level or counts as they are."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    exponent = number.as_tuple().exponent
    return Quantity(number, max(0, -exponent)) if isinstance(exponent, int) else text


def _number(value: float, decimals: int) -> Quantity:
    return Quantity(None if pd.isna(value) else value, decimals)


def _points(value: object, decimals: int) -> Quantity:
    return Quantity(value if isinstance(value, Decimal) else None, decimals)
