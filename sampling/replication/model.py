"""Replicates of a design: who weighs how much in each, and how the spread of their estimates makes a variance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from errors import DesignError
from sampling.arguments import check_kind
from sampling.design import Design
from sampling.numbers import FloatArray, IntArray

ReplicationKind = Literal["JK1", "JKn", "BRR", "Fay", "bootstrap", "multistage bootstrap", "given"]


Replay = Literal["calibration", "all"]
RESPONSE_CLASS = "response_class"
ROW_UNIT = "row_unit"  # the column that names the rows where several columns are their id


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
    """The design whose rows, where each is a unit of its own, go by their ids: an element sample (R: ids = ~1).

    Draws go by names, not by the order of rows, so that the same table in another order gives the same replicates.
    Raises DesignError `replication.psu` without ids.
    """
    check_kind("design", design, Design)
    if design.stages[-1].labels is not None:
        return design
    if not design.id_columns:
        raise DesignError("replication.psu", expected="psu")
    units = [design.psu] if design.psu is None or isinstance(design.psu, str) else list(design.psu)
    units += [None] * (len(design.stages) - len(units))
    # Several columns of ids stand in one: the place of the row among all, in order of the ids.
    column = design.id_columns[0] if len(design.id_columns) == 1 else ROW_UNIT
    data = design.data
    if column == ROW_UNIT:
        data = data.assign(**{ROW_UNIT: data.groupby(list(design.id_columns), sort=True).ngroup()})
    return replace(design, data=data, psu=[*units[: len(design.stages) - 1], column])


def is_multistage(design: Design) -> bool:
    """Two stages or more where a stage-one fraction above 0.1 makes the stages below count."""
    if len(design.stages) == 1:
        return False
    first = design.levels[0]
    certain = design.stages[0].prob is not None and bool((design.stages[0].prob == 1).any())
    return certain or bool(((1 - first.rest) > 0.1).any())
