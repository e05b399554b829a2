"""Many draws at once through the selection core, and the test that counts how often every unit comes."""

import hashlib
from functools import cache

import numpy as np
import pandas as pd
from scipy.stats import norm

from sampling.selection.choose import Units, choose, draw_orders
from sampling.selection.plan import Strata

SEEDS = 20_000


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def seeds(rounds: int) -> tuple[str, ...]:
    return tuple(sha(f"seed {one}") for one in range(rounds))


def words(many_seeds, ids) -> np.ndarray:
    """U_k of every id under every seed, shape (seeds, ids)."""
    values = [[int(sha(f"{seed}|{one}")[:16], 16) for one in ids] for seed in many_seeds]
    return np.array(values, dtype=np.uint64)


def purpose(many_seeds, what: str) -> list[str]:
    return [sha(f"{seed}|{what}") for seed in many_seeds]


def orders(many_seeds, ids, sizes, plan, method="srs", forced=()) -> tuple[np.ndarray, np.ndarray]:
    """Draw order (1.., 0 = not drawn) and planned probability under every seed: one stratum "h" per seed.

    plan: (n, r). Both results have the shape (seeds, ids).
    """
    rounds, count = len(many_seeds), len(ids)
    key = words(many_seeds, ids)
    by_key = np.argsort(key, axis=1)
    stratum = np.repeat(np.arange(rounds), count)
    marks = np.isin(np.array(ids), list(forced))
    units = Units(stratum, np.sort(key, axis=1).ravel(), np.asarray(sizes)[by_key].ravel(), marks[by_key].ravel())
    each = [np.full(rounds, one) for one in (count, *plan)]
    strata = Strata(tuple(map(str, range(rounds))), *each)
    starts = np.array([int(one[:16], 16) for one in purpose(many_seeds, "start:h")], dtype=object)
    chosen = choose(method, units, strata, starts)
    tie = np.arange(len(stratum))
    if method != "srs":
        tie = np.take_along_axis(words(purpose(many_seeds, "order"), ids), by_key, axis=1).ravel()
    rows = np.flatnonzero(chosen.is_drawn)
    order, place = draw_orders(stratum[rows], chosen.is_certain[rows], tie[rows])
    flat = np.zeros(rounds * count, dtype=np.int64)
    flat[rows[order]] = place
    result, planned = np.zeros((rounds, count), dtype=np.int64), np.zeros((rounds, count))
    np.put_along_axis(result, by_key, flat.reshape(rounds, count), axis=1)
    np.put_along_axis(planned, by_key, chosen.planned(np.arange(len(flat))).reshape(rounds, count), axis=1)
    return result, planned


def bound(count: int, level: float = 1e-6) -> float:
    """Two-sided Bonferroni bound of `count` standard normal values."""
    return float(norm.isf(level / 2 / count))


def largest_z(is_in: np.ndarray, prob: np.ndarray) -> float:
    """max |O - R p| / sqrt(R p (1 - p)) over columns; with p = 0 or 1 a single exception counts as infinite."""
    rounds, hits = len(is_in), is_in.sum(axis=0)
    fixed = (prob >= 1) | (prob <= 0)
    if (hits[fixed] != rounds * prob[fixed]).any():
        return float("inf")
    prob, hits = prob[~fixed], hits[~fixed]
    return float(np.max(np.abs(hits - rounds * prob) / np.sqrt(rounds * prob * (1 - prob)), initial=0.0))


def pairs_of(is_in: np.ndarray) -> np.ndarray:
    """Columns for the pairs k < l."""
    left, right = np.triu_indices(is_in.shape[1], 1)
    return is_in[:, left] & is_in[:, right]


def assert_included(is_in: np.ndarray, prob: np.ndarray) -> None:
    assert largest_z(is_in, prob) < bound(is_in.shape[1])


def frame_of(ids, stratum="h", **columns) -> pd.DataFrame:
    return pd.DataFrame({"frame_unit_id": list(ids), "stratum_id": stratum, "psu_id": list(ids), **columns})


def plan_table(**strata: tuple[int, int, int]) -> pd.DataFrame:
    """Allocation: stratum=(N, n, r)."""
    rows = [(one, *sizes, "plan") for one, sizes in strata.items()]
    return pd.DataFrame(rows, columns=["stratum_id", "pop_size", "sample_size", "reserve_size", "method"])
