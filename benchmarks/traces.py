"""Explaining every printed number of a round: seconds, microseconds an address, size of the tables.

python benchmarks/traces.py [UNITSxFORMS ...]; default 80x110 800x60 (national: 3321x60). CPU seconds of one run; the
cost of an address must not grow with the number of units. JSON written once by the standard library is the limit.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from sipas.trace import TRACE_CASES, TRACE_SECTIONS, TRACES, Address, TraceTables, explain, explain_all, read_trace

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))
from traced_round import ROUND, made_up_round

SIZES = ("80x110", "800x60")


def sizes_of(tables: TraceTables) -> dict[str, float]:
    """Megabytes of each table as Parquet."""
    found = {}
    parts = {"traces": TRACES, "sections": TRACE_SECTIONS, "cases": TRACE_CASES}
    with tempfile.TemporaryDirectory() as folder:
        for name, spec in parts.items():
            place = Path(folder) / name
            pq.write_table(spec.arrow(getattr(tables, name)), place, compression="zstd")
            found[name] = round(place.stat().st_size / 1e6, 2)
    return found


def run(size: str) -> None:
    units, forms = (int(one) for one in size.split("x"))
    inputs = made_up_round(units, forms)
    started = time.process_time()
    tables = explain_all(inputs)
    seconds = time.process_time() - started
    plain = [json.loads(text) for text in tables.sections["text"]]
    started = time.process_time()
    for one in plain:
        json.dumps(one, ensure_ascii=False)
    limit = time.process_time() - started
    rows = len(tables.traces)
    print(f"{units:,} units x {forms} forms: {rows:,} addresses, {len(tables.sections):,} sections")
    print(f"  explain_all {seconds:8.2f} s   {1e6 * seconds / rows:6.0f} us an address   ratio {seconds / limit:5.1f}")
    print(f"  Parquet, MB {sizes_of(tables)}; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    for name, work in (
        ("explain", lambda one: explain(inputs, one)),
        ("read_trace", lambda one: read_trace(tables, one)),
    ):
        started = time.process_time()
        work(Address(ROUND, "X0003", "sipas", ""))
        print(f"  {name:11} {time.process_time() - started:8.3f} s for one address", flush=True)


if __name__ == "__main__":
    for size in sys.argv[1:] or SIZES:
        run(size)
