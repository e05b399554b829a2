"""Designs of the parts of a large table, one after the other, so that memory holds one part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from sampling.design.columns import ByStage, stage_columns
from sampling.design.model import Design, Fpc, LonelyRule


def parquet_designs(
    paths: Iterable[Path],
    variables: Sequence[str],
    *,
    weight: str,
    stratum: str | None = None,
    psu: ByStage = None,
    pop_size: ByStage = None,
    inclusion_prob: ByStage = None,
    lonely_psu: LonelyRule = "fail",
    fpc: Fpc = "known",
    rows: int = 200_000,
) -> Iterator[Design]:
    """A Design for every `rows` rows of the Parquet files, reading only the columns that are needed, for `totals`.

    variables: further columns to read (variables, domains); the others as `Design`. Weights are those of the file:
    adjustments belong to one table. Raises what `Design` raises.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from sampling import totals
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "rows.parquet"
    ...     pd.DataFrame({"w": 2.0, "y": range(10)}).to_parquet(file)
    ...     totals(parquet_designs([file], ["y"], weight="w", rows=4), ["y"]).domain_wy.tolist()
    [[90.0]]
    """
    stages = stage_columns(psu, pop_size, inclusion_prob, with_counts=fpc == "known")
    named = [weight, stratum, *(name for stage in stages for name in stage), *variables]
    wanted = list(dict.fromkeys(name for name in named if name is not None))
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=rows, columns=wanted):
                data = batch.to_pandas()
                yield Design(data, weight, stratum, psu, pop_size, inclusion_prob, lonely_psu, fpc)
