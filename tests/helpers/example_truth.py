"""What the made-up population truly thinks: the census values that estimates of the example are held against."""

from __future__ import annotations

from dataclasses import dataclass

from sipas.example.answers import IS_POLICY, Population
from sipas.example.delegates import DELEGATE_HEADERS, OPTIONS, Delegates
from sipas.example.streams import Flags, Floats


@dataclass(frozen=True)
class Truth:
    """Percentages of codes 4 and 5 over `n` dossiers: `item_pct` shape (39,), and means over the items of the
    policy content, the service content and all 39."""

    n: int
    item_pct: Floats
    policy_pct: float
    service_pct: float
    overall_pct: float


@dataclass(frozen=True)
class DelegateTruth:
    """Per cent of full points over `n` delegates: `item_pct` shape (5,), and their mean `overall_pct`."""

    n: int
    item_pct: Floats
    overall_pct: float


def population_truth(population: Population, chosen: Flags | None = None) -> Truth:
    """The census value of the index (share of codes 4 and 5, items pooled equally) over the eligible dossiers.

    `chosen`: shape (rows,), a part of them, such as the dossiers of one unit after the crosswalk.
    """
    rows = population.frame.is_eligible if chosen is None else population.frame.is_eligible & chosen
    item_pct: Floats = 100 * (population.items[rows] >= 4).mean(axis=0)
    return Truth(
        n=int(rows.sum()),
        item_pct=item_pct,
        policy_pct=float(item_pct[IS_POLICY].mean()),
        service_pct=float(item_pct[~IS_POLICY].mean()),
        overall_pct=float(item_pct.mean()),
    )


def delegate_truth(delegates: Delegates, unit_id: str = "") -> DelegateTruth:
    """The census value of the index over the eligible delegates, of one commune or ("") of all."""
    chosen = delegates.is_eligible
    if unit_id:
        chosen = chosen & (delegates.rows[DELEGATE_HEADERS["unit_id"]] == unit_id).to_numpy()
    item_pct: Floats = 100 / max(OPTIONS) * delegates.items[chosen].mean(axis=0)
    return DelegateTruth(int(chosen.sum()), item_pct, float(item_pct.mean()))
