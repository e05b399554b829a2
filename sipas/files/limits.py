"""How much of an untrusted file is looked at before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GateLimits:
    """Caps on a file and on the child process that reads it.

    max_bytes: file size; max_unpacked: bytes of all zip parts together; max_ratio: unpacked over packed of one part
    above 1 MiB (a sheet of equal cells reaches about 60, a bomb about 1,000); max_cells: last row x last column, the
    area the reader allocates (32 bytes a cell); memory_bytes and seconds: what the child may use.
    """

    max_bytes: int = 500 * 2**20
    max_parts: int = 2_000
    max_unpacked: int = 600 * 2**20
    max_ratio: int = 250
    max_columns: int = 2_000
    max_cells: int = 15_000_000
    max_cell_chars: int = 32_767
    max_faults: int = 1_000
    memory_bytes: int = 2**30
    seconds: float = 60.0
