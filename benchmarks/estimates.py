"""Shares with linearised errors, 25 items x all units, against the plain-numpy limit in the same run.

python benchmarks/estimates.py [ROWSxUNITS ...] [--r]; default 36000x200 36000x3321 500000x3321 (growth: 5000000x3321).
(a) design, checks, totals and labelled table; (a2) the same with errors of weights raked to four margins; (a-parts) in
parts of 200,000 rows; (a-units) as (a2), raked to the units themselves and one narrow margin, run once. The limit
checks and labels nothing: read the ratios, best of several. Peak memory (Linux) is that of a process of its own,
reading included; "parts" reads 50,000 rows at a time and makes means of the answers.
--r adds R survey (svyby of one item) where it is installed.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sampling.design import Adjustment, Design, parquet_designs
from sampling.estimation import mean_table, share_table
from sampling.sums import totals
from sampling.weighting import rake

SEED = 20261101
SIZES = ("36000x200", "36000x3321", "500000x3321")
ITEMS = [f"q{item:02d}" for item in range(25)]
MARGINS = {"sex": 2, "age": 6, "edu": 5, "prov": 34}
UNIT_MARGINS = ("unit", "age")  # as recipes do that bring every commune to its register
COLUMNS = {"stratum": "stratum", "psu": "psu", "pop_size": "n_psu_pop"}


def survey(rows: int, units: int) -> pd.DataFrame:
    """Made-up answers 1..5: units of unequal size, one or two strata a unit, about 12 rows a PSU, 0-based codes."""
    rng = np.random.default_rng(SEED)
    share = rng.lognormal(0, 0.5, units)
    size = 8 + rng.multinomial(rows - 8 * units, share / share.sum())
    unit = np.repeat(np.arange(units), size)
    halves = np.where(size >= 48, 2, 1)
    place = np.arange(rows) - np.repeat(np.cumsum(size) - size, size)
    stratum = (np.cumsum(halves) - halves)[unit] + place * halves[unit] // size[unit]
    n = np.bincount(stratum)
    m = np.clip(n // 12, 2, 40)
    inner = (np.arange(rows) - (np.cumsum(n) - n)[stratum]) * m[stratum] // n[stratum]
    psu = (np.cumsum(m) - m)[stratum] + inner
    level = rng.normal(0, 0.25, units)[unit] + rng.normal(0, 0.2, int(m.sum()))[psu] + rng.normal(0, 0.8, rows)
    data = {"unit": unit, "stratum": stratum, "psu": psu, "n_psu_pop": (m * rng.integers(3, 12, len(m)))[stratum]}
    data["w"] = rng.lognormal(3, 0.4, rows)
    data |= {name: rng.integers(0, count, rows).astype(str) for name, count in MARGINS.items()}
    cuts = np.array([-2.2, -1.4, -0.6, 0.7])
    data |= {item: (1 + np.searchsorted(cuts, level + rng.normal(0, 0.6, rows))).astype(np.int8) for item in ITEMS}
    return pd.DataFrame(data)


def limit(data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Share and error, (units, items): bincounts over non-empty pairs, nothing checked, nothing labelled."""
    unit, stratum, psu, w = (data[name].to_numpy() for name in ("unit", "stratum", "psu", "w"))
    units, psus, strata = unit.max() + 1, psu.max() + 1, stratum.max() + 1
    psu_stratum = np.zeros(psus, int)
    psu_stratum[psu] = stratum
    m = np.bincount(psu_stratum, minlength=strata).astype(float)
    population = np.zeros(strata)
    population[stratum] = data["n_psu_pop"].to_numpy()
    factor = m / (m - 1) * (1 - m / population)
    total = np.bincount(unit, w, units)
    pair, row_pair = np.unique(unit * psus + psu, return_inverse=True)
    cell, pair_cell = np.unique(pair // psus * strata + psu_stratum[pair % psus], return_inverse=True)
    share, error = np.empty((units, len(ITEMS))), np.empty((units, len(ITEMS)))
    for column, item in enumerate(ITEMS):
        y = (data[item].to_numpy() >= 4).astype(float)
        share[:, column] = np.bincount(unit, w * y, units) / total
        z = np.bincount(row_pair, w * (y - share[unit, column]) / total[unit], len(pair))
        s1, s2 = np.bincount(pair_cell, z, len(cell)), np.bincount(pair_cell, z * z, len(cell))
        spread = factor[cell % strata] * (s2 - s1 * s1 / m[cell % strata])
        error[:, column] = np.sqrt(np.bincount(cell // strata, spread, units))
    return share, error


def margins(data: pd.DataFrame, names: Sequence[str] = tuple(MARGINS)) -> pd.DataFrame:
    """Control totals of the named margins, up to 5 % off the weighted ones and summing to the same population."""
    parts = []
    for margin in names:
        sums = data.groupby(margin)["w"].sum()
        moved = sums * np.linspace(0.95, 1.05, len(sums))
        moved = moved / moved.sum() * data["w"].sum()
        parts.append(pd.DataFrame({"margin": margin, "category": moved.index, "total": moved.to_numpy()}))
    return pd.concat(parts, ignore_index=True).assign(partition="", source="bench")


def tops(data: pd.DataFrame) -> pd.DataFrame:
    """The satisfied answers as true or false, beside the columns of the design."""
    return pd.concat([data.drop(columns=ITEMS), data[ITEMS] >= 4], axis=1)


def ours(data: pd.DataFrame, steps: tuple[Adjustment, ...] = ()) -> pd.DataFrame:
    """Top-2-box from the answers, design, checks, totals and the labelled table."""
    id = "row_id" if steps else None
    return share_table(totals(Design(tops(data), "w", **COLUMNS, id=id, adjustments=steps), ITEMS, "unit"))


def ours_raked(data: pd.DataFrame, names: Sequence[str]) -> Callable[[], pd.DataFrame]:
    """The same with weights raked to margins, ready to run: raking itself is not timed here."""
    raked = rake(Design(data, "w", **COLUMNS), margins(data, names))
    return lambda: ours(raked.data, raked.adjustments)


def in_parts(data: pd.DataFrame, rows: int = 200_000) -> pd.DataFrame:
    """The same from parts of the table, one after the other."""
    parts = (Design(tops(data.iloc[start : start + rows]), "w", **COLUMNS) for start in range(0, len(data), rows))
    return share_table(totals(parts, ITEMS, "unit"))


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def largest_gap(table: pd.DataFrame, reference: tuple[np.ndarray, np.ndarray]) -> float:
    order = table.assign(unit=table["domain"].astype(int)).sort_values(["unit", "variable"])
    share, error = (order[name].to_numpy().reshape(reference[0].shape) for name in ("estimate", "std_error"))
    shown = ~np.isnan(error)  # unanimous cells show no error
    return max(np.abs(share - reference[0]).max(), np.abs(error - reference[1])[shown].max())


def run(size: str) -> None:
    """Side by side, several rounds, so that a busy machine slows all alike."""
    rows, units = (int(one) for one in size.split("x"))
    data = survey(rows, units)
    works = {
        "plain numpy": lambda: limit(data),
        "(a)": lambda: ours(data),
        "(a2)": ours_raked(data, tuple(MARGINS)),
        "(a-parts)": lambda: in_parts(data),
    }
    rounds = [{name: timed(work) for name, work in works.items()} for _ in range(7 if rows < 1_000_000 else 2)]
    print(f"{rows:,} rows x 25 items x {units:,} units; largest difference {largest_gap(ours(data), limit(data)):.1e}")
    best = {name: min(one[name] for one in rounds) for name in works}
    best["(a-units)"] = timed(ours_raked(data.astype({"unit": "str"}), UNIT_MARGINS))
    for name, seconds in best.items():
        print(f"  {name:12} {seconds:8.3f} s   ratio {seconds / best['plain numpy']:6.1f}", flush=True)


def memory(place: str, kind: str) -> None:
    """Peak memory of one run of one kind on a Parquet file, in MB, on standard output."""
    if kind == "parts":
        names = {"weight": "w", **COLUMNS}
        mean_table(totals(parquet_designs([Path(place)], [*ITEMS, "unit"], rows=50_000, **names), ITEMS, "unit"))
    else:
        {"limit": limit, "ours": ours}[kind](pd.read_parquet(place))
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    print(int(status.split("VmHWM:")[1].split()[0]) // 1024)


def peaks(size: str) -> None:
    """Peak memory of the limit, of (a) and of (a) read from Parquet in parts, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "survey.parquet"
        survey(*(int(one) for one in size.split("x"))).drop(columns=list(MARGINS)).to_parquet(place)
        for kind in ("limit", "ours", "parts"):
            command = [sys.executable, __file__, "memory", str(place), kind]
            peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
            print(f"  peak {kind:8} {peak:>6} MB", flush=True)


def peers(size: str) -> None:
    """R survey (svyby of one item), when installed; svy, when importable."""
    data = survey(*(int(one) for one in size.split("x")))
    base = min(timed(lambda: limit(data)) for _ in range(3))
    if shutil.which("Rscript"):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "survey.csv"
            data[["unit", "stratum", "psu", "n_psu_pop", "w", "q00"]].to_csv(place, index=False)
            script = (
                "suppressMessages(library(survey)); d <- read.csv(commandArgs(TRUE)[1]); s <- proc.time()[3];"
                "D <- svydesign(id=~psu, strata=~stratum, fpc=~n_psu_pop, weights=~w, data=d);"
                "r <- svyby(~I(q00 >= 4), ~unit, D, svymean); cat(proc.time()[3] - s)"
            )
            seconds = float(
                subprocess.run(["Rscript", "-e", script, str(place)], capture_output=True, text=True, check=True).stdout
            )
        print(f"  R survey, 1 item {seconds:8.3f} s   ratio {seconds / base:6.1f} to the limit for 25 items")
    print(f"  svy: {'installed, run its own benchmark' if importlib.util.find_spec('svy') else 'not installed'}")


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["memory"]:
        memory(arguments[1], arguments[2])
        return
    for size in [one for one in arguments if "x" in one] or SIZES:
        run(size)
        peaks(size)
    if "--r" in arguments:
        peers(SIZES[0])


if __name__ == "__main__":
    main()
