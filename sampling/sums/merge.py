"""Sums of several tables of rows together: labels are matched, exact parts are added.

Every part numbers its own domains, strata and units, by the labels it saw. So numbers mean nothing across parts: they
are matched by label first, then sums are placed on the common rows. Parts stay unjoined (one sum for every grid,
`sampling.exact`) until the last chunk is in: joined earlier they would be rounded, and where the cuts were would show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.codes import compact
from sampling.design import Stage, levels
from sampling.exact import Parts, added, grouping, join
from sampling.numbers import FloatArray, IntArray
from sampling.sums.calibration import calibration_sums, merged
from sampling.sums.model import CalibrationPart, Totals, TotalsPart


@dataclass(frozen=True, eq=False)
class _Union:
    """Strata and stages of all parts, and the last-stage unit that every part's units became."""

    strata: np.ndarray
    stages: tuple[Stage, ...]
    unit_of: tuple[IntArray, ...]


def merge_parts(parts: Sequence[TotalsPart]) -> Totals:
    """Totals of all parts. Domains, strata and units of the same label are the same; without a unit column all differ.

    Raises DesignError `totals.parts` (no part, or parts made otherwise), `design.pop_size`.
    """
    _check_alike(parts)
    if len(parts) == 1:
        return _finished(parts[0])
    union = _united(parts)
    labels, domain_of = _matched([part.domains for part in parts])
    units = len(union.stages[-1].parent)
    codes = [
        domain[part.pair_domain] * units + unit[part.pair_unit]
        for part, domain, unit in zip(parts, domain_of, union.unit_of, strict=True)
    ]
    pairs, position = compact(np.concatenate(codes), len(labels) * units)
    places = np.split(position, np.cumsum([len(part) for part in codes])[:-1])
    joint = TotalsPart(
        variables=parts[0].variables,
        domains=labels,
        stratum_labels=union.strata,
        stages=union.stages,
        lonely_psu=parts[0].lonely_psu,
        pair_domain=pairs // units,
        pair_unit=pairs % units,
        wy=_placed([part.wy for part in parts], places, len(pairs)),
        wa=_placed([part.wa for part in parts], places, len(pairs)),
        wyy=_placed([_squares(part) for part in parts], domain_of, len(labels)),
        n=_counts([part.n for part in parts], domain_of, len(labels)),
        n_rows=_counts([part.n_rows[:, None] for part in parts], domain_of, len(labels))[:, 0],
        calibration=_calibration(parts, (domain_of, union.unit_of), (len(labels), units)),
    )
    return _finished(joint)


def _check_alike(parts: Sequence[TotalsPart]) -> None:
    def shape(part: TotalsPart) -> tuple[object, ...]:
        stages = tuple((s.labels is None, s.pop_size is None, s.prob is None) for s in part.stages)
        return stages, part.lonely_psu, None if part.calibration is None else part.calibration.widths

    if len({shape(part) for part in parts}) != 1:
        raise DesignError("totals.parts", got=len({shape(part) for part in parts}), expected=1)


def _finished(part: TotalsPart) -> Totals:
    pairs, domains, width = len(part.pair_domain), len(part.domains), len(part.variables)
    to_domain = grouping(part.pair_domain, domains)

    def by_domain(parts: Parts, columns: int) -> FloatArray:
        return join({grid: np.asarray(to_domain @ values) for grid, values in parts.items()}, (domains, columns))

    wide = max((values.shape[1] for values in part.wa.values()), default=width)
    domain_wy = by_domain(part.wy, width)
    return Totals(
        variables=part.variables,
        domains=tuple(map(str, part.domains.tolist())),
        pair_domain=part.pair_domain,
        pair_unit=part.pair_unit,
        wy=join(part.wy, (pairs, width)),
        wa=np.broadcast_to(join(part.wa, (pairs, wide)), (pairs, width)),
        domain_wy=domain_wy,
        domain_wa=np.broadcast_to(by_domain(part.wa, wide), (domains, width)),
        domain_wyy=join(part.wyy, (domains, width)) if part.wyy else domain_wy,
        n=part.n,
        n_rows=part.n_rows,
        stages=part.stages,
        levels=levels(part.stages, part.stratum_labels),
        lonely_psu=part.lonely_psu,
        calibration=calibration_sums(part.calibration, width),
    )


