"""What must stay quick at the size of the country, each beside the bare work of the plain library in the same run:
python benchmarks/national.py

Read the ratio: it holds on a busy machine too. Processor time, best of three.
"""

import csv
import hashlib
import heapq
import io
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from audited import national_rows, run
from draw_forger import main_rules, sealed_rows
from national import communes, entered, large_rulebook, surveyed

from sampling.allocation import allocate
from sipas.parindex import par_index, unit_sheet
from sipas.ranking import rank


def seconds_of(work: Callable[[], object]) -> float:
    """Processor time of the best of three runs, s."""
    seconds = []
    for _ in range(3):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)


def show(what: str, ours: Callable[[], object], bare: str, plain: Callable[[], object]) -> None:
    mine, theirs = seconds_of(ours), seconds_of(plain)
    print(f"{what}: {mine:.2f} s; {bare}: {theirs:.3f} s; ratio {mine / theirs:.1f}")


def audit_of_a_table() -> None:
    rows = national_rows()

    def decimals() -> list[Decimal]:
        cells = (cell.replace(",", ".") for row in rows[1:] for cell in row)
        return [Decimal(cell) for cell in cells if cell.replace(".", "", 1).isdigit()]

    show("audit of 3,321 rows", lambda: run(rows), "its cells as Decimal", decimals)


def points_and_ranks() -> None:
    random = np.random.Generator(np.random.PCG64(3_321))
    rulebook = large_rulebook()
    units = communes(rulebook)
    ids = [one.unit_id for one in units]
    inputs, survey = entered(rulebook, ids, random), surveyed(ids, random)
    points = unit_sheet(rulebook, units, inputs, survey)[["unit_id", "points"]].dropna()
    pairs = list(points.itertuples(index=False, name=None))

    def ours() -> pd.DataFrame:
        return rank(par_index(unit_sheet(rulebook, units, inputs, survey), rulebook), rulebook)

    def sums() -> list[Fraction]:
        total: dict[str, Fraction] = defaultdict(Fraction)
        for unit, point in pairs:
            total[unit] += Fraction(point)
        return sorted(total.values())

    show("3,321 communes x 120 criteria, points to ranks", ours, "the points added as Fraction", sums)


def verified_draw() -> None:
    files = sealed_rows(200_000)

    def hashes() -> list[bytes]:
        lines = csv.reader(io.StringIO(files["frame"].decode("utf-8")))
        return sorted(hashlib.sha256(f"{'0' * 64}|{line[0]}".encode()).digest() for line in lines)

    show("a draw from 200,000 rows verified", lambda: main_rules(files), "the rows read, hashed and sorted", hashes)


def neyman_sizes() -> None:
    random = np.random.default_rng(3)
    count, spread = random.integers(300, 9_000, 3_321), random.uniform(0.1, 0.5, 3_321)
    strata = pd.DataFrame(
        {"stratum_id": [f"h{one:04d}" for one in range(3_321)], "pop_size": count, "std_dev": spread.round(4)}
    )

    def unit_by_unit() -> list[int]:
        sizes = [1] * len(count)
        heap = [(-n * s / 2**0.5, h) for h, (n, s) in enumerate(zip(count.tolist(), spread.tolist(), strict=True))]
        heapq.heapify(heap)
        for _ in range(40_000 - len(count)):
            priority, h = heap[0]
            sizes[h] += 1
            n = sizes[h]
            heapq.heapreplace(heap, (priority * (n * (n - 1)) ** 0.5 / (n * (n + 1)) ** 0.5, h))
        return sizes

    show(
        "40,000 over 3,321 strata, neyman", lambda: allocate(strata, 40_000, "neyman"), "a heap in floats", unit_by_unit
    )


if __name__ == "__main__":
    for part in (audit_of_a_table, points_and_ranks, verified_draw, neyman_sizes):
        part()
