"""Replicate estimators against R survey 4.1.1: fed R's replicate weights, and from our own replicates."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sampling.design import Design
from sampling.estimation import total_table
from sampling.replication import (
    Replication,
    Statistic,
    balanced,
    given_replicates,
    jackknife,
    ratios,
    replicate,
    sums,
)
from sampling.sums import totals
from sampling.weighting import calibrate

FOLDER = Path(__file__).parents[2] / "reference" / "replication"
RESULTS = pd.read_csv(FOLDER / "results.csv")
SCALES = pd.read_csv(FOLDER / "scales.csv")
ROWS = pd.read_csv(FOLDER / "rows.csv").assign(one=1.0)
DESIGNS = ("JK1", "JKn", "JKn_none", "BRR", "Fay", "subbootstrap", "JKn_linear", "JKn_raking")
NAMES = {"stratum": "stratum", "psu": "psu"}
RATIO = Statistic(lambda wy, wa: wy[:, :1] / wy[:, 1:], ("y",))


def plain(fpc: bool = False) -> Design:
    return Design(ROWS, "w", **NAMES, pop_size="n_psu_pop" if fpc else None)


def calibrated(method: str) -> Design:
    margins = pd.read_csv(FOLDER / "margins.csv").assign(partition="", source="R")
    return calibrate(plain(fpc=True), margins, method=method)


def fed(name: str) -> Replication:
    scales = SCALES.loc[SCALES["design"] == name, "scale"].to_numpy()
    weights = pd.read_csv(FOLDER / f"weights_{name}.csv").to_numpy(dtype=np.float64)
    design = calibrated(name.partition("_")[2]) if name in ("JKn_linear", "JKn_raking") else plain()
    return given_replicates(design, weights, 1.0, scales)


def compared(name: str, replication: Replication, wanted: tuple[str, ...] = ("mean", "total", "ratio")) -> float:
    """Largest relative difference of estimates and errors."""
    worst = 0.0
    for by in (None, "domain"):
        for statistic, variables, how in (
            ("mean", ["y", "top"], ratios(2)),
            ("total", ["y", "top"], sums(2)),
            ("ratio", ["y", "x"], RATIO),
        ):
            made = replicate(replication, variables, by, how)
            own = made.table().set_index(["domain", "variable"])
            key = (RESULTS["design"] == name) & (RESULTS["statistic"] == statistic)
            for row in RESULTS[key & ((RESULTS["domain"] == "all") == (by is None))].itertuples():
                got = own.loc[(row.domain, row.variable)]
                if statistic in wanted:
                    gaps = [got["estimate"] / row.estimate - 1, got["std_error"] / row.std_error - 1]
                    worst = max(worst, *(abs(one) for one in gaps))
    return worst


@pytest.mark.parametrize("name", DESIGNS)
def test_estimators_fed_with_the_replicate_weights_of_R(name: str) -> None:
    assert compared(name, fed(name)) <= 1e-10


def test_the_jackknife_is_that_of_R() -> None:
    assert compared("JK1", jackknife(Design(ROWS, "w", psu="psu"))) <= 1e-10
    assert compared("JKn", jackknife(plain(fpc=True))) <= 1e-10
    assert compared("JKn_none", jackknife(plain())) <= 1e-10


@pytest.mark.parametrize("method", ["linear", "raking"])
def test_replicates_calibrated_again_are_those_of_R(method: str) -> None:
    assert compared(f"JKn_{method}", jackknife(calibrated(method))) <= 1e-9


@pytest.mark.parametrize(("name", "rho"), [("BRR", 0.0), ("Fay", 0.3)])
def test_balanced_totals_do_not_depend_on_the_matrix(name: str, rho: float) -> None:
    made = balanced(plain(), rho)
    assert compared(name, made, ("total",)) <= 1e-10
    linear = total_table(totals(plain(), ["y", "top"], "domain"))
    own = replicate(made, ["y", "top"], "domain", sums(2)).table()
    np.testing.assert_allclose(own["std_error"], linear["std_error"], rtol=1e-10)


def test_a_wrong_scale_would_be_seen() -> None:
    made = fed("JKn")
    wrong = given_replicates(made.design, made.multipliers.table * ROWS[["w"]].to_numpy(), 1.01, made.rscales)
    assert compared("JKn", wrong) > 1e-3
