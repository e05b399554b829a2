"""Values of an index by unit, node and variant, from the totals of one variant (docs/methods.md, sections 5 and 7)."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from errors import DataError
from sampling.estimation import Combinations, index_interval, linear_combinations, mean_table, share_table
from sampling.sums import Totals
from sampling.tables import Column, Table
from sipas.indices.definition import IndexDefinition, coefficients

INDEX_SCORES: Final = Table(
    "IndexScores",
    ("index_id", "unit_id", "node_code", "variant"),
    (
        Column("index_id", "text"),
        Column("unit_id", "text"),
        Column("node_code", "text"),
        Column("variant", "text"),
        Column("value_pct", "float", nullable=True),
        Column("std_error", "float", nullable=True),
        Column("df", "float"),
        Column("ci_low", "float", nullable=True),
        Column("ci_high", "float", nullable=True),
        Column("n", "int"),
        Column("definition_id", "text"),
        Column("flag", "text"),
        Column("reason", "text", nullable=True),
    ),
)


def definition_id(definition: IndexDefinition, variant: str, year: int) -> str:
    """What a value means: definition / combiner / weights / filter. Values with different ids never mix."""
    chosen = definition.variant(variant)
    return f"{definition.definition}/{definition.combiner(year).combiner}/{chosen.weights}/{chosen.filter}"


def given_id(definition: IndexDefinition) -> str:
    """The same of a value that another agency measured: its weights and filter are that agency's."""
    return f"{definition.definition}/given"


def taken_over_scores(values: pd.DataFrame, definition: IndexDefinition) -> pd.DataFrame:
    """IndexScores of values that another agency measured, in the official variant.

    values: unit_id, node_code, value_pct and std_error (NaN where not given), per cent 0..100. How many answers stand
    behind them is not known: n and df are 0 with the flag `given`; no interval is worked out. reason `no_std_error`
    where none was given.
    """
    nothing = np.full(len(values), np.nan)
    reason = pd.Series("no_std_error", index=values.index, dtype="str").where(values["std_error"].isna())
    return INDEX_SCORES.check(
        values.assign(
            index_id=definition.id,
            variant=definition.official.name,
            df=0.0,
            ci_low=nothing,
            ci_high=nothing,
            n=0,
            definition_id=given_id(definition),
            flag="given",
            reason=reason,
        )
    )


def satisfaction_index(
    totals: Totals, definition: IndexDefinition, *, variant: str, year: int, confidence: float = 0.95
) -> pd.DataFrame:
    """IndexScores of every domain (unit) of `totals` and every node.

    totals: item values in 0..1 (see `item_values`), NaN = no valid answer, one variable per item of the index, made
    with the weights and rows of `variant`. An item's value is its satisfied share, interval `wilson`, or its mean,
    interval `t`, as the index says; a node above is C @ item values, interval `logit`. value_pct, std_error, ci_* in
    percentage points 0..100; n: answers of the item, of a node those of its least answered item. flag: `small_n` below
    the index's min_n, `items_missing` when an item has no answer in the unit and the others carry its coefficient;
    joined by `;`. reason: as Estimates.
    Raises DataError `indices.totals` when the variables of `totals` are not the items of the index.
    """
    nodes, items, matrix = coefficients(definition, year)
    if set(items) != set(totals.variables):
        raise DataError("indices.totals", got=", ".join(totals.variables), expected=", ".join(items))
    item_of = {node.node_code: node.item_code for node in definition.nodes if node.item_code}
    inner = [row for row, node in enumerate(nodes) if node not in item_of]
    order = [items.index(variable) for variable in totals.variables]
    result = linear_combinations(totals, matrix[np.ix_(inner, order)])
    table = pd.concat(
        [
            _node_table(totals, [nodes[row] for row in inner], result, confidence),
            _item_table(_items(totals, definition, confidence), {item: node for node, item in item_of.items()}),
        ],
        ignore_index=True,
    )
    numbers = ["value_pct", "std_error", "ci_low", "ci_high"]
    table[numbers] = table[numbers] * 100
    small = pd.Series(np.where(table["n"] < definition.min_n, "small_n", ""), dtype="str")
    flag = small.str.cat(table.pop("flag"), sep=";").str.strip(";")
    named = definition_id(definition, variant, year)
    return INDEX_SCORES.check(
        table.assign(index_id=definition.id, variant=definition.variant(variant).name, definition_id=named, flag=flag)
    )


def _items(totals: Totals, definition: IndexDefinition, confidence: float) -> pd.DataFrame:
    return (share_table if definition.item_value == "share" else mean_table)(totals, confidence)


def _item_table(shares: pd.DataFrame, node_of: dict[str, str]) -> pd.DataFrame:
    """Items as the Estimates of their satisfied shares or means."""
    names = {"domain": "unit_id", "estimate": "value_pct"}
    table = shares.rename(columns=names).assign(node_code=shares["variable"].map(node_of).astype("str"), flag="")
    return table.drop(columns=["variable", "statistic", "effective_n", "deff"])


def _node_table(totals: Totals, nodes: list[str], result: Combinations, confidence: float) -> pd.DataFrame:
    """Nodes above the items, in shares; a value at 0 or 1 has no standard error (`unanimous`)."""
    low, high = index_interval(result, confidence)
    df = result.df[:, None] * np.ones_like(result.value)
    at_end = ((result.value <= 0) | (result.value >= 1)) & (df > 0)
    no_df = (df < 1) & (result.variance > 0)
    reason = np.select([np.isnan(result.value), at_end, no_df], ["no_answer", "unanimous", "no_df"], default="")
    reasons = pd.Series(reason.ravel(), dtype="str")
    flags = np.where(result.incomplete, "items_missing", "").ravel()
    return pd.DataFrame(
        {
            "unit_id": pd.Series(np.repeat(np.asarray(totals.domains, dtype=object), len(nodes)), dtype="str"),
            "node_code": pd.Series(np.tile(np.asarray(nodes, dtype=object), len(totals.domains)), dtype="str"),
            "value_pct": result.value.ravel(),
            "std_error": np.where(at_end, np.nan, np.sqrt(result.variance)).ravel(),
            "df": df.ravel(),
            "ci_low": low.ravel(),
            "ci_high": high.ravel(),
            "n": result.n.ravel(),
            "flag": pd.Series(flags, dtype="str"),
            "reason": reasons.mask(reasons == ""),
        }
    )
