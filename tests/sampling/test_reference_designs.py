"""Every design, statistic, interval and lonely rule against R survey 4.1.1 (tests/reference/designs)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sampling.design import Design
from sampling.estimation import difference_table, mean, quantile, ratio, share, total
from sampling.sums import totals

FOLDER = Path(__file__).parents[1] / "reference" / "designs"
TOLERANCE = {"logit": 1e-9}  # R fits a model by iteration; everything else: 1e-10, sums run in another order

EXPECTED = pd.read_csv(FOLDER / "designs.csv", comment="#", dtype={"domain": str})
ROWS = pd.read_csv(FOLDER / "two_stage.csv")
OK, PPS = ROWS[ROWS["stratum"] != 4], ROWS[ROWS["stratum"] <= 2]
MANY = PPS[PPS.groupby("psu")["household"].transform("max") >= 3]
NAMES = {"weight": "w", "stratum": "stratum", "psu": "psu"}
ONE = Design(OK, **NAMES, pop_size="n_psu_pop")
DESIGNS = {
    ("stages", "one"): ONE,
    ("stages", "one_none"): replace(ONE, fpc="none"),
    ("stages", "two"): Design(OK, "w", "stratum", ["psu", "household"], ["n_psu_pop", "n_hh_pop"]),
    ("stages", "rows"): Design(OK, weight="w"),
    ("pps", "one"): Design(PPS, **NAMES, inclusion_prob="pi"),
    ("pps", "two"): Design(MANY, "w", "stratum", ["psu", "household"], inclusion_prob=["pi", "pi2"]),
    ("df", "open"): Design(OK[OK["stratum"] != 5], **NAMES, pop_size="n_psu_pop"),
} | {
    ("lonely", rule): Design(ROWS, **NAMES, pop_size="n_psu_pop", lonely_psu=rule)
    for rule in ("adjust", "average", "certainty", "remove")
}
CASES = EXPECTED.drop_duplicates(["section", "design", "statistic", "variable"])[
    ["section", "design", "statistic", "variable"]
].itertuples(index=False, name=None)


def table_of(section: str, name: str, statistic: str, variable: str, by: str | None) -> pd.DataFrame:
    if section == "differences":
        sums = totals(DESIGNS["stages", name], [variable], "domain")
        return difference_table(sums, [("a", "b"), ("a", "c"), ("b", "c")])
    design = DESIGNS[section if section in ("stages", "pps", "lonely") else "df", name]
    if section == "intervals":
        interval = {"xlogit": "logit", "logit": "logit", "mean": "t", "beta": "beta"}[statistic]
        return share(design, [variable], by, interval=interval)
    if section == "quantiles":
        return quantile(design, variable, [float(statistic[1:])], by)
    if section == "df":
        return share(design, [variable], by)
    if statistic == "ratio":
        return ratio(design, [variable], "x", by)
    return {"mean": mean, "total": total, "share": share}[statistic](design, [variable], by)


def worst_difference(section: str, name: str, statistic: str, variable: str) -> float:
    """Largest relative difference over domains and columns that R gives; empty cells must be empty in both."""
    wanted = {"section": section, "design": name, "statistic": statistic, "variable": variable}
    key = np.logical_and.reduce([EXPECTED[column] == value for column, value in wanted.items()])
    worst = 0.0
    for by in (None, "domain"):
        table = table_of(section, name, statistic, variable, by).set_index("domain")
        for row in EXPECTED[key & ((EXPECTED["domain"] == "all") == (by is None))].itertuples():
            own = table.loc[row.domain]
            compared = {"estimate": row.estimate, "std_error": row.std_error, "ci_low": row.low, "ci_high": row.high}
            if section in ("df", "intervals", "quantiles"):
                compared["df"] = row.df
            given = {column: value for column, value in compared.items() if not np.isnan(value)}
            if section == "quantiles":
                assert np.isnan(own["ci_low"]) == np.isnan(row.low)
            for column, value in given.items():
                gap = abs(own[column] - value) / max(abs(value), 1e-12)
                worst = max(worst, gap if np.isfinite(gap) else np.inf)
    return worst


@pytest.mark.parametrize(("section", "name", "statistic", "variable"), list(CASES))
def test_agrees_with_R(section: str, name: str, statistic: str, variable: str) -> None:
    assert worst_difference(section, name, statistic, variable) <= TOLERANCE.get(statistic, 1e-10)


def test_the_reference_covers_what_it_says() -> None:
    assert len(EXPECTED) > 200
    assert set(EXPECTED["section"]) == {"stages", "df", "intervals", "quantiles", "differences", "lonely", "pps"}
