"""ControlTotals written short."""

from collections.abc import Mapping

import pandas as pd


def control_totals(margins: Mapping[str, Mapping[str, float]], partition: str = "") -> pd.DataFrame:
    """Totals of {margin: {category: total}}; category "" for a margin of numbers."""
    rows = [(m, c, partition, float(t), "test") for m, categories in margins.items() for c, t in categories.items()]
    return pd.DataFrame(rows, columns=["margin", "category", "partition", "total", "source"])
