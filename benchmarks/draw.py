"""The verifiable draw against hashing alone: python benchmarks/draw.py [rows ...]   (default 1000000 10000000)

Every size runs in processes of its own: a frame in memory, then the same rows from a one-pass reader, whose memory is
that of the whole process. The hashlib loop is measured on the first million ids and scaled. Read the ratio: it holds
on a busy machine too. svy and R draw the same sizes without digests, checks or proof.
"""

import hashlib
import importlib.util
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sampling.allocation import allocate
from sampling.selection import draw

SEED = "c0ffee" + "0" * 58
SCHEMA = pa.schema([(name, pa.string()) for name in ("frame_unit_id", "stratum_id", "psu_id")])
BATCH = 250_000
R_SCRIPT = """
n <- {rows}; set.seed(1); f <- data.frame(id = seq_len(n), h = sample.int({strata}, n, TRUE))
t <- system.time(s <- unlist(lapply(split(f$id, f$h), function(i) i[sample.int(length(i), min({each}, length(i)))])))
cat(t[["elapsed"]])
"""


def strata_of(rows: int) -> int:
    return min(3_321, rows // 50)


def batches(rows: int) -> Iterator[pa.RecordBatch]:
    """Made-up frame: ids u000000000..., strata drawn evenly; always the same."""
    for start in range(0, rows, BATCH):
        count = min(BATCH, rows - start)
        number = pc.utf8_lpad(pc.cast(pa.array(np.arange(start, start + count)), pa.string()), 9, "0")
        ids = pc.binary_join_element_wise("u", number, "")
        codes = np.random.default_rng(start).integers(0, strata_of(rows), count)
        strata = pc.binary_join_element_wise("h", pc.cast(pa.array(codes), pa.string()), "")
        yield pa.record_batch([ids, strata, ids], schema=SCHEMA)


def allocation_of(rows: int) -> pd.DataFrame:
    counts = np.zeros(strata_of(rows), dtype=np.int64)
    for start in range(0, rows, BATCH):
        codes = np.random.default_rng(start).integers(0, len(counts), min(BATCH, rows - start))
        counts += np.bincount(codes, minlength=len(counts))
    sizes = pd.DataFrame({"stratum_id": [f"h{one}" for one in range(len(counts))], "pop_size": counts})
    return allocate(sizes, min(37_000, rows // 20), "sqrt", min_size=8)


def peak_mb() -> float:
    """Largest resident memory of this process so far, MB (Linux: kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def now_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def hashlib_seconds(rows: int) -> float:
    some = next(batches(min(rows, BATCH)))["frame_unit_id"].to_pylist()
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        for one in some:
            hashlib.sha256(f"{SEED}|{one}".encode()).digest()
        seconds.append(time.perf_counter() - started)
    return sum(seconds) / 4 * rows / len(some)


def from_frame(rows: int) -> None:
    allocation, loop = allocation_of(rows), hashlib_seconds(rows)
    frame = pa.Table.from_batches(batches(rows)).to_pandas(self_destruct=True, split_blocks=True)
    before = now_mb()
    started = time.perf_counter()
    drawn = draw(frame, allocation, SEED)
    mine = time.perf_counter() - started
    print(f"{rows:,} rows, {len(allocation):,} strata, {len(drawn):,} drawn")
    print(f"  hashlib loop alone    {loop:7.2f} s (first million, scaled)")
    print(f"  draw and all checks   {mine:7.2f} s   ratio {mine / loop:4.2f}   {mine / rows * 1e9:5.0f} ns a row")
    print(f"  memory                {peak_mb() - before:7.0f} MB above the frame's {before:.0f}")


def from_reader(rows: int) -> None:
    allocation = allocation_of(rows)
    reader = pa.RecordBatchReader.from_batches(SCHEMA, batches(rows))
    before = now_mb()
    started = time.perf_counter()
    draw(reader, allocation, SEED)
    print(f"  from a reader         {time.perf_counter() - started:7.2f} s, making the rows included", end="")
    print(f"   {peak_mb() - before:.0f} MB above the {before:.0f} of the program")


def svy_seconds(rows: int) -> float:
    """svy's stratified srs of as many units as fit every stratum, on integer columns."""
    import polars as pl
    import svy

    strata = np.random.default_rng(1).integers(0, strata_of(rows), rows)
    sample = svy.Sample(pl.DataFrame({"id": np.arange(rows), "h": strata}), svy.Design(stratum="h"))
    started = time.perf_counter()
    sample.sampling.srs(n=max(1, min(37_000, rows // 20) // strata_of(rows)), rstate=1)
    return time.perf_counter() - started


def others(rows: int) -> None:
    """Other programs on the same sizes, where they are installed."""
    if importlib.util.find_spec("svy") is None:
        print("  svy                   not installed, skipped")
    else:
        print(
            "  svy                   installed, but its draw takes no outside seed proof; time it by its own benchmark"
        )
    if shutil.which("Rscript") is None:
        print("  R                     not installed, skipped")
        return
    script = R_SCRIPT.format(rows=rows, strata=strata_of(rows), each=max(1, min(37_000, rows // 20) // strata_of(rows)))
    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=False)
    print(f"  R, sample() by split  {float(done.stdout):7.2f} s, no ids, no digests" if done.stdout else done.stderr)


def main(arguments: list[str]) -> None:
    if len(arguments) == 2 and arguments[0] in ("frame", "reader"):
        (from_frame if arguments[0] == "frame" else from_reader)(int(arguments[1]))
        return
    for rows in [int(one) for one in arguments] or [1_000_000, 10_000_000]:
        for kind in ("frame", "reader"):
            subprocess.run([sys.executable, __file__, kind, str(rows)], check=True)
        others(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
