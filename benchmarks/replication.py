"""Replicate errors with calibration again, 36,000 rows x 25 items, against R survey in the same run.

python benchmarks/replication.py [--r]
(c) 200 units, PSUs of about 12 rows, raked to four margins; (c2) a transaction sample: every form a PSU, 3,321 units,
raked to four margins. 1,000 bootstrap replicates of all shares by unit. Beside them the time of the linearised errors
and of numpy replicate by replicate: multipliers, eight rounds of margins, sums by unit, nothing checked or labelled, 20
replicates scaled to 1,000. Read the ratios. Peak memory is of a process of its own (Linux), input included; `input` is
that of a process that only makes the table. --r adds R survey (one item, 20 replicates scaled to 200) where installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from estimates import ITEMS, MARGINS, margins, survey, tops

from sampling.design import Design
from sampling.estimation import share_table
from sampling.replication import bootstrap, replicate
from sampling.sums import totals
from sampling.weighting import rake

SEED = "b0075742" * 8
REPLICATES = 1_000
CASES = {"c": (36_000, 200, False), "c2": (36_000, 3_321, True)}
R_SCRIPT = """
suppressMessages(library(survey)); d <- read.csv(commandArgs(TRUE)[1]); B <- 20; s <- proc.time()[3]
for (m in c("sex", "age", "edu", "prov")) d[[m]] <- factor(d[[m]])
D <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = d)
J <- as.svrepdesign(D, type = "subbootstrap", replicates = B)
m <- lapply(c("sex", "age", "edu", "prov"), function(m) { t <- aggregate(d$w, d[m], sum); names(t)[2] <- "Freq"; t })
K <- rake(J, list(~sex, ~age, ~edu, ~prov), m)
r <- svyby(~q00, ~unit, K, svymean); cat((proc.time()[3] - s) * 200 / B)
"""


def table_of(case: str) -> pd.DataFrame:
    """The made-up survey of one case, PSU counts beside it."""
    rows, units, is_form = CASES[case]
    data = survey(rows, units)
    if is_form:
        data = data.assign(psu=np.arange(rows))
    n = data.groupby("stratum")["psu"].transform("nunique")
    return tops(data.assign(n_psu_pop=5 * n))


def design_of(data: pd.DataFrame) -> Design:
    return rake(Design(data, "w", "stratum", "psu", "n_psu_pop"), margins(data))


def replicated(design: Design, replicates: int = REPLICATES) -> pd.DataFrame:
    return replicate(bootstrap(design, replicates, SEED), ITEMS, "unit").table()


def limit(data: pd.DataFrame, goals: pd.DataFrame, replicates: int = 20) -> float:
    """Seconds that a thousand replicates would take row by row in numpy, one replicate after the other."""
    unit, psu, w = (data[name].to_numpy() for name in ("unit", "psu", "w"))
    stratum = data.groupby("psu")["stratum"].first().to_numpy()
    n = np.bincount(stratum)
    y = data[ITEMS].to_numpy(dtype=np.float64)
    codes = [data[name].astype(int).to_numpy() for name in MARGINS]
    goal = [goals.loc[goals["margin"] == name].sort_values("category", key=lambda s: s.astype(int)) for name in MARGINS]
    goal = [one["total"].to_numpy() for one in goal]
    chance, started = np.random.default_rng(1), time.perf_counter()
    for _ in range(replicates):
        left = np.sqrt(0.8)
        drawn = (np.cumsum(n) - n).repeat(n - 1) + (chance.random(int((n - 1).sum())) * n.repeat(n - 1)).astype(int)
        times = np.bincount(drawn, minlength=int(n.sum()))
        weight = w * (1 - left + left * (n / (n - 1))[stratum] * times)[psu]
        for _ in range(8):
            for code, wanted in zip(codes, goal, strict=True):
                weight = weight * (wanted / np.bincount(code, weight))[code]
        whole = np.bincount(unit, weight)
        for item in y.T:
            np.bincount(unit, weight * item) / whole
    return (time.perf_counter() - started) * REPLICATES / replicates


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def run(case: str) -> None:
    """Side by side, several rounds, so that a busy machine slows all alike."""
    data = table_of(case)
    design, goals = design_of(data), margins(data)
    works = {
        "replicates": lambda: timed(lambda: replicated(design)),
        "numpy by rows": lambda: limit(data, goals),
        "linearised": lambda: timed(lambda: share_table(totals(design, ITEMS, "unit"))),
    }
    rounds = [{name: work() for name, work in works.items()} for _ in range(3)]
    best = {name: min(one[name] for one in rounds) for name in works}
    rows, units, is_form = CASES[case]
    print(f"({case}) {rows:,} rows x 25 items x {units:,} units, PSU = {'form' if is_form else 'cluster'}, B = 1,000")
    for name, seconds in best.items():
        print(f"  {name:14} {seconds:8.2f} s   ratio {seconds / best['replicates']:8.2f}", flush=True)
    print(f"  {error_ratio(design)}")


def error_ratio(design: Design) -> str:
    """Replicate over linearised errors where a unit has at least three degrees of freedom."""
    key = ["domain", "variable"]
    linear = share_table(totals(design, ITEMS, "unit")).query("df >= 3").set_index(key)["std_error"]
    ratio = (replicated(design).set_index(key)["std_error"] / linear).dropna()
    return f"replicate / linearised errors: mean {ratio.mean():.4f}, standard deviation {ratio.std():.4f}"


def memory(case: str, kind: str) -> None:
    """Peak memory of one run, in MB, on standard output."""
    data = table_of(case)
    if kind != "input":
        replicated(design_of(data), int(kind))
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    print(next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")))


def peer(case: str) -> None:
    """R survey: bootstrap weights, raked again, one item by unit."""
    if shutil.which("Rscript") is None:
        print("  R survey not installed")
        return
    data = table_of(case)
    ours = timed(lambda: replicated(design_of(data), 200))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "survey.csv"
        names = ["unit", "stratum", "psu", "w", *MARGINS, "q00"]
        data[names].astype({"q00": int}).to_csv(place, index=False)
        command = ["Rscript", "-e", R_SCRIPT, str(place)]
        seconds = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    print(f"  R survey, 1 item, 200 replicates {seconds:8.1f} s   ratio {seconds / ours:8.1f} to ours, 25 items")


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["memory"]:
        memory(arguments[1], arguments[2])
        return
    for case in CASES:
        run(case)
        for kind in ("input", "200", "1000"):
            command = [sys.executable, __file__, "memory", case, kind]
            peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
            print(f"  peak memory, {kind:>5} {'' if kind == 'input' else 'replicates':10} {peak:>5} MB", flush=True)
    if "--r" in arguments:
        peer("c")


if __name__ == "__main__":
    main()
