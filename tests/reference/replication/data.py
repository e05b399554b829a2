"""Makes rows.csv: 6 strata x 2 PSUs x 3 or 4 rows with answers, a count of PSUs, two margins. Run: python data.py"""

import csv
import random
from pathlib import Path

chance = random.Random(20261121)
rows = []
for stratum in range(1, 7):
    population = chance.randint(8, 30)
    for psu in (1, 2):
        level = chance.gauss(0, 0.5)
        for _ in range(chance.choice((3, 4))):
            y = round(10 + 2 * stratum + 4 * level + chance.gauss(0, 2), 4)
            top = int(chance.random() < 0.55 + 0.2 * level)
            w = round(chance.uniform(5, 25), 4)
            x = round(chance.uniform(1, 9), 4)
            margins = [chance.choice("fm"), chance.choice(("hill", "plain"))]
            rows.append([stratum, 10 * stratum + psu, population, w, chance.choice("ab"), *margins, y, x, top])
with (Path(__file__).parent / "rows.csv").open("w", encoding="utf-8", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["stratum", "psu", "n_psu_pop", "w", "domain", "sex", "area", "y", "x", "top"])
    out.writerows(rows)
