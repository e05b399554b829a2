"""From an office's list to the sampling frame: rows told apart, cells read, units of today, window, duplicates."""

from sipas.frames.build import build_frame
from sipas.frames.checks import Coverage, UnitCheck, coverage, unit_checks
from sipas.frames.counts import COUNT_HEADERS, read_counts
from sipas.frames.model import ROW_REASONS, FrameImport
from sipas.frames.office import EXAMPLE_MARK, SOURCE_KINDS, source_counts
from sipas.frames.units import unit_label

__all__ = [
    "COUNT_HEADERS",
    "EXAMPLE_MARK",
    "ROW_REASONS",
    "SOURCE_KINDS",
    "Coverage",
    "FrameImport",
    "UnitCheck",
    "build_frame",
    "coverage",
    "read_counts",
    "source_counts",
    "unit_checks",
    "unit_label",
]
