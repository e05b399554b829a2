"""Size measures and forced marks read from a frame: exact integers, or a refusal (docs/methods.md, section 3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from errors import DesignError

_SIZE = r"^[0-9]{1,30}(\.[0-9]{1,30})?$"
_INT64_DIGITS = 18
_TEXT0, _EMPTY = pa.scalar("0", pa.large_string()), pa.scalar("", pa.large_string())


def sizes_of(values: pa.ChunkedArray, column: str) -> NDArray[Any]:
    """Positive decimals as text, all times the same power of ten: int64 when they fit, else Python integers.

    Multiplying all sizes of a stratum changes neither probabilities nor the draw. Raises DesignError
    `draw.size_measure` with the number of cells that are no plain decimal above 0.
    """
    fits = pc.fill_null(pc.match_substring_regex(values, _SIZE), False)
    is_zero = pc.fill_null(pc.match_substring_regex(values, r"^[0.]*$"), True)
    bad = len(values) - int(pc.sum(pc.and_not(fits, is_zero)).as_py() or 0)
    if bad:
        raise DesignError("draw.size_measure", where=column, got=bad)
    point = pc.find_substring(values, ".")
    length = pc.cast(pc.utf8_length(values), pa.int32())
    places = pc.if_else(pc.less(point, 0), 0, pc.subtract(pc.subtract(length, point), 1))
    missing = pc.subtract(pc.max(places), places)
    digits = pc.replace_substring(values, ".", "")
    digits = pc.binary_join_element_wise(digits, pc.binary_repeat(_TEXT0, missing), _EMPTY)
    if int(pc.max(pc.utf8_length(digits)).as_py()) <= _INT64_DIGITS:
        return np.asarray(pc.cast(digits, pa.int64()).to_numpy(), dtype=np.int64)
    return np.array([int(text) for text in digits.to_pylist()], dtype=object)


def forced_rows(values: pa.ChunkedArray, column: str) -> NDArray[np.bool_]:
    """Marks 1 (drawn for sure) and 0. Raises DesignError `draw.forced`."""
    is_forced = pc.equal(values, "1")
    good = pc.fill_null(pc.or_(is_forced, pc.equal(values, "0")), False)
    bad = len(values) - int(pc.sum(good).as_py() or 0)
    if bad:
        raise DesignError("draw.forced", where=column, got=bad, expected="0 | 1")
    return np.asarray(is_forced.to_numpy(), dtype=np.bool_)
