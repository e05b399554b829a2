"""Least cost under precision targets, made-up data with a seed: python benchmarks/allocation.py [seed]

Communes x 2 variables x 3 domain levels (province, group, each commune), one stratum a commune and three.
"""

import sys
import time

import numpy as np
import pandas as pd

from sampling.allocation import Target, allocate_for_precision

TARGETS = [
    Target(variable, limit, level)
    for variable in ("a", "b")
    for level, limit in (("", 0.005), ("group_id", 0.02), ("commune_id", 0.10))
]


def made_up(communes: int, per_commune: int, seed: int) -> pd.DataFrame:
    """Strata of shares between .2 and .8, a tenth as many groups as communes, costs between 1 and 2."""
    rng = np.random.default_rng(seed)
    rows = communes * per_commune
    commune = np.repeat(np.arange(communes), per_commune)
    pop = rng.lognormal(7, 0.8, rows).astype(int) + 100
    share = rng.uniform(0.2, 0.8, (2, rows))
    return pd.DataFrame(
        {
            "stratum_id": [f"h{one:05d}" for one in range(rows)],
            "pop_size": pop,
            "group_id": [f"g{one % max(1, communes // 100):02d}" for one in commune],
            "commune_id": [f"x{one:04d}" for one in commune],
            "std_dev_a": np.sqrt(share[0] * (1 - share[0])),
            "std_dev_b": np.sqrt(share[1] * (1 - share[1])),
            "unit_cost": rng.uniform(1, 2, rows).round(2),
            "response": rng.uniform(0.6, 0.9, rows).round(2),
        }
    )


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for communes, per_commune in ((200, 1), (200, 3), (3_321, 1), (3_321, 3)):
        strata = made_up(communes, per_commune, seed)
        started = time.perf_counter()
        plan = allocate_for_precision(strata, TARGETS)
        seconds = time.perf_counter() - started
        worst = (plan.constraints["reached"] / plan.constraints["limit"]).max()
        print(
            f"{communes:,} communes x {per_commune} strata, {len(plan.constraints):,} targets: {seconds:5.2f} s, "
            f"n {plan.allocation['sample_size'].sum():,}, cost {plan.cost:,.0f}, dual bound {plan.dual_bound:,.0f}, "
            f"gap {100 * plan.gap_share:.2f} %, "
            f"over the bound for whole numbers {100 * (plan.cost / plan.whole_bound - 1):.2f} %, "
            f"furthest {worst:.6f} of its limit"
        )


if __name__ == "__main__":
    main()
