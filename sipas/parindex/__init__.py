"""Unit sheets and the PAR Index: every criterion of every unit, sums up the tree, total, own maximum, index."""

from sipas.parindex.result import PAR_RESULT, par_index
from sipas.parindex.sheet import UNIT_SHEET, unit_sheet

__all__ = ["PAR_RESULT", "UNIT_SHEET", "par_index", "unit_sheet"]
