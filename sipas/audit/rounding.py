"""Is a printed number the rounded form of an exact one? The table itself shows how it rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sampling.numbers import BoolArray, IntArray
from sipas.audit.numbers import PLACES, Numbers
from sipas.audit.spec import Rounding

Mode = Literal["half_up", "half_even", "truncate"]
MODES: Final[tuple[Mode, ...]] = ("half_up", "half_even", "truncate")
_SURE = 5  # cells in full length that agree before a shorter one must agree in full length too
# So many cells, and so large a share of those checked, have to be off by a hair before it is the way of the table.
_LOOSE_CELLS, _LOOSE_SHARE = 3, 0.15


@dataclass(frozen=True, eq=False)
class Judged:
    """bad: cells that do not fit; expected: millionths in the column's decimals; rounding: bad cells that would fit
    under another mode; mode: how the column rounds; is_loose: the column was computed from unprinted decimals."""

    bad: BoolArray
    expected: np.ndarray
    decimals: IntArray
    rounding: BoolArray
    mode: Mode
    is_loose: bool


def rounded(numerator: np.ndarray, denominator: np.ndarray, decimals: IntArray, mode: Mode) -> np.ndarray:
    """numerator/denominator (millionths, object arrays of whole numbers) at so many decimals; exact.

    Below zero as above it: half_up and truncate work on the size of the number.
    """
    unit = np.array([10 ** (PLACES - int(d)) for d in decimals], object)
    # Python's whole numbers, not floats: 0.125 has to be a tie for sure, and products outgrow 64 bits.
    size, divisor = np.abs(numerator), denominator * unit
    steps = size // divisor
    rest = size - steps * divisor
    if mode == "half_up":
        steps = steps + (2 * rest >= divisor)
    elif mode == "half_even":  # a tie goes to the even neighbour
        steps = steps + ((2 * rest > divisor) | ((2 * rest == divisor) & (steps % 2 == 1)))
    result: np.ndarray = np.where(numerator < 0, -1, 1).astype(object) * steps * unit
    return result


def half_unit(numbers: Numbers) -> np.ndarray:
    """Half of the last printed place of each cell, in millionths."""
    return np.array([5 * 10 ** (PLACES - 1) // 10 ** min(int(d), PLACES) for d in numbers.decimals], object)


def column_decimals(numbers: Numbers, group: IntArray, rounding: Rounding) -> IntArray:
    """Decimals a column has in each row's group: the most that are printed there, at most six."""
    if rounding.decimals is not None:
        return np.full(len(group), rounding.decimals, np.int64)
    most = np.zeros(int(group.max(initial=0)) + 1, np.int64)
    np.maximum.at(most, group, np.where(numbers.given, np.minimum(numbers.decimals, PLACES), 0))
    result: IntArray = most[group]
    return result


def judge(
    numbers: Numbers,
    exact: tuple[np.ndarray, np.ndarray],
    checked: BoolArray,
    *,
    group: IntArray,
    rounding: Rounding,
    spread: np.ndarray | None = None,
) -> Judged:
    """Compare printed numbers with exact fractions (numerator, denominator; millionths) where `checked`.

    The mode is the declared one, else the one most cells agree with. A cell printed with fewer decimals than its
    column may be right in its own length until the column has proved its length. spread: how far (millionths) the
    exact value may be off because it was computed from more decimals than are printed; used only when so many cells
    differ by that little that it is the way of the table.
    """
    # 1 where nothing is checked: its denominator may be zero.
    numerator, denominator = exact[0], np.where(checked, exact[1], 1)
    full = column_decimals(numbers, group, rounding)
    printed = np.minimum(numbers.decimals, full)
    value = numbers.value.astype(object)
    # Cells with more than six decimals were themselves rounded to millionths when they were read.
    noise = 2 if bool((numbers.decimals[checked] > PLACES).any()) else 0

    def fits(decimals: IntArray, mode: Mode) -> BoolArray:
        near = np.abs(value - rounded(numerator, denominator, decimals, mode)) <= noise
        return np.asarray(near.astype(bool) & checked)

    def accepted(mode: Mode) -> BoolArray:
        at_full = fits(full, mode)
        if int((at_full & (numbers.decimals >= full)).sum()) >= _SURE:
            return at_full
        return at_full | (fits(printed, mode) & (numbers.decimals < full))

    modes = (rounding.mode,) if rounding.mode else MODES
    good = {mode: accepted(mode) for mode in modes}
    # Of modes that fit equally many cells the first one stands: half_up, as offices round.
    mode = max(modes, key=lambda candidate: int(good[candidate].sum()))
    bad = checked & ~good[mode]
    is_loose = False
    if spread is not None and bad.any() and not rounding.mode:
        # |value - numerator / denominator| without dividing: both sides of the comparison times the denominator.
        gap = np.abs(value * denominator - numerator)
        close = bad & (gap <= (spread + half_unit(numbers)) * denominator).astype(bool)
        is_loose = int(close.sum()) >= max(_LOOSE_CELLS, _LOOSE_SHARE * int(checked.sum()))
        bad = bad & ~close if is_loose else bad
    other = np.zeros(len(bad), bool)
    for other_mode in MODES:
        other |= bad & fits(full, other_mode)
    return Judged(bad, rounded(numerator, denominator, full, mode), full, other, mode, is_loose)