def _squares(part: TotalsPart) -> Parts:
    """sum w y^2 by domain; with 0/1 variables alone it was not made, since it is sum w y."""
    to_domain = grouping(part.pair_domain, len(part.domains))
    return part.wyy or {grid: np.asarray(to_domain @ values) for grid, values in part.wy.items()}


def _matched(labels: Sequence[np.ndarray]) -> tuple[np.ndarray, tuple[IntArray, ...]]:
    """(sorted distinct labels, where those of every part stand among them)."""
    codes, distinct = pd.factorize(np.concatenate([names.astype(object) for names in labels]), sort=True)
    cuts = np.cumsum([len(names) for names in labels])[:-1]
    return np.asarray(distinct), tuple(code.astype(np.int64) for code in np.split(codes, cuts))


def _united(parts: Sequence[TotalsPart]) -> _Union:
    strata, parent_of = _matched([part.stratum_labels for part in parts])
    parents, stages = len(strata), []
    for number in range(len(parts[0].stages)):
        alike = [part.stages[number] for part in parts]  # this stage of every part
        above = np.concatenate([place[stage.parent] for stage, place in zip(alike, parent_of, strict=True)])
        if alike[0].labels is None:
            # Rows are the units: none of two parts can be the same, so they are only lined up by what lies above them.
            order = np.argsort(above, kind="stable")
            position = np.empty(len(above), dtype=np.int64)
            position[order] = np.arange(len(above))
            parent, labels, first = above[order], None, order
        else:
            values, value_of = _matched([stage.labels for stage in alike if stage.labels is not None])
            pairs, position = compact(above * len(values) + np.concatenate(value_of), parents * len(values))
            parent, labels = pairs // len(values), values[pairs % len(values)]
            first = np.empty(len(pairs), dtype=np.int64)
            first[position] = np.arange(len(position))
        sizes = _agreed([stage.pop_size for stage in alike], position, first, number)
        stages.append(Stage(parent, labels, sizes, _agreed([stage.prob for stage in alike], position, first, number)))
        parent_of = tuple(np.split(position, np.cumsum([len(stage.parent) for stage in alike])[:-1]))
        parents = len(parent)
    return _Union(strata, tuple(stages), parent_of)


def _agreed(values: Sequence[FloatArray | None], position: IntArray, first: IntArray, number: int) -> FloatArray | None:
    """Counts or probabilities of the united units; DesignError `design.pop_size` when parts disagree on one."""
    given = [column for column in values if column is not None]
    if not given:
        return None
    joined = np.concatenate(given)
    of_unit = joined[first]
    # A unit cut in two by the chunks must have said the same N (or pi) in both: otherwise f_h would hang on the cut.
    if (of_unit[position] != joined).any():
        wrong = int((of_unit[position] != joined).argmax())
        got = f"{of_unit[position][wrong]:g} .. {joined[wrong]:g}"
        raise DesignError("design.pop_size", where=f"pop_size[{number + 1}]", got=got, expected="1")
    return of_unit


def _placed(terms: Sequence[Parts], places: Sequence[IntArray], size: int) -> Parts:
    """Parts of the tables on their common rows; those with one column for all variables are widened where needed."""
    moved = [
        {grid: np.asarray(grouping(place, size) @ values) for grid, values in term.items()}
        for term, place in zip(terms, places, strict=True)
    ]
    widths = {values.shape[1] for term in moved for values in term.values()}
    return added(moved, (size, max(widths))) if widths else {}


def _counts(terms: Sequence[IntArray], places: Sequence[IntArray], size: int) -> IntArray:
    total = np.zeros((size, terms[0].shape[1]), dtype=np.int64)
    for term, place in zip(terms, places, strict=True):
        total[place] += term
    return total


def _calibration(
    parts: Sequence[TotalsPart], codes: tuple[Sequence[IntArray], Sequence[IntArray]], sizes: tuple[int, int]
) -> CalibrationPart | None:
    calibrations = [part.calibration for part in parts if part.calibration is not None]
    return merged(calibrations, codes, sizes) if calibrations else None
