"""Files from outside: a gate on the raw bytes, then one reader for each format in a child process."""

from sipas.files.gate import gate
from sipas.files.grid import GridRow
from sipas.files.limits import GateLimits
from sipas.files.readers import READERS
from sipas.files.reading import TableLayout, layout_of, read_grid, read_sheets, read_table
from sipas.files.source import GateReport, TablePart

__all__ = [
    "READERS",
    "GateLimits",
    "GateReport",
    "GridRow",
    "TableLayout",
    "TablePart",
    "gate",
    "layout_of",
    "read_grid",
    "read_sheets",
    "read_table",
]
