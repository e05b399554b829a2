"""Raking and calibration to four margins: the program against the plain-numpy limit and R survey, in one run.

python benchmarks/weighting.py [rows]. The limit starts from codes and checks, labels and records nothing: read the
ratio. R takes part when Rscript and its package survey are there (elapsed time of calibrate() alone).
"""

import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from sampling.design import Design
from sampling.weighting import calibrate, rake

SEED = 20261101
MARGINS = {"sex": 2, "age": 6, "edu": 5, "occ": 7}


def survey(rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Made-up respondents (text categories) and totals up to 8 % off their weighted counts."""
    rng = np.random.default_rng(SEED)
    data = pd.DataFrame({name: rng.integers(1, size + 1, rows).astype(str) for name, size in MARGINS.items()})
    data = data.astype("str").assign(
        w=rng.lognormal(3, 0.4, rows), unit=rng.integers(0, max(rows // 150, 2), rows).astype(str)
    )
    parts = []
    for name in MARGINS:
        moved = data.groupby(name)["w"].sum()
        moved = moved * rng.uniform(0.92, 1.08, len(moved))
        moved = moved / moved.sum() * data["w"].sum()
        parts.append(pd.DataFrame({"margin": name, "category": moved.index, "total": moved.to_numpy()}))
    return data, pd.concat(parts, ignore_index=True).assign(partition="", source="bench")


def limit(w: np.ndarray, codes: list[np.ndarray], goals: list[np.ndarray]) -> np.ndarray:
    """Iterative proportional fitting on row codes, nothing else."""
    w = w.copy()
    for _ in range(1000):
        worst = 0.0
        for code, goal in zip(codes, goals, strict=True):
            now = np.bincount(code, w, len(goal))
            worst = max(worst, float(np.abs(now / goal - 1).max()))
            w *= (goal / now)[code]
        if worst < 1e-10:
            return w
    raise RuntimeError("raking did not converge")


def best(work: Callable[[], object], times: int = 5) -> tuple[float, float, object]:
    """Shortest time, peak memory in MB of one further run, and the result."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return min(seconds), peak, result


def line(name: str, seconds: float, peak: float, base: float) -> None:
    print(f"  {name:34s} {seconds:8.3f} s   ratio {seconds / base:6.1f}   {peak:6.0f} MB")


def by_r(data: pd.DataFrame, goal: pd.DataFrame) -> float | None:
    """Seconds of R survey for the same raking; None when Rscript or the package is absent."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data.to_csv(Path(folder) / "data.csv", index=False)
        goal.to_csv(Path(folder) / "goal.csv", index=False)
        script = f"""
        suppressMessages(library(survey))
        d <- read.csv(file.path("{folder}", "data.csv"), colClasses = c(rep("factor", 4), "numeric", "character"))
        g <- read.csv(file.path("{folder}", "goal.csv"), colClasses = c(category = "character"))
        t <- sum(g$total[g$margin == "sex"])
        for (m in c("sex", "age", "edu", "occ")) t <- c(t, g$total[g$margin == m][-1])
        f <- ~sex + age + edu + occ
        names(t) <- colnames(model.matrix(f, d[1:1000, ]))
        D <- svydesign(id = ~1, weights = ~w, data = d)
        cat(system.time(calibrate(D, f, t, calfun = "raking", epsilon = 1e-9, maxit = 100))[["elapsed"]])
        """
        done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 and done.stdout else None


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    data, goal = survey(rows)
    codes = [data[name].astype(int).to_numpy() - 1 for name in MARGINS]
    goals = [goal.loc[goal["margin"] == name, "total"].to_numpy() for name in MARGINS]
    base, peak, expected = best(lambda: limit(data["w"].to_numpy(), codes, goals))
    print(f"{rows:,} rows, margins of {', '.join(map(str, MARGINS.values()))} categories")
    line("plain numpy on codes", base, peak, base)
    seconds, peak, raked = best(lambda: rake(Design(data, "w"), goal))
    line("rake", seconds, peak, base)
    print(f"    largest difference {np.abs(raked.weights / expected - 1).max():.1e}")
    for method, bounds in (("linear", None), ("raking", None), ("logit", (0.5, 2.0)), ("truncated", (0.5, 2.0))):
        seconds, peak, _ = best(lambda m=method, b=bounds: calibrate(Design(data, "w"), goal, method=m, bounds=b), 2)
        line(f"calibrate {method}", seconds, peak, base)
    counts = data.groupby(["unit", "sex"])["w"].sum().mul(1.05).reset_index()
    by_unit = counts.rename(columns={"unit": "partition", "sex": "category", "w": "total"}).assign(margin="sex")
    how = {"method": "logit", "bounds": (0.5, 2.0), "partition": "unit"}
    seconds, peak, _ = best(lambda: calibrate(Design(data, "w"), by_unit, **how), 1)
    line(f"calibrate logit in {data['unit'].nunique():,} partitions", seconds, peak, base)
    if (seconds := by_r(data, goal)) is not None:
        print(f"  {'R survey calibrate':34s} {seconds:8.3f} s   ratio {seconds / base:6.1f}")


if __name__ == "__main__":
    main()
