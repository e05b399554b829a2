"""Cell formats from a few named fragments: `styles.of("cell number survey", decimals=2)`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format

FONT: Final = "Times New Roman"
FONT_SIZE: Final = 11
CREATED: Final = datetime(2000, 1, 1)  # of every file: equal content, equal bytes
_LINE: Final = "#8EA0B5"
# A blank as wide as a bracket between a number and the line at its right.
_GAP: Final = "_)"
_FRAGMENTS: Final[Mapping[str, Mapping[str, object]]] = {
    "cell": {"border": 1, "border_color": _LINE},
    "left": {"align": "left"},
    "right": {"align": "right"},
    "center": {"align": "center"},
    "wrap": {"text_wrap": True},
    "code": {"num_format": "@", "align": "center"},
    "text": {"num_format": "@", "align": "left", "text_wrap": True},
    "indent1": {"indent": 1},
    "indent2": {"indent": 2},
    "top": {"valign": "top"},
    "bottom": {"valign": "bottom"},
    "bold": {"bold": True},
    "italic": {"italic": True},
    "underline": {"underline": 1},
    "small": {"font_size": 9},
    "large": {"font_size": 13},
    "huge": {"font_size": 16},
    "mono": {"font_name": "Courier New", "font_size": 9},
    "upright": {"rotation": 90, "valign": "bottom", "align": "center", "text_wrap": True},
    "head": {"bold": True, "align": "center", "text_wrap": True, "bg_color": "#D5E1F0"},
    "area": {"bold": True, "bg_color": "#E9EFF7"},
    "parent": {"bg_color": "#F5F8FC"},
    "survey": {"bg_color": "#FFF3D1"},
    "total": {"bold": True, "bg_color": "#E9EFF7", "top": 2},
    "quiet": {"font_color": "#5F6B7A"},
    "red": {"font_color": "#B3261E"},
    "mark": {"bg_color": "#FFD9D5", "font_color": "#B3261E", "bold": True},
    "alert": {"bold": True, "font_color": "#B3261E", "align": "center"},
    "sum": {"bold": True, "bg_color": "#E9EFF7"},
    "link": {"font_color": "#1F4E9E", "underline": 1},
}


def text_workbook(
    buffer: BytesIO,
    *,
    title: str,
    subject: str = "",
    comments: str = "",
    created: datetime = CREATED,
    has_font: bool = True,
) -> Workbook:
    """An empty workbook in which no text ever becomes a formula, a link or a number; equal content, equal bytes."""
    options: dict[str, Any] = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    if has_font:
        options["default_format_properties"] = {"font_name": FONT, "font_size": FONT_SIZE}
    workbook = Workbook(buffer, options)
    texts = {"title": title, "subject": subject, "comments": comments}
    workbook.set_properties({**{name: text for name, text in texts.items() if text}, "created": created})
    return workbook


class Styles:
    """Formats of one workbook, each made once, in the order in which they are first asked for."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._formats: dict[tuple[str, int | None], Format] = {}

    def of(self, names: str, decimals: int | None = None) -> Format:
        """Format that merges the named fragments, later ones winning; `decimals` gives a number format."""
        key = (names, decimals)
        if key not in self._formats:
            self._formats[key] = self._workbook.add_format(self._properties(names, decimals))
        return self._formats[key]

    @staticmethod
    def _properties(names: str, decimals: int | None) -> dict[str, Any]:
        properties: dict[str, Any] = {"font_name": FONT, "font_size": FONT_SIZE, "valign": "vcenter"}
        for name in names.split():
            properties.update(_FRAGMENTS[name])
        if decimals is not None:
            places = "." + "0" * decimals if decimals else ""
            properties["num_format"] = f"#,##0{places}" + (_GAP if properties.get("align") == "right" else "")
        return properties
