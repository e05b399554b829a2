"""Command: audit."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.base import Session, VietnameseCommand, json_option

if TYPE_CHECKING:
    from sipas.audit import Audit
    from sipas.publish.xlsx.annotated import Mark

_WAYS = {
    "half_up": "làm tròn nửa lên",
    "half_even": "làm tròn nửa về số chẵn",
    "truncate": "cắt bỏ phần lẻ",
    "unprinted": "tính từ số chưa làm tròn",
}
_RELATIONS = {
    "sum": "tổng = cộng các phần",
    "weighted": "tổng = cộng các phần (%) nhân điểm tối đa",
    "weights": "trọng số không được ghi: tìm bộ trọng số chung phù hợp",
}
_ROLES = {
    "unit": "đơn vị",
    "group": "nhóm",
    "part": "điểm thành phần",
    "total": "tổng điểm",
    "max": "điểm tối đa",
    "excluded": "điểm loại trừ",
    "applicable": "điểm tối đa áp dụng",
    "index_pct": "chỉ số (%)",
    "rank": "thứ hạng",
    "class": "xếp loại",
    "of": "số đơn vị xếp hạng",
    "order": "số thứ tự",
    "code": "mã",
    "parent": "mã cha",
    "count": "số lượng",
    "bonus": "điểm thưởng",
    "penalty": "điểm trừ",
    "last_year": "năm trước",
    "change": "tăng, giảm so với năm trước",
    "ignore": "không dùng",
    "source": "nguồn",
    "known_error": "lỗi đã biết",
}


@click.command(cls=VietnameseCommand)
@click.argument("table", metavar="BẢNG", type=click.Path(path_type=Path))
@click.option("--sheet", default="", metavar="TÊN", help='Trang tính, hoặc bảng trong văn bản ("Bảng 2").')
@click.option("--last-year", metavar="BẢNG", type=click.Path(path_type=Path), help="Bảng năm trước, để đối chiếu.")
@click.option("--out", metavar="TỆP", type=click.Path(path_type=Path), help="Ghi bảng đã đánh dấu (.xlsx) ra tệp này.")
@click.option("--code-page", default="", metavar="BẢNG_MÃ", help="cp1258, tcvn3, vni ... khi tệp không phải UTF-8.")
@json_option
@click.pass_obj
def audit(
    session: Session, table: Path, sheet: str, last_year: Path | None, out: Path | None, code_page: str, as_json: bool
) -> int:
    """Rà soát một bảng kết quả (CSV, Excel, Word) trước khi công bố; mã thoát 1 khi có sai sót."""
    from flows.cli.screen import show_json, texts
    from sipas.jobs.results.audit import annotated, audit_file, marks_of
    from sipas.store.files.methodology import packaged_data

    found = audit_file(table, packaged_data() / "audit", sheet=sheet, last_year=last_year, code_page=code_page)
    marks = marks_of(found, texts())
    for line in _about(found):
        click.echo(line, err=True)
    if as_json:
        show_json(_plain(found, marks))
    else:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows((mark.row or "", _rule(mark), mark.got, mark.expected) for mark in marks)
    place = _save(session, table, out, annotated(found, marks)) if marks or out else None
    if place:
        click.echo(f"Bảng đã đánh dấu: {place}", err=True)
    click.echo(f"{len(marks)} sai sót." if marks else "Không phát hiện sai sót.", err=True)
    return 1 if marks else 0


def _rule(mark: Mark) -> str:
    place = "; ".join(part for part in (mark.unit, mark.column) if part)
    return f"{mark.text} [{place}]" if place else mark.text


def _about(found: Audit) -> list[str]:
    """Roles used, columns without one, rows left out, what the table showed about itself."""
    table = found.table
    roles = [f"{one.header} = {_ROLES.get(one.role, one.role)}" for one in table.columns if one.role]
    lines = ["Cột: " + "; ".join(roles)]
    if found.unassigned:
        lines.append("Cột chưa rõ nội dung, không kiểm tra: " + "; ".join(one.header for one in found.unassigned))
    left = table.left_out
    counts = (("dòng cộng, trung bình", "summary"), ("dòng nhóm", "section"), ("dòng khác", "other"))
    skipped = [f"{left[kind]} {name}" for name, kind in counts if left.get(kind)]
    lines.append(f"Dòng: {len(table.rows)} đơn vị" + (", bỏ qua " + ", ".join(skipped) if skipped else ""))
    if found.relation:
        lines.append(f"Cách cộng: {_RELATIONS[found.relation]}")
    lines += [f"Cách làm tròn của {header}: {_WAYS[way]}" for header, way in found.conventions.items()]
    if found.unknown_units:
        lines.append("Không có trong bảng năm trước: " + "; ".join(found.unknown_units))
    return lines


def _plain(found: Audit, marks: list[Mark]) -> dict[str, Any]:
    grid = found.table.grid
    return {
        "file": grid.file,
        "sheet": grid.sheet,
        "roles": {one.header: one.role for one in found.table.columns if one.role},
        "unassigned": [one.header for one in found.unassigned],
        "rows": len(found.table.rows),
        "relation": found.relation,
        "rounding": found.conventions,
        "unknown_units": list(found.unknown_units),
        "findings": [
            {
                "row": one.row,
                "column": one.column,
                "unit": one.unit,
                "rule": one.rule,
                "text": mark.text,
                "got": one.got,
                "expected": one.expected,
            }
            for one, mark in zip(found.findings, marks, strict=True)
        ],
    }


def _save(session: Session, table: Path, out: Path | None, data: bytes) -> Path | None:
    """Where asked; else into the outputs of the workspace; nowhere without one."""
    from errors import StoreError
    from sipas.foldernames import AUDITS_FOLDER
    from sipas.store.files.outputs import write_outside

    if out is not None:
        return write_outside(out, data)
    try:
        with session.open() as ws:
            return ws.files.outputs.write_bytes(f"{AUDITS_FOLDER}/{table.stem}.xlsx", data)
    except StoreError as error:
        if error.rule == "store.no_workspace" and session.workspace is None:
            return None
        raise


COMMANDS = (audit,)
