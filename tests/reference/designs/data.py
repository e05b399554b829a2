"""Makes the small two-stage data set of the references: python data.py (writes two_stage.csv beside it).

Three ordinary strata, one with two PSUs, one with a single PSU (lonely), one that is a census of its PSUs. Every PSU
has households (second stage) with known counts; `pi` are made-up PSU probabilities with certainties, `pi2` those of
households inside the PSU. Domains cross strata and PSUs; y is measured, x positive, top 0/1.
"""

from pathlib import Path

import numpy as np
import pandas as pd


def main() -> None:
    rng = np.random.default_rng(20261121)
    rows = []
    for stratum, (n_psu, pop) in enumerate([(6, 20), (5, 9), (2, 7), (1, 4), (3, 3)], start=1):
        for psu in range(1, n_psu + 1):
            pop_hh, effect = int(rng.integers(5, 12)), rng.normal(0, 0.7)
            pi = 1.0 if stratum <= 2 and psu == 1 else round(float(rng.uniform(0.15, 0.75)), 3)
            for household in range(1, int(rng.integers(2, 5)) + 1):
                pi2 = round(float(rng.uniform(0.2, 0.9)), 3)
                for _ in range(int(rng.integers(1, 4))):
                    y = round(float(np.exp(1 + effect / 2 + rng.normal(0, 0.5))), 4)
                    rows.append(
                        {
                            "stratum": stratum,
                            "psu": 100 * stratum + psu,
                            "household": household,
                            "n_psu_pop": pop,
                            "n_hh_pop": pop_hh,
                            "pi": pi,
                            "pi2": pi2,
                            "w": round(float(rng.lognormal(2, 0.4)), 4),
                            "domain": str(rng.choice(["a", "b", "c"])),
                            "y": y,
                            "x": round(y * float(rng.uniform(0.5, 2)) + 1, 4),
                            "top": int(rng.random() < 0.6),
                        }
                    )
    table = pd.DataFrame(rows)
    table.to_csv(Path(__file__).parent / "two_stage.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
