"""Who rates whom: raters drawn from closed lists by a matrix of quotas (docs/methods.md, section 3).

Two patterns. `each`: every rated unit u gets its own simple random sample of q raters from the list of group g without
the raters of u itself, pi = q/N_gu. `all`: q raters are drawn once from the group and rate every unit of the row but
their own, pi = q/N_g for every pair. q >= N takes everybody. A row that names one rated unit goes before the row of its
unit group. Rows `all` of one group take the same people first, so a person is asked once about as much as possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from errors import Fault, FaultsFound
from sampling.frame import canonical_csv
from sampling.numbers import sha256_hex
from sampling.selection import check_seed, permanent_random_numbers
from sampling.tables import Column, Table

PATTERNS: Final = ("each", "all")
SHORT_LIST: Final = ("census", "fail")
RATERS = Table(
    "Raters", ("rater_id",), tuple(Column(name, "text") for name in ("rater_id", "rater_group", "own_unit_id"))
)
RATED_UNITS = Table(
    "RatedUnits", ("rated_unit_id",), tuple(Column(name, "text") for name in ("rated_unit_id", "unit_group"))
)
RATER_QUOTAS = Table(
    "RaterQuotas",
    ("rater_group", "unit_group", "rated_unit_id"),
    (
        Column("rater_group", "text"),
        Column("unit_group", "text"),
        Column("rated_unit_id", "text"),
        Column("pattern", "text", choices=PATTERNS),
        Column("quota", "int"),
        Column("exclude_own", "bool"),
        Column("short_list", "text", choices=SHORT_LIST),
    ),
)
RATER_PAIRS = Table(
    "RaterPairs",
    ("rater_id", "rated_unit_id"),
    (
        Column("rater_id", "text"),
        Column("rated_unit_id", "text"),
        Column("rater_group", "text"),
        Column("pattern", "text", choices=PATTERNS),
        Column("pair_prob", "float"),
    ),
)
DRAWN_RATERS = Table(
    "DrawnRaters",
    ("rater_id",),
    (
        Column("rater_id", "text"),
        Column("rater_group", "text"),
        Column("own_unit_id", "text"),
        Column("prn", "text"),
        Column("inclusion_prob", "float"),
        Column("n_forms", "int"),
    ),
)
RATER_LISTS = Table(
    "RaterLists",
    ("rater_group", "rated_unit_id"),
    (
        Column("rater_group", "text"),
        Column("rated_unit_id", "text"),
        Column("pattern", "text", choices=PATTERNS),
        Column("quota", "int"),
        Column("list_size", "int"),
        Column("n_pairs", "int"),
        Column("is_census", "bool"),
    ),
)
BURDEN = Table(
    "RaterBurden",
    ("rater_group",),
    (
        Column("rater_group", "text"),
        *(Column(name, "int") for name in ("n_list", "n_drawn", "n_forms", "min_forms")),
        Column("median_forms", "float"),
        Column("max_forms", "int"),
    ),
)
_CELL: Final = ["rater_group", "rated_unit_id"]


@dataclass(frozen=True, eq=False)
class PairDraw:
    """pairs: RATER_PAIRS. raters: everybody drawn, with the digest under the seed and the probability of being asked
    about any unit at all. lists: the list and the pairs behind every cell of the matrix (`is_census`: all are asked).
    sizes: raters on the list by group."""

    pairs: pd.DataFrame
    raters: pd.DataFrame
    lists: pd.DataFrame
    sizes: pd.Series

    def burden(self) -> pd.DataFrame:
        """BURDEN: forms per drawn rater by group."""
        forms = self.raters.groupby("rater_group")["n_forms"].agg(["size", "sum", "min", "median", "max"])
        forms.columns = ["n_drawn", "n_forms", "min_forms", "median_forms", "max_forms"]
        return BURDEN.check(forms.assign(n_list=self.sizes.reindex(forms.index)).reset_index())


def draw_pairs(raters: pd.DataFrame, rated: pd.DataFrame, quotas: pd.DataFrame, seed: str) -> PairDraw:
    """Raters of every rated unit by the matrix `quotas` (tables RATERS, RATED_UNITS, RATER_QUOTAS), for one seed.

    own_unit_id "" = of no rated unit. A quota row names a unit_group or one rated_unit_id, the other "". Order of
    `all`: digests under the seed; of `each` for unit u: under the derived seed `pairs:<u>`. The probability of a drawn
    rater is 1 - (1 - a) prod_u (1 - q_u/N_gu) over the units the rater may rate, a the largest q/N_g among rows `all`.
    Same result for any order of rows. Raises DesignError `draw.seed`; FaultsFound `pairs.quotas` with all of
    `pairs.repeated`, `pairs.target`, `pairs.quota`, `pairs.unknown`, `pairs.no_quota`, `pairs.unrated`,
    `pairs.empty_list`, `pairs.short_list`; FrameError `frame.bad_id`; DataError of the table declarations.
    """
    check_seed(seed)
    faults: list[Fault] = []
    people, units = _once(raters, RATERS, faults), _once(rated, RATED_UNITS, faults)
    matrix = _once(quotas, RATER_QUOTAS, faults)
    faults += [*_target_faults(matrix), *_name_faults(people, units, matrix)]
    cells = _cells(people, units, matrix)
    faults += _size_faults(units, cells)
    if faults:
        raise FaultsFound("pairs.quotas", faults)
    prn = permanent_random_numbers(people["rater_id"], seed)
    pairs = _pairs(people.assign(prn=prn).sort_values("prn"), cells, seed)
    pair_counts = pairs.groupby(_CELL).size().rename("n_pairs")
    lists = cells.merge(pair_counts.reset_index(), on=_CELL, how="left").fillna({"n_pairs": 0})
    forms = pairs.groupby("rater_id").size().rename("n_forms").reset_index()
    drawn = people.assign(prn=prn, inclusion_prob=_asked_prob(people, cells)).merge(forms, on="rater_id")
    return PairDraw(
        pairs=RATER_PAIRS.check(pairs[RATER_PAIRS.names()]),
        raters=DRAWN_RATERS.check(drawn[DRAWN_RATERS.names()]),
        lists=RATER_LISTS.check(lists.assign(is_census=lists["quota"] >= lists["list_size"])[RATER_LISTS.names()]),
        sizes=people["rater_group"].value_counts(),
    )


def pairs_csv(pairs: pd.DataFrame) -> bytes:
    """The drawn pairs in canonical form, for outsiders who draw again from public list, matrix and seed."""
    ordered = pairs.sort_values(["rater_id", "rated_unit_id"], kind="stable")
    return canonical_csv(ordered, ["rater_id", "rated_unit_id", "rater_group", "pattern"], "rater_id")


def _once(frame: pd.DataFrame, table: Table, faults: list[Fault]) -> pd.DataFrame:
    """The table with every key once; each repetition is a fault."""
    key = list(table.key)
    if set(key) <= set(frame.columns):
        again = frame.duplicated(key)
        repeated = frame.loc[again, key].drop_duplicates().itertuples(index=False, name=None)
        faults += [
            Fault("pairs.repeated", column=key[0], got=" / ".join(filter(None, map(str, values))))
            for values in repeated
        ]
        frame = frame[~again]
    return table.check(frame[[name for name in table.names() if name in frame.columns]])


def _target_faults(matrix: pd.DataFrame) -> Iterator[Fault]:
    wrong = matrix[(matrix["unit_group"] == "") == (matrix["rated_unit_id"] == "")]
    for group, of_group, unit in wrong[list(RATER_QUOTAS.key)].itertuples(index=False, name=None):
        yield Fault("pairs.target", column="unit_group", got=f"{group} {of_group} {unit}".strip())
    for group, quota in matrix.loc[matrix["quota"] < 0, ["rater_group", "quota"]].itertuples(index=False, name=None):
        yield Fault("pairs.quota", column="quota", got=f"{group} {quota}")


def _name_faults(people: pd.DataFrame, units: pd.DataFrame, matrix: pd.DataFrame) -> Iterator[Fault]:
    """Names the matrix uses and nobody bears; groups on the list that the matrix leaves out."""
    for column, listed in (
        ("rater_group", people["rater_group"]),
        ("unit_group", units["unit_group"]),
        ("rated_unit_id", units["rated_unit_id"]),
    ):
        for name in sorted(set(matrix[column]) - set(listed) - {""}):
            yield Fault("pairs.unknown", column=column, got=name)
    for name in sorted(set(people["rater_group"]) - set(matrix["rater_group"])):
        yield Fault("pairs.no_quota", column="rater_group", got=name)


def _cells(people: pd.DataFrame, units: pd.DataFrame, matrix: pd.DataFrame) -> pd.DataFrame:
    """One row per rater group and rated unit with a quota above 0; list_size is the N of its probability q/N."""
    single = matrix[matrix["rated_unit_id"] != ""].drop(columns="unit_group").merge(units, on="rated_unit_id")
    by_group = matrix[matrix["rated_unit_id"] == ""].drop(columns="rated_unit_id").merge(units, on="unit_group")
    cells = pd.concat([single, by_group], ignore_index=True).drop_duplicates(_CELL)
    cells = cells[(cells["quota"] > 0) & cells["rater_group"].isin(people["rater_group"])]
    own_counts = (
        people.rename(columns={"own_unit_id": "rated_unit_id"}).groupby(_CELL).size().rename("own").reset_index()
    )
    cells = cells.merge(own_counts, on=_CELL, how="left").sort_values(_CELL, ignore_index=True)
    own_size = cells["own"].where(cells["exclude_own"]).fillna(0).astype("int64")
    group_size = cells["rater_group"].map(people["rater_group"].value_counts()).astype("int64")
    is_each = cells["pattern"] == "each"
    return cells.assign(
        eligible=group_size - own_size, list_size=(group_size - own_size).where(is_each, group_size), is_each=is_each
    )


def _size_faults(units: pd.DataFrame, cells: pd.DataFrame) -> Iterator[Fault]:
    for unit in sorted(set(units["rated_unit_id"]) - set(cells["rated_unit_id"])):
        yield Fault("pairs.unrated", column="rated_unit_id", got=unit)
    short = (cells["short_list"] == "fail") & (cells["quota"] > cells["list_size"])
    for rule, wrong in (("pairs.empty_list", cells["eligible"] == 0), ("pairs.short_list", short)):
        columns = cells.loc[wrong, [*_CELL, "quota", "list_size"]]
        for group, unit, quota, size in columns.itertuples(index=False, name=None):
            yield Fault(rule, column="quota", got=str(size), expected=str(quota), values={"group": group, "unit": unit})


def _pairs(ordered: pd.DataFrame, cells: pd.DataFrame, seed: str) -> pd.DataFrame:
    """The chosen raters of every cell; `ordered`: raters by their digest under the seed."""
    groups = {str(name): rows for name, rows in ordered.groupby("rater_group")}
    chosen = []
    columns = cells[[*_CELL, "pattern", "quota", "list_size", "exclude_own"]]
    for group, unit, pattern, quota, size, exclude_own in columns.itertuples(index=False, name=None):
        pool = groups[group]
        if pattern == "all":
            pool = pool.head(quota)
        if exclude_own:
            pool = pool[pool["own_unit_id"] != unit]
        if pattern == "each":
            order = permanent_random_numbers(pool["rater_id"], sha256_hex(f"{seed}|pairs:{unit}")).sort_values()
            pool = pool.loc[order.index[:quota]]
        facts = {"rated_unit_id": unit, "rater_group": group, "pattern": pattern, "pair_prob": min(quota, size) / size}
        chosen.append(pool[["rater_id"]].assign(**facts))
    return pd.concat(chosen, ignore_index=True)


def _asked_prob(people: pd.DataFrame, cells: pd.DataFrame) -> pd.Series:
    """Probability of every rater on the list to be asked about at least one unit."""
    result = pd.Series(np.nan, index=people.index)
    pi = np.minimum(cells["quota"], cells["list_size"]) / cells["list_size"]
    of_group = {str(name): rows for name, rows in cells.assign(pi=pi).groupby("rater_group")}
    for (group, own_unit), rows in people.groupby(["rater_group", "own_unit_id"]):
        mine = of_group.get(str(group), cells.assign(pi=pi).head(0))
        mine = mine[~(mine["exclude_own"] & (mine["rated_unit_id"] == own_unit))]
        each_pi, all_pi = mine.loc[mine["is_each"], "pi"], mine.loc[~mine["is_each"], "pi"]
        result[rows.index] = 1 - (1 - (all_pi.max() if len(all_pi) else 0.0)) * (1 - each_pi).prod()
    return result
