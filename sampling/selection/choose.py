"""Who is chosen in every stratum, from words and integer sizes only: no float decides (docs/methods.md, section 3).

All strata are treated at once: `stratum` holds codes 0..H-1, arrays by stratum have length H. Products that could pass
2^62 are made of Python integers (dtype object) with the same code.

Why integers: anybody must be able to draw the same sample again, in another language and in ten years. A float product
or quotient may round differently there, and one unit more or less at a border is another sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import DesignError
from sampling.numbers import BoolArray, IntArray
from sampling.selection.plan import Strata

Integers = NDArray[Any]  # int64, or object holding Python integers
_TWO64 = 1 << 64
_FEW = 10  # order sampling below n - c = 10 is too far from its nominal probabilities
_NEAR = 1e-9  # relative distance at which ranking values are compared exactly, far above float error


@dataclass(frozen=True)
class Units:
    """Units of a draw sorted by stratum, word, digest. word: (U_k - C) mod 2^64; size: positive integers."""

    stratum: IntArray
    word: NDArray[np.uint64]
    size: Integers
    forced: BoolArray


@dataclass(frozen=True)
class Chosen:
    """By unit: is it drawn (main or reserve), is it certain; planned: its probability (n - c) x / X, 1 if certain.

    `part` and `whole` are numerator and denominator of `planned` as exact integers.
    """

    is_drawn: BoolArray
    is_certain: BoolArray
    part: Integers
    whole: Integers

    def planned(self, rows: IntArray) -> NDArray[np.float64]:
        """Probability of belonging to the planned main sample, correctly rounded, of the given rows."""
        ratio = self.part[rows].astype(object) / self.whole[rows].astype(object)
        return np.where(self.is_certain[rows], 1.0, ratio.astype(np.float64))


def choose(method: str, units: Units, strata: Strata, starts: Integers) -> Chosen:
    """Draw n + r units in every stratum; size is 1 for every unit under srs, whose units may be candidates only.

    starts: U of purpose `start:<stratum>`, used by pps. Raises DesignError `draw.certain`, `draw.few`.
    """
    sizes = _exact(units.size, strata)
    units = replace(units, size=sizes)
    certain = units.forced.copy()
    count = len(strata.ids)
    if method != "srs":
        _check_certain(np.bincount(units.stratum[certain], minlength=count), strata, method)
        certain = certainties(units.stratum, sizes, certain, strata.take)
    number = np.bincount(units.stratum[certain], minlength=count)
    _check_certain(number, strata, method)
    _check_few(number, strata, method)
    open_sizes = np.where(certain, 0, sizes)
    total = strata.pop - number if method == "srs" else _sums(units.stratum, open_sizes, count)
    left = strata.take - number
    if method == "srs":
        picked = _first(units.stratum, ~certain, left)
    elif method == "pps":
        picked = systematic(units.stratum, open_sizes * left[units.stratum], total, starts)
    else:
        picked = _by_rank(method, units, np.flatnonzero(~certain), left, total)
    part = (strata.main - number)[units.stratum] * sizes
    return Chosen(certain | picked, certain, part, np.maximum(total, 1)[units.stratum])


def certainties(stratum: IntArray, size: Integers, forced: BoolArray, take: IntArray) -> BoolArray:
    """Units drawn for sure: the forced ones, then repeatedly all with (take - c) x_k >= X over the rest."""
    certain = forced.copy()
    while True:
        left = take - np.bincount(stratum[certain], minlength=len(take))
        total = _sums(stratum, np.where(certain, 0, size), len(take))
        reaches_one = ~certain & (left[stratum] > 0) & (left[stratum] * size >= total[stratum]).astype(bool)
        # Every unit taken for sure shrinks X for the others, so another may reach p >= 1 now: repeat until none does.
        # The condition compares products, since p = (take - c) x / X as a quotient would round at exactly 1.
        if not reaches_one.any():
            return certain
        certain |= reaches_one


def systematic(stratum: IntArray, width: Integers, step: Integers, starts: Integers) -> BoolArray:
    """Units, in order, whose interval [before, after) of width a x_k holds a point S + jX, S = floor(U X / 2^64).

    width: (take - c) x_k, 0 for certain units; step: X by stratum. (Hartley, Rao 1962; the order is the random one.)
    """
    # All strata lie on one line, each with its own origin `base`; a stratum without open units has X = 0 and width 0,
    # and dividing by 1 instead gives no hit. An interval [before, after) holds as many points S + jX as the floor of
    # (end - S - 1)/X grows over it; + X keeps the numerators from being negative. p < 1 for all that are not certain,
    # so that is 0 or 1 and nobody is drawn twice.
    step = np.maximum(step, 1)
    after = np.cumsum(width)
    before = after - width
    first = np.flatnonzero(np.r_[True, stratum[1:] != stratum[:-1]])
    base = before[first][np.cumsum(np.r_[False, stratum[1:] != stratum[:-1]])]
    points = ((starts * step.astype(object)) // _TWO64).astype(step.dtype)
    shift = (step - points - 1)[stratum] - base
    hits = (after + shift) // step[stratum] - (before + shift) // step[stratum]
    return np.asarray(hits > 0, dtype=np.bool_)


def _by_rank(method: str, units: Units, rows: IntArray, left: IntArray, total: Integers) -> BoolArray:
    """The `left` smallest ranking values of every stratum; near the border they are compared as fractions."""
    stratum = units.stratum[rows]
    word, size = units.word[rows], units.size[rows]
    # Floats only presort: a word has more digits than a float, so two units at the border may come in the wrong order.
    # Whoever lies within 1e-9 of the border is ranked again as a fraction; the others are far beyond float error.
    rank = word.astype(np.float64) / size.astype(np.float64)
    if method == "pareto":  # differences are taken between integers, so nothing cancels
        share = left[stratum] * size
        rank *= (total[stratum] - share).astype(np.float64) / ((~word).astype(np.float64) + 1)
    order = np.lexsort((rank, stratum))
    place = _places(stratum[order])
    taken = np.zeros(len(rows), dtype=np.bool_)
    taken[order] = place < left[stratum[order]]
    border = np.full(len(left), -1.0)
    last = order[place == left[stratum[order]] - 1]
    border[stratum[last]] = rank[last]
    near = np.abs(rank - border[stratum]) <= _NEAR * border[stratum]
    for code in np.flatnonzero(np.bincount(stratum[near], minlength=len(left)) > 1):  # strata, not rows
        some = np.flatnonzero(near & (stratum == code))
        values = [
            _ranking(method, units, int(rows[candidate]), int(left[code]), int(total[code])) for candidate in some
        ]
        best = sorted(range(len(some)), key=values.__getitem__)[: int(taken[some].sum())]  # stable: ties by digest
        taken[some] = False
        taken[some[best]] = True
    result = np.zeros(len(units.stratum), dtype=np.bool_)
    result[rows[taken]] = True
    return result


def _ranking(method: str, units: Units, row: int, left: int, total: int) -> Fraction:
    """Ranking value up to a constant: u/lambda (Ohlsson 1998), u(1 - lambda)/((1 - u) lambda) (Rosen 1997)."""
    word, size = int(units.word[row]), int(units.size[row])
    if method == "sequential_poisson":
        return Fraction(word, size)
    return Fraction(word * (total - left * size), (_TWO64 - word) * left * size)


def _first(stratum: IntArray, is_open: BoolArray, left: IntArray) -> BoolArray:
    """The first `left` open units of every stratum in the order given."""
    rows = np.flatnonzero(is_open)
    result = np.zeros(len(stratum), dtype=np.bool_)
    result[rows[_places(stratum[rows]) < left[stratum[rows]]]] = True
    return result


def draw_orders(stratum: IntArray, is_certain: BoolArray, tie: NDArray[Any]) -> tuple[IntArray, IntArray]:
    """Sorting of drawn units by stratum, certain ones first, then `tie`; and the place 1, 2, ... of the sorted ones."""
    order = np.lexsort((tie, ~is_certain, stratum))
    return order, _places(stratum[order]) + 1


def _places(stratum: IntArray) -> IntArray:
    """Place 0, 1, ... of every row within its stratum; rows are sorted by stratum."""
    if not len(stratum):
        return np.zeros(0, dtype=np.int64)
    is_first = np.r_[True, stratum[1:] != stratum[:-1]]
    starts = np.flatnonzero(is_first)
    return np.asarray(np.arange(len(stratum)) - starts[np.cumsum(is_first) - 1], dtype=np.int64)


def _check_certain(number: IntArray, strata: Strata, method: str) -> None:
    """The main sample must hold all certain units and leave the others a chance."""
    is_unequal = (number > 0) | (method != "srs")
    has_others = (strata.pop > number) & (strata.take > 0)
    over = (number > strata.main) | (is_unequal & has_others & (number == strata.main))
    if over.any():
        code = int(np.flatnonzero(over)[0])
        raise DesignError(
            "draw.certain", where=strata.ids[code], got=int(number[code]), expected=int(strata.main[code])
        )


def _check_few(number: IntArray, strata: Strata, method: str) -> None:
    """Order sampling comes near its probabilities only with enough units that are not certain."""
    few = strata.main - number < _FEW
    if method not in ("srs", "pps") and (few & (strata.pop > number)).any():
        code = int(np.flatnonzero(few & (strata.pop > number))[0])
        raise DesignError("draw.few", where=strata.ids[code], got=int(strata.main[code] - number[code]), expected=_FEW)


def _exact(size: Integers, strata: Strata) -> Integers:
    """Sizes as int64 when no product can pass 2^62, else as Python integers."""
    if not len(size):
        return size
    largest = int(size.max()) * (len(size) + 1) * (int(strata.take.max()) + 1)
    return size if largest < 1 << 62 and size.dtype != object else size.astype(object)


def _sums(stratum: IntArray, values: Integers, count: int) -> Integers:
    """Sum of integers by stratum, exact."""
    result = np.zeros(count, dtype=values.dtype)
    np.add.at(result, stratum, values)
    return result
