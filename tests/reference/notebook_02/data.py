"""Makes the made-up survey of the reference: python data.py (writes data.csv and totals.csv beside it).

Four units, which are the strata, with margins unit and result; several persons (psu) have two forms, some answers y are
missing, the last stratum is a census of two persons. d: weight before calibration; n_pop: persons in the stratum.
"""

from pathlib import Path

import numpy as np
import pandas as pd


def main() -> None:
    rng = np.random.default_rng(20261122)
    rows = []
    for unit, (persons, n_pop) in enumerate([(24, 110), (18, 60), (12, 25), (2, 2)], start=1):
        for person in range(1, persons + 1):
            for _ in range(int(rng.integers(1, 3))):
                result = int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))
                answer = [1, 0, ""][int(rng.choice(3, p=[0.65, 0.25, 0.1]))]
                d = round(n_pop / persons * float(rng.uniform(0.8, 1.3)), 4)
                rows.append((unit, 100 * unit + person, n_pop, result, d, answer))
    data = pd.DataFrame(rows, columns=["unit", "psu", "n_pop", "result", "d", "y"])
    goals = {  # what the frame says, not what the weights say; both margins add to the same
        "unit": {1: 178.5, 2: 84.0, 3: 45.0, 4: 2.5},
        "result": {1: 195.0, 2: 72.5, 3: 42.5},
    }
    lines = [(margin, category, total) for margin, own in goals.items() for category, total in own.items()]
    totals = pd.DataFrame(lines, columns=["margin", "category", "total"])
    folder = Path(__file__).parent
    data.to_csv(folder / "data.csv", index=False, lineterminator="\n")
    totals.to_csv(folder / "totals.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
