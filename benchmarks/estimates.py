"""Shares with linearised errors, 25 items x all units: the program against the plain-numpy limit, in one run.

python benchmarks/estimates.py [rows] [units]. The limit checks and labels nothing: read the ratio.
"""

import sys
import time

import numpy as np
import pandas as pd

from sampling.design import Design
from sampling.estimation import share_table
from sampling.totals import totals
from sampling.weighting import rake

SEED = 20261101


def survey(rows: int, units: int, items: int = 25) -> pd.DataFrame:
    """Made-up answers: unit, stratum (half units), PSU, weight, sex, age, 0/1 items."""
    rng = np.random.default_rng(SEED)
    unit = np.sort(np.concatenate([np.repeat(np.arange(units), 4), rng.integers(0, units, rows - 4 * units)]))
    place = np.arange(rows) - np.searchsorted(unit, unit)
    psu = unit * rows + place // 3
    level = rng.normal(0.9, 0.4, units)[unit] + rng.normal(0, 0.8, rows)
    data = pd.DataFrame({"unit": unit, "stratum": unit, "psu": psu, "w": rng.lognormal(3, 0.4, rows)})
    data["N"] = data.groupby("stratum")["psu"].transform("nunique") * 8
    data["sex"] = rng.choice(["1", "2"], rows)
    data["age"] = rng.choice(list("123456"), rows)
    for item in range(items):
        data[f"q{item:02d}"] = (level + rng.normal(0, 0.6, rows) > 0).astype(float)
    return data


def limit(data: pd.DataFrame, items: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Share and linearised error by unit when strata are the units: bincounts only."""
    unit, w = data["unit"].to_numpy(), data["w"].to_numpy()
    n_units = unit.max() + 1
    psus, row_psu = np.unique(data["psu"].to_numpy(), return_inverse=True)
    psu_unit = np.zeros(len(psus), dtype=np.int64)
    psu_unit[row_psu] = unit
    m = np.bincount(psu_unit, minlength=n_units)
    population = np.zeros(n_units)
    population[unit] = data["N"].to_numpy()
    factor = np.where(m > 1, (1 - m / population) * m / np.maximum(m - 1, 1), 0)
    total = np.bincount(unit, w, n_units)
    share, error = np.empty((n_units, len(items))), np.empty((n_units, len(items)))
    for column, item in enumerate(items):
        y = data[item].to_numpy()
        share[:, column] = np.bincount(unit, w * y, n_units) / total
        z = np.bincount(row_psu, w * (y - share[unit, column]) / total[unit], len(psus))
        s1, s2 = np.bincount(psu_unit, z, n_units), np.bincount(psu_unit, z * z, n_units)
        error[:, column] = np.sqrt(factor * (s2 - s1 * s1 / np.maximum(m, 1)))
    return share, error


def margins(data: pd.DataFrame) -> pd.DataFrame:
    """Control totals of sex and age, 5 % off the weighted ones and summing to the same population."""
    parts = []
    for margin in ("sex", "age"):
        totals_of = data.groupby(margin)["w"].sum()
        moved = totals_of * np.linspace(0.95, 1.05, len(totals_of))
        moved = moved / moved.sum() * data["w"].sum()
        parts.append(pd.DataFrame({"margin": margin, "category": moved.index, "total": moved.to_numpy()}))
    return pd.concat(parts, ignore_index=True).assign(partition="", source="bench")


def timed(work) -> tuple[float, object]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def main() -> None:
    rows, units = (int(one) for one in sys.argv[1:3]) if len(sys.argv) > 2 else (36_000, 200)
    data = survey(rows, units)
    items = [name for name in data.columns if name.startswith("q")]
    base, (share, error) = timed(lambda: limit(data, items))
    design = {"weight": "w", "stratum": "stratum", "psu": "psu", "pop_size": "N", "lonely_psu": "remove"}
    mine, table = timed(lambda: share_table(totals(Design(data, **design), items, "unit")))
    got = table.assign(u=table["domain"].astype(int)).pivot(index="u", columns="variable", values="estimate")
    errors = table.assign(u=table["domain"].astype(int)).pivot(index="u", columns="variable", values="std_error")
    both = ~np.isnan(errors.to_numpy())  # unanimous cells have no error here
    worst = max(np.abs(got.to_numpy() - share).max(), np.abs(errors.to_numpy()[both] - error[both]).max())
    print(f"{rows:,} rows x {len(items)} items x {units:,} units")
    print(f"  plain numpy      {base:7.3f} s")
    print(f"  estimates        {mine:7.3f} s   ratio {mine / base:6.1f}   largest difference {worst:.1e}")
    goal = margins(data)
    seconds, raked = timed(lambda: rake(data, "w", goal))
    calibrated = data.assign(r=data["w"] * raked.factor)
    design = {**design, "weight": "r", "calibration": (raked.step,)}
    with_errors, _ = timed(lambda: share_table(totals(Design(calibrated, **design), items, "unit")))
    print(f"  raking 2 margins {seconds:7.3f} s")
    print(f"  calibrated       {with_errors:7.3f} s   ratio {with_errors / base:6.1f}")


if __name__ == "__main__":
    main()
