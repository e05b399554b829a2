"""Exact small arithmetic and the array types used everywhere."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def exact(value: int | float | str | Decimal | Fraction) -> Fraction:
    """The number a person wrote: 0.35 is 7/20, not the binary fraction nearest to it."""
    return Fraction(repr(float(value))) if isinstance(value, float | np.floating) else Fraction(value)


def ceil_exact(value: Fraction) -> int:
    """Smallest integer >= value, without a float in between (21/.35 is 60, not 61)."""
    return -(-value.numerator // value.denominator)


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no blanks, non-ASCII as is: one text for one content, to be hashed."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sha256_hex(content: bytes | str) -> str:
    """Lower-case hex SHA-256 of bytes, or of the UTF-8 form of a text."""
    return hashlib.sha256(content.encode("utf-8") if isinstance(content, str) else content).hexdigest()


def is_multiple(values: FloatArray, of: FloatArray) -> bool:
    """Whether values (n,) are one positive number times `of`, to 1e-9."""
    ratio = np.divide(values, of, out=np.full(len(values), np.nan), where=of > 0)
    return bool(ratio[0] > 0 and np.allclose(ratio, ratio[0], rtol=1e-9, atol=0))
