"""Plausible cells for one leaf of a rulebook: the better a unit's quality (0..1), the more points they earn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal

import numpy as np

from sipas.example.streams import Floats, Words, words
from sipas.rulebook import Band, Criterion

Cells = Mapping[str, Words]

_FEWEST_CASES, _CASES_SPAN = 20.0, 45.0
_LARGEST_COUNT = 20  # edges up to this are counts, above it per cents
_N_RATERS = 40


def leaf_cells(leaf: Criterion, quality: Floats, random: np.random.Generator) -> Cells:
    """Text cells by input field of the leaf's rule; `quality` shape (units,), in 0..1; 0 earns the least."""
    return _CELLS[leaf.form](leaf, quality, random)


def _choice(leaf: Criterion, quality: Floats, random: np.random.Generator) -> Cells:
    codes = [level.level_code for level in sorted(leaf.levels, key=lambda level: level.points or Decimal(0))]
    return {"choice_code": words(codes)[_positions(quality, len(codes))]}


def _band(leaf: Criterion, quality: Floats, random: np.random.Generator) -> Cells:
    edges = [float(edge) for band in leaf.bands for edge in (band.start, band.end) if edge is not None]
    reach = max(max(edges) - min(edges), 0.2 * abs(max(edges)), 1.0)
    bands = sorted(leaf.bands, key=lambda band: band.points)
    position = _positions(quality, len(bands))
    chance = random.uniform(0.05, 0.95, len(quality))
    counts = [_whole_numbers(band, reach) for band in bands]
    if max(edges) <= _LARGEST_COUNT and all(counts):
        return {
            "value": words([str(counts[at][int(u * len(counts[at]))]) for at, u in zip(position, chance, strict=True)])
        }
    low, high = np.array([_span(band, reach) for band in bands])[position].T
    return {"value": _texts(low + (high - low) * chance)}


def _ratio(leaf: Criterion, quality: Floats, random: np.random.Generator) -> Cells:
    denominator = np.floor(_FEWEST_CASES * _CASES_SPAN ** random.random(len(quality)))
    return {"numerator": _texts(np.floor(denominator * quality + 0.5)), "denominator": _texts(denominator)}


def _linear(leaf: Criterion, quality: Floats, random: np.random.Generator) -> Cells:
    return {"value": _texts(quality * float(leaf.high or 100))}


def _linear_between(leaf: Criterion, quality: Floats, random: np.random.Generator) -> Cells:
    low, high = float(leaf.low or 0), float(leaf.high or 0)
    return {"value": _texts(low + (high - low) * quality)}


def _option_weights(leaf: Criterion, quality: Floats, random: np.random.Generator) -> Cells:
    levels = sorted(leaf.levels, key=lambda level: level.weight_pct or Decimal(0))
    place = np.linspace(0, 1, len(levels))
    chance = np.exp(-((place - quality[:, None]) ** 2) / 0.08)
    counts = random.multinomial(_N_RATERS, chance / chance.sum(axis=1, keepdims=True))
    texts = [
        ";".join(f"{level.level_code}={n}" for level, n in zip(levels, row, strict=True)) for row in counts.tolist()
    ]
    return {"option_counts": words(texts)}


def _positions(quality: Floats, count: int) -> np.ndarray:
    return np.minimum(np.floor(quality * count).astype(np.int64), count - 1)


def _span(band: Band, reach: float) -> tuple[float, float]:
    """The band's ends; an open end is put at `reach`, and not below 0 where the band holds 0 or more."""
    if band.start is None:
        end = float(band.end or 0)
        holds_zero = end > 0 or (end == 0 and band.end_inclusive)
        return (max(0.0, end - reach) if holds_zero else end - reach), end
    start = float(band.start)
    return start, float(band.end) if band.end is not None else start + reach


def _whole_numbers(band: Band, reach: float) -> list[int]:
    """Whole numbers in the band: its edges speak of things that are counted."""
    low, high = _span(band, reach)
    inner = range(math.ceil(low), math.floor(high) + 1)
    closed_low = band.start is None or band.start_inclusive
    closed_high = band.end is None or band.end_inclusive
    return [k for k in inner if (k > low or closed_low) and (k < high or closed_high)]


def _texts(numbers: Floats) -> Words:
    """Numbers with at most two decimals, no trailing zeros."""
    return words([f"{number:.2f}".rstrip("0").rstrip(".") for number in numbers.tolist()])


_CELLS: Mapping[str, Callable[[Criterion, Floats, np.random.Generator], Cells]] = {
    "choice": _choice,
    "band": _band,
    "ratio": _ratio,
    "linear": _linear,
    "linear_between": _linear_between,
    "option_weights": _option_weights,
}
