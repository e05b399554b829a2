"""Strata with a single responding PSU join a neighbour, by a list that was fixed before fieldwork."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from errors import DesignError
from sampling.design.columns import check_columns


@dataclass(frozen=True, eq=False)
class Collapsed:
    """Rows with joined strata and added populations, and the joins made (stratum, into), in order, for the log."""

    data: pd.DataFrame
    joined: tuple[tuple[str, str], ...]


def collapse_strata(
    data: pd.DataFrame, stratum: str, psu: str, pop_size: str | None, neighbours: Mapping[str, Sequence[str]]
) -> Collapsed:
    """Join every stratum with one responding PSU to the first of its `neighbours` that is in the data.

    A stratum whose only PSU is its whole population stays. In order of the stratum's name; a joined stratum that was
    lonely too is no longer. N of the joined stratum is the sum. Weights stay as they are; a stratum without a
    neighbour in the data stays lonely and is left to the design's rule.
    Raises DesignError `design.column`, `design.missing`, `design.collapse_psu` (a PSU name in both strata).
    """
    check_columns(data, (stratum, psu, pop_size))
    per = data.assign(stratum_name=data[stratum].astype("str")).groupby("stratum_name", sort=True)
    units: dict[str, set[object]] = {str(name): set(rows[psu]) for name, rows in per}
    sizes = {name: float("inf") for name in units} if pop_size is None else per[pop_size].first().to_dict()
    into, joined = {name: name for name in units}, []
    for name in sorted(units):
        if into[name] != name or len(units[name]) != 1 or sizes[name] == 1:
            continue
        target = next(
            (
                into[neighbour]
                for neighbour in neighbours.get(name, ())
                if neighbour in into and into[neighbour] != name
            ),
            None,
        )
        if target is None:
            continue
        if units[name] & units[target]:
            raise DesignError("design.collapse_psu", where=f"{name} + {target}", got=1, expected=0)
        units[target] |= units.pop(name)
        sizes[target] += sizes[name]
        into = {source: target if final == name else final for source, final in into.items()}
        joined.append((name, target))
    names = data[stratum].astype("str").map(into)
    new = data.assign(**{stratum: names})
    if pop_size is not None:
        new = new.assign(**{pop_size: names.map(sizes)})
    return Collapsed(new, tuple(joined))
