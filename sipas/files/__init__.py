"""Files from outside: a gate on the raw bytes, then one reader for each format in a child process."""

from sipas.files.gate import gate
from sipas.files.limits import GateLimits
from sipas.files.readers import READERS
from sipas.files.reading import read_table
from sipas.files.source import GateReport

__all__ = ["READERS", "GateLimits", "GateReport", "gate", "read_table"]
