"""Tables for the audit: grids from rows, a sound table, a .docx as an office writes it."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from sipas.audit import Audit, Grid, TableSpec, audit, load_vocabulary, open_table

ROOT = Path(__file__).parents[2]
WORDS = load_vocabulary(ROOT / "data" / "audit")
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

HEADER = [
    "TT",
    "Đơn vị",
    "Thẩm định (tối đa 60)",
    "Điều tra công chức (tối đa 20)",
    "Điều tra người dân (tối đa 20)",
    "Tổng điểm",
    "Điểm tối đa",
    "Điểm loại trừ",
    "Chỉ số (%)",
    "Xếp hạng",
    "Xếp loại",
]
CUTS = {"Xuất sắc": "90", "Tốt": "80", "Khá": "70", "Trung bình": "0"}


def grid_of(rows: Sequence[Sequence[str]], file: str = "bang.csv") -> Grid:
    width = max(map(len, rows))
    cells = np.array([[*row, *[""] * (width - len(row))] for row in rows], object)
    return Grid(file, "", np.arange(1, len(rows) + 1), cells, np.zeros(cells.shape, bool))


def run(rows: Sequence[Sequence[str]], last: Sequence[Sequence[str]] | None = None, **spec: object) -> Audit:
    """Audit of rows with the header first; `spec`: fields of TABLE.toml."""
    model = TableSpec.model_validate(spec)
    before = open_table([grid_of(last)], TableSpec(), WORDS) if last else None
    return audit(open_table([grid_of(rows)], model, WORDS), before)


def found(rows: Sequence[Sequence[str]], **spec: object) -> list[tuple[int, str]]:
    return [(one.row, one.rule) for one in run(rows, **spec).findings]


def comma(value: Decimal) -> str:
    return f"{value:.2f}".replace(".", ",")


def half_up(value: Decimal, places: str = "0.01") -> Decimal:
    return value.quantize(Decimal(places), ROUND_HALF_UP)


def class_of(index: Decimal) -> str:
    return next(name for name, cut in CUTS.items() if index >= Decimal(cut))


def sound_rows(n: int = 60) -> list[list[str]]:
    """A sound table, best first: all values differ, every seventh unit has 2 points excluded, all classes occur."""
    body = []
    for at in range(n):
        excluded = Decimal(2 if at % 7 == 3 else 0)
        parts = [
            Decimal("57.50") - Decimal(at) * Decimal("27.5") / n + Decimal(at * 7 % 5) / 100,
            Decimal("19.20") - Decimal(at) * Decimal("3.1") / n - Decimal(at * 13 % 11) / 100,
            Decimal("18.90") - Decimal(at) * Decimal("4.3") / n - Decimal(at * 17 % 7) / 100,
        ]
        parts = [half_up(part) for part in parts]
        total = sum(parts)
        index = half_up(100 * total / (100 - excluded))
        body.append((index, parts, total, excluded))
    body.sort(key=lambda one: -one[0])
    assert len({index for index, *_ in body}) == n
    return [
        HEADER,
        *(
            [
                str(at),
                f"Sở số {at}",
                *map(comma, parts),
                comma(total),
                "100",
                str(excluded),
                comma(index),
                str(at),
                class_of(index),
            ]
            for at, (index, parts, total, excluded) in enumerate(body, start=1)
        ),
    ]


def national_rows() -> list[list[str]]:
    """3,321 communes: 55 times the sound table and 21 rows more, ranked 1, 57, 113, ... with shared ranks."""
    header, *body = sound_rows(60)
    rows = [header]
    for at in range(3_321):
        block, unit = divmod(at, 60)
        rank = 1 + 56 * min(unit, 21) + 55 * max(unit - 21, 0)
        rows.append([str(at + 1), f"Xã {unit} cụm {block}", *body[unit][2:9], str(rank), body[unit][10]])
    return rows


def cell_xml(text: str, span: int = 1, merge: str = "") -> str:
    """A cell of a .docx; `merge`: restart or continue for cells merged downwards."""
    inside = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    inside += {"restart": '<w:vMerge w:val="restart"/>', "continue": "<w:vMerge/>"}.get(merge, "")
    return f"<w:tc><w:tcPr>{inside}</w:tcPr><w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p></w:tc>"


def table_xml(rows: Sequence[Sequence[str]]) -> str:
    """A table from rows of cell XML."""
    return "<w:tbl>" + "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows) + "</w:tbl>"


def write_docx(path: Path, body: str, prolog: str = "", extra: dict[str, bytes] | None = None) -> Path:
    """A .docx with this body."""
    xml = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{prolog}'
        f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", '<?xml version="1.0" encoding="UTF-8"?><Types/>')
        archive.writestr("word/document.xml", xml)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path
