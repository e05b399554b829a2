"""Address labels for envelopes: two columns on A4 upright, cut along the lines; a label is never broken or cut off."""

from __future__ import annotations

from typing import Final

import pandas as pd

from sipas.publish.xlsx.official import high_enough
from sipas.publish.xlsx.sheet import FIRST_PRINTED_ROW, Page, Sheet
from sipas.words import text

_ACROSS: Final = 2
_WIDTH: Final = 48.0
_LEAST_POINTS: Final = 104.0


def draw_labels(sheet: Sheet, rows: pd.DataFrame) -> None:
    """Write a label for every row (case_id, name, phone, address) that has an address, left to right, then down."""
    sheet.widths([_WIDTH] * _ACROSS)
    reached = rows.loc[rows["address"] != "", ["case_id", "name", "phone", "address"]]
    labels = [_label(*row) for row in reached.itertuples(index=False, name=None)]
    row = FIRST_PRINTED_ROW
    for first in range(0, len(labels), _ACROSS):
        line = labels[first : first + _ACROSS]
        for col, lines in enumerate(line):
            sheet.put(row, col, lines, "cell text indent1")
        sheet.height(row, high_enough([(lines, _WIDTH * 0.9) for lines in line], _LEAST_POINTS))
        row += 1
    sheet.set_up(Page(last_row=max(row - 1, FIRST_PRINTED_ROW), last_col=_ACROSS - 1))


def _label(case_id: str, name: str, phone: str, address: str) -> str:
    return text("lists.post_label", name=name, address=address, phone=phone, case=case_id)
