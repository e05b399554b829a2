"""Random streams of the made-up example: one PCG64 generator per seed and purpose, and exact counts from shares."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Generator PCG64 seeded by SHA-256 of "seed|purpose": what is drawn for one purpose never moves another."""
    digest = hashlib.sha256(f"{seed}|{purpose}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def largest_remainder(sizes: Sequence[float] | Floats, total: int) -> Ints:
    """Whole numbers proportional to `sizes` (positive) that add up to `total`; ties go to the earlier one."""
    exact = np.asarray(sizes, dtype=np.float64) * (total / float(np.sum(sizes)))
    floor = np.floor(exact).astype(np.int64)
    order = np.argsort(floor - exact, kind="stable")
    floor[order[: total - int(floor.sum())]] += 1
    return floor


def words(values: Sequence[str]) -> Words:
    """Texts as an object array, so that `array[codes]` looks words up without a loop."""
    return np.array(list(values), dtype=object)


def numbered(numbers: Ints, digits: int) -> Words:
    """Whole numbers as texts with leading zeros."""
    return np.char.mod(f"%0{digits}d", numbers).astype(object)
