"""Replicates of a design: who weighs how much in each, and how the spread of their estimates makes a variance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import check_kind
from sampling.design import Design, row_ids
from sampling.numbers import FloatArray, IntArray

ReplicationKind = Literal["JK1", "JKn", "BRR", "Fay", "bootstrap", "multistage bootstrap", "given"]


Replay = Literal["calibration", "all"]
RESPONSE_CLASS = "response_class"


class Multipliers(Protocol):
    """Makes the multipliers b >= 0 of all replicates, some at a time."""

    def chunks(self, at_once: int) -> Iterator[FloatArray]:
        """Tables (units, r), r <= at_once, replicate after replicate; the same numbers however many at once."""


@dataclass(frozen=True, eq=False, repr=False)
class Replication:
    """Replicates of a design. V = scale sum_r rscales_r (theta_r - theta)^2, theta of the full sample.

    unit: the unit of every row, (n,), that a multiplier belongs to; rscales: (R,). replay: what is done again in a
    replicate: the calibrations (nonresponse factors stay), or `all`: every class of the column `response_class` keeps
    its sum of weights as well. is_conservative: strata drawn with unequal probabilities are taken as drawn with
    replacement, so that V is not too small.
    """

    design: Design
    kind: ReplicationKind
    multipliers: Multipliers
    unit: IntArray
    scale: float
    rscales: FloatArray
    replay: Replay = "calibration"
    is_conservative: bool = False

    def __post_init__(self) -> None:
        if self.replay not in ("calibration", "all"):
            raise DesignError("replication.replay", got=self.replay, expected="calibration | all")

    def __repr__(self) -> str:
        return f"<Replication: {self.kind}, replicates {self.replicates:,}, replay {self.replay}, of {self.design!r}>"

    @property
    def replicates(self) -> int:
        """Number of replicates, R."""
        return len(self.rscales)


@dataclass(frozen=True, eq=False)
class FirstStage:
    """First-stage units in groups (strata; a certain unit stands alone). U units, G groups.

    row_unit: (n,); group: (U,); n: (G,) units; rest: (G,) = 1 - f, 0 where nothing varies.
    """

    row_unit: IntArray
    group: IntArray
    n: IntArray
    rest: FloatArray


def first_stage(design: Design) -> FirstStage:
    """The first stage of a design as replicates see it; a lonely unit keeps its weight.

    Raises DesignError `replication.lonely` unless the design says that a lonely unit counts as certain.
    """
    check_lonely(design)
    level = design.levels[0]
    row_unit = design.row_unit
    for stage in reversed(design.stages[1:]):
        row_unit = stage.parent[row_unit]
    return FirstStage(row_unit, level.unit_group, level.n, np.where(level.n > 1, level.rest, 0.0))


def check_lonely(design: Design) -> None:
    """DesignError `replication.lonely` when a group has one unit and the design does not take it as certain."""
    lonely = sum(int(level.is_lonely.sum()) for level in design.levels)
    if lonely and design.lonely_psu not in ("certainty", "remove"):
        raise DesignError("replication.lonely", where=design.lonely_psu, got=lonely, expected="certainty")


def named_units(design: Design) -> Design:
    """`by_names` where every row may be a unit of its own and goes by its id: an element sample (R: ids = ~1).

    Raises DesignError `replication.psu` without ids of its own, `design.id`, `design.id_repeated`.
    """
    check_kind("design", design, Design)
    if design.stages[-1].labels is not None:
        return by_names(design)
    if not design.id_columns or design.is_numbered:
        raise DesignError("replication.psu", expected="psu")
    row_ids(design.data, design.id_columns)
    texts = _texts(design, design.id_columns)
    row_ids(texts, list(texts.columns))
    column = _free_name(design, "row_unit")
    # The place of the row among all, in order of the texts of its ids.
    data = design.data.assign(**{column: texts.groupby(list(texts.columns), sort=True).ngroup()})
    units = [*_unit_columns(design)[:-1], column]
    return by_names(replace(design, data=data, psu=units), is_last_placed=True)


def by_names(design: Design, *, is_last_placed: bool = False) -> Design:
    """The design with strata and units in the order of their names as texts: "10" before "2", whatever their type.

    Draws go by names, not by the order of rows, and a file may give back texts as numbers: neither changes a replicate.
    is_last_placed: the units of the last stage stand in their order already.
    """
    units = _unit_columns(design)
    named = [name for name in (units[:-1] if is_last_placed else units) if name is not None]
    wanted = dict.fromkeys([*([] if design.stratum is None else [design.stratum]), *named])
    texts = _texts(design, list(wanted))
    place = {name: _free_name(design, f"name_of_{name}") for name in wanted}
    data = design.data.assign(**{place[name]: texts[name] for name in wanted})
    stratum = None if design.stratum is None else place[design.stratum]
    psu = [None if name is None else place.get(name, name) for name in units]
    return replace(design, data=data, stratum=stratum, psu=psu)


def _unit_columns(design: Design) -> list[str | None]:
    """The column of units of every stage."""
    units = [design.psu] if design.psu is None or isinstance(design.psu, str) else list(design.psu)
    stages = len(design.stages)
    return [*units, *[None] * (stages - len(units))][:stages]


def _texts(design: Design, names: Sequence[str]) -> pd.DataFrame:
    """Columns as texts; an empty cell stays empty."""
    rows = design.data[list(names)]
    return rows.astype("str").where(rows.notna())


def _free_name(design: Design, name: str) -> str:
    """The name, with underscores where the data have such a column already."""
    while name in design.data.columns:
        name += "_"
    return name


def is_multistage(design: Design) -> bool:
    """Two stages or more where a stage-one fraction above 0.1 makes the stages below count."""
    if len(design.stages) == 1:
        return False
    first = design.levels[0]
    certain = design.stages[0].prob is not None and bool((design.stages[0].prob == 1).any())
    return certain or bool(((1 - first.rest) > 0.1).any())
