"""Whole-number codes for labels and for pairs of codes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sampling.numbers import IntArray


def label_codes(values: pd.Series) -> tuple[IntArray, np.ndarray]:
    """(codes (n,), sorted labels) of a column without gaps; whole numbers of a narrow range without hashing."""
    if values.dtype.kind in "iu" and isinstance(values.dtype, np.dtype) and len(values):
        plain = values.to_numpy().astype(np.int64)
        low = int(plain.min())
        if int(plain.max()) - low < 4 * len(plain) + 1024:
            kept, codes = compact(plain - low, int(plain.max()) - low + 1)
            return codes, kept + low
    codes, labels = pd.factorize(values, sort=True)
    return codes.astype(np.int64), np.asarray(labels)


def compact(codes: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """(sorted distinct codes, position of every code among them), codes in 0..size-1."""
    if size < 4 * len(codes) + 4096:
        # Few possible codes: marking each on a list of all is cheaper than sorting the rows.
        is_present = np.zeros(size, dtype=bool)
        is_present[codes] = True
        kept = np.flatnonzero(is_present)
        place = np.empty(size, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        return kept, place[codes]
    if bool((codes[1:] >= codes[:-1]).all()):
        is_new = np.append(True, codes[1:] != codes[:-1])
        return codes[is_new], np.cumsum(is_new) - 1
    kept, position = np.unique(codes, return_inverse=True)
    return kept, position.astype(np.int64)
