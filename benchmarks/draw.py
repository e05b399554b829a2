"""The verifiable draw against hashing alone, in one run: python benchmarks/draw.py [rows]"""

import hashlib
import sys
import time

import numpy as np
import pandas as pd

from sampling.allocation import allocate
from sampling.selection import draw

SEED = "c0ffee" + "0" * 58


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    strata = min(3_321, rows // 50)
    rng = np.random.default_rng(1)
    ids = pd.Series(np.char.add("u", np.char.zfill(np.arange(rows).astype(str), 9)), dtype="str")
    stratum = pd.Series(np.char.add("h", rng.integers(0, strata, rows).astype(str)), dtype="str")
    frame = pd.DataFrame({"frame_unit_id": ids, "stratum_id": stratum, "psu_id": ids})
    sizes = stratum.value_counts().rename_axis("stratum_id").rename("pop_size").reset_index()
    allocation = allocate(sizes, min(37_000, rows // 20), "sqrt", min_size=8)
    started = time.perf_counter()
    for one in ids:
        hashlib.sha256(f"{SEED}|{one}".encode()).digest()
    base = time.perf_counter() - started
    started = time.perf_counter()
    drawn = draw(frame, allocation, SEED)
    mine = time.perf_counter() - started
    print(f"{rows:,} rows, {strata:,} strata, {len(drawn):,} drawn")
    print(f"  hashlib loop alone {base:7.2f} s")
    print(f"  draw               {mine:7.2f} s   ratio {mine / base:5.2f}")


if __name__ == "__main__":
    main()
