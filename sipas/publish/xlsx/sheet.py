"""One worksheet being written: typed cells, titles, page set-up. Text is never taken for a formula or a link."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from xlsxwriter.worksheet import Worksheet

from errors import DataError
from sipas.publish.wording import Wording
from sipas.publish.xlsx.paper import MARGIN_BOTTOM_IN, MARGIN_SIDE_IN, MARGIN_TOP_IN, row_points
from sipas.publish.xlsx.styles import FONT, Styles
from sipas.words.numbers import is_absent

Value = str | int | float | Decimal | None
FIRST_PRINTED_ROW: Final = 1
ABSENT: Final = "–"
_EXCEL_ROWS: Final = 1_048_576
_LIST_LENGTH: Final = 255
_BOLD_CAPITALS: Final = 0.8
VIETNAMESE: Final = Wording()


class Span(NamedTuple):
    """Cells from a corner to the opposite one, both included, counted from 0."""

    row: int
    col: int
    last_row: int
    last_col: int


@dataclass(frozen=True)
class Running:
    """What stands at the head and foot of every printed page."""

    head_left: str
    head_right: str
    foot_left: str
    warning: str


@dataclass(frozen=True)
class Titles:
    """Heading of a sheet: title, lines below it, and explanations of what stands in the cells."""

    title: str
    subtitles: tuple[str, ...]
    legend: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """Print set-up: last used cell, rows and columns repeated on each page, scale or fit to one page wide.

    is_single: fit to one page in all. scale: percent, or 0 to fit the width of one page.
    """

    last_row: int
    last_col: int
    landscape: bool = False
    repeat_rows: tuple[int, int] | None = None
    repeat_cols: int = 0
    scale: int = 0
    is_single: bool = False
    row_breaks: tuple[int, ...] = ()
    col_breaks: tuple[int, ...] = ()


class Sheet:
    """Writer of one worksheet. Row 0 holds the link back to the list of sheets and is not printed."""

    def __init__(self, sheet: Worksheet, styles: Styles, running: Running, say: Wording = VIETNAMESE) -> None:
        self.name: str = sheet.get_name()
        self.running = running
        self.say = say
        self._sheet = sheet
        self._styles = styles
        self._widths: dict[int, float] = {}
        sheet.hide_gridlines(2)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{_EXCEL_ROWS}"})

    def put(self, row: int, col: int, value: Value, style: str = "cell", *, decimals: int | None = None) -> None:
        """Write one typed cell: text as text, whole numbers without places, others with `decimals` (2 if not said).

        An absent number is a dash. Raises DataError `publish.text_too_long` (Excel would cut it silently).
        """
        if isinstance(value, str):
            done = self._text(row, col, value, style)
        elif value is None or is_absent(value):
            done = self._sheet.write_string(row, col, ABSENT, self._styles.of(f"{style} center quiet"))
        else:
            places = decimals if decimals is not None else 0 if isinstance(value, int) else 2
            done = self._sheet.write_number(row, col, _stable(value), self._styles.of(style, places))
        self._require(done, row, col)

    def merge(self, span: Span, value: Value, style: str, *, decimals: int | None = None) -> None:
        """Write one value over several cells."""
        row, col, last_row, last_col = span
        if (row, col) != (last_row, last_col):
            self._sheet.merge_range(row, col, last_row, last_col, "", self._styles.of(style))
        self.put(row, col, value, style, decimals=decimals)

    def link(self, row: int, col: int, target: tuple[str, str], text: str, style: str = "link") -> None:
        """Write text that leads to (sheet, cell) of this workbook."""
        sheet, cell = target
        address = f"internal:'{sheet.replace(chr(39), chr(39) * 2)}'!{cell}"
        self._require(self._sheet.write_url(row, col, address, self._styles.of(style), _nfc(text)), row, col)

    def note(self, row: int, col: int, text: str) -> None:
        """Attach a note that shows when the mouse rests on the cell."""
        options: dict[str, Any] = {"author": "", "x_scale": 2.4, "y_scale": 0.8, "font_name": FONT, "font_size": 9}
        self._require(self._sheet.write_comment(row, col, _nfc(text), options), row, col)

    def widths(self, widths: Sequence[float]) -> None:
        """Set widths from column A on."""
        for col, width in enumerate(widths):
            self._sheet.set_column(col, col, width)
            self._widths[col] = width

    def text_columns(self, widths: Sequence[float]) -> None:
        """Set widths from column A on; whatever is typed into these columns stays text (1.10 does not become 1.1)."""
        for col, width in enumerate(widths):
            self._sheet.set_column(col, col, width, self._styles.of("text"))
            self._widths[col] = width

    def choices(self, span: Span, options: Sequence[str], title: str) -> None:
        """Offer a closed list in cells and refuse anything else. Excel holds 255 characters of list: ValueError."""
        if sum(map(len, options)) + len(options) > _LIST_LENGTH or any("," in option for option in options):
            raise ValueError(f"list too long for Excel, or with a comma: {title}")
        self._sheet.data_validation(
            *span,
            {
                "validate": "list",
                "source": list(options),
                "error_title": title[:32],
                "error_message": self.say.text("sheet.choose"),
            },
        )

    def choices_from(self, span: Span, source: str, title: str) -> None:
        """Offer the list that stands in a range of cells (`='Danh mục'!$A$5:$A$9`) and refuse anything else."""
        options = {
            "validate": "list",
            "source": source,
            "error_title": title[:32],
            "error_message": self.say.text("sheet.choose"),
        }
        self._sheet.data_validation(*span, options)

    def width_of(self, first_col: int, last_col: int) -> float:
        """Width of several columns together, in digits."""
        return sum(self._widths[col] for col in range(first_col, last_col + 1))

    def height(self, row: int, points: float) -> None:
        """Set the height of a row."""
        self._sheet.set_row(row, points)

    def freeze(self, row: int, col: int) -> None:
        """Keep the rows above and the columns left of a cell in view."""
        self._sheet.freeze_panes(row, col)

    def titles(self, titles: Titles, *spans: tuple[int, int], first_row: int = FIRST_PRINTED_ROW) -> int:
        """Write the heading over the columns of every printed page (first, last); return the next free row.

        A made-up or training round says so under its title.
        """
        lines = [(titles.title.upper(), "bold large wrap center")]
        lines += [(text, "italic wrap center") for text in titles.subtitles if text]
        if self.running.warning:
            lines.append((self.running.warning, "alert wrap"))
        lines += [(text, "italic small quiet wrap center") for text in titles.legend]
        for row, (text, style) in enumerate(lines, start=first_row):
            size = 13 if "large" in style else 9 if "small" in style else 11
            # Bold capitals are wider: reckoned at the plain width, their last line would be cut off.
            share = _BOLD_CAPITALS if text.isupper() else 0.95
            heights = []
            for first, last in spans:
                self.merge(Span(row, first, row, last), text, style)
                heights.append(row_points([(text, self.width_of(first, last) * share)], size=size))
            self.height(row, max(heights))
        gap = first_row + len(lines)
        self.height(gap, 6)
        return gap + 1

    def set_up(self, page: Page) -> None:
        """A4, margins, running head and foot, repeated rows, page breaks and print area."""
        sheet = self._sheet
        sheet.set_paper(9)
        if page.landscape:
            sheet.set_landscape()
        sheet.set_margins(left=MARGIN_SIDE_IN, right=MARGIN_SIDE_IN, top=MARGIN_TOP_IN, bottom=MARGIN_BOTTOM_IN)
        sheet.center_horizontally()
        sheet.set_header(_head_or_foot(self.running.head_left, "", self.running.head_right), {"margin": 0.35})
        sheet.set_footer(
            _head_or_foot(self.running.foot_left, "", self.say.text("sheet.page"), raw_right=True), {"margin": 0.3}
        )
        sheet.print_area(FIRST_PRINTED_ROW, 0, page.last_row, page.last_col)
        if page.repeat_rows:
            sheet.repeat_rows(*page.repeat_rows)
        if page.repeat_cols:
            sheet.repeat_columns(0, page.repeat_cols - 1)
        if page.scale:
            sheet.set_print_scale(page.scale)
        else:
            sheet.fit_to_pages(1, 1 if page.is_single else 0)
        sheet.set_h_pagebreaks(list(page.row_breaks))
        sheet.set_v_pagebreaks(list(page.col_breaks))

    def zoom(self, percent: int) -> None:
        """Size on screen."""
        self._sheet.set_zoom(percent)

    def show_first(self) -> None:
        """Open the workbook on this sheet."""
        self._sheet.activate()

    def _text(self, row: int, col: int, value: str, style: str) -> int:
        cell = self._styles.of(style)
        if not value:
            return int(self._sheet.write_blank(row, col, "", cell))
        return int(self._sheet.write_string(row, col, _nfc(value), cell))

    def _require(self, done: int, row: int, col: int) -> None:
        if done == -2:
            raise DataError("publish.text_too_long", where=f"{self.name}, {row + 1}/{col + 1}", expected=32767)
        if done:
            raise DataError("publish.sheet_full", where=self.name, got=row + 1, expected=_EXCEL_ROWS)


def _stable(value: int | float | Decimal) -> float:
    """The number to six places, as decimals are stored: the last bits of another machine's float change no byte.

    Adding 0.0 turns -0.0 into 0.0.
    """
    return float(value) if isinstance(value, int) else float(f"{value:.6f}") + 0.0


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _head_or_foot(left: str, center: str, right: str, *, raw_right: bool = False) -> str:
    """Excel's code for a running line; `&` in plain text is doubled, a size never touches a following digit."""
    font = f'&9&"{FONT},Regular"'
    parts = [("&L", left.replace("&", "&&")), ("&C", center.replace("&", "&&"))]
    parts.append(("&R", right if raw_right else right.replace("&", "&&")))
    return "".join(f"{place}{font}{text}" for place, text in parts if text)
