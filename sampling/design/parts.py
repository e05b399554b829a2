"""Designs of the parts of a large table, one after the other, so that memory holds one part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sampling.design.columns import stage_columns
from sampling.design.model import Design


def parquet_designs(
    paths: Iterable[Path], variables: Sequence[str], *, rows: int = 200_000, **columns: Any
) -> Iterator[Design]:
    """A Design for every `rows` rows of the Parquet files, reading only the columns that are needed.

    variables: further columns to read (variables, domains); columns: what `Design` takes besides data, by name, and
    not `calibration`, whose rows belong to one table. Give the result to `totals`. Raises what Design raises.
    """
    with_counts = columns.get("fpc", "known") == "known"
    stages = stage_columns(
        *(columns.get(name) for name in ("psu", "pop_size", "inclusion_prob")), with_counts=with_counts
    )
    named = [columns["weight"], columns.get("stratum"), *(name for one in stages for name in one), *variables]
    wanted = list(dict.fromkeys(name for name in named if name is not None))
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=rows, columns=wanted):
                yield Design(batch.to_pandas(), **columns)
