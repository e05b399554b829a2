"""Frozen models of a rulebook. Points and percentages are exact `Decimal`; nothing here computes a score.

`line` is the line in the CSV the row came from (1-based, 0 when made in code); it never counts as content and is
left out of dumps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from errors import RulebookError
from sipas.datafiles import Model
from sipas.rulebook.fields import Code, Flag, MaybeNumber, MaybePoints, Name, Points, one_of
from sipas.tree import Node, Tree

RuleCode = Literal["sum", "choice", "band", "ratio", "linear", "linear_between", "option_weights", "index_link"]
LevelCode = Literal["area", "criterion", "sub_criterion", "bonus", "penalty"]
SourceCode = Literal["appraisal", "survey", "index", ""]
TransformCode = Literal["linear", "band", "linear_between"]
NoCases = Literal["full", "exclude", "zero", "fail"]
NoCasesOrDefault = Literal["full", "exclude", "zero", "fail", ""]
AbsentPolicy = Literal["rescale", "carry", "fail"]
RoundingMode = Literal["half_up", "half_even", "truncate"]
DenominatorCode = Literal["full", "applicable"]
RankOn = Literal["index_unrounded", "index_rounded"]
Ties = Literal["competition", "dense"]
LeafStatus = Literal["", "not_applicable", "no_cases"]

SURVEY_SOURCES: tuple[SourceCode, ...] = ("survey", "index")
"""Sources of the survey part: `index` is the value of an index node, `survey` counts of answers."""

_COUNT = re.compile(r"([^\s/;=,|]+)\s*=\s*([0-9]{1,9})")


class Level(Model):
    """A level of a `choice` (points) or an answer of `option_weights` (weight_pct, per cent of the maximum)."""

    level_code: Code
    name_vi: Name
    points: MaybePoints = None
    weight_pct: MaybePoints = None
    line: int = Field(default=0, exclude=True)


class Band(Model):
    """Values from `start` to `end` earn `points`; a blank end is open to infinity."""

    model_config = ConfigDict(populate_by_name=True)

    start: MaybeNumber = Field(default=None, alias="from")
    start_inclusive: Flag = Field(default=False, alias="from_inclusive")
    end: MaybeNumber = Field(default=None, alias="to")
    end_inclusive: Flag = Field(default=False, alias="to_inclusive")
    points: Points
    line: int = Field(default=0, exclude=True)


class Link(Model):
    """Index node whose value (per cent) is scored; variant "" is the official variant of the index."""

    index_id: Code
    node_code: Code
    variant: str = ""
    transform: Annotated[TransformCode, one_of(TransformCode)]
    line: int = Field(default=0, exclude=True)


class Criterion(Model):
    """A row of the criteria tree: an area, a criterion, a sub-criterion, a bonus or a penalty.

    `low` earns 0 and `high` the maximum (`linear_between`; high < low: less is better); `high` alone is the threshold
    of `linear`, blank = 100 and then the value is a per cent. `no_cases` "" takes the rulebook's default.
    """

    code: Code
    parent: str = ""
    level: Annotated[LevelCode, one_of(LevelCode)]
    name_vi: Name
    name_en: str = ""
    max_points: Points
    score_source: Annotated[SourceCode, one_of(SourceCode)] = ""
    rule: Annotated[RuleCode, one_of(RuleCode)]
    low: MaybeNumber = None
    high: MaybeNumber = None
    article: str = ""
    evidence: str = ""
    owner: str = ""
    no_cases: Annotated[NoCasesOrDefault, one_of(NoCasesOrDefault)] = ""
    levels: tuple[Level, ...] = ()
    bands: tuple[Band, ...] = ()
    link: Link | None = None
    line: int = Field(default=0, exclude=True)

    @property
    def form(self) -> RuleCode:
        """The arithmetic that scores the leaf: its rule, for `index_link` the transform of the link."""
        return self.link.transform if self.rule == "index_link" and self.link else self.rule

    @property
    def is_survey(self) -> bool:
        """Scored from answers, not from appraised documents."""
        return self.score_source in SURVEY_SOURCES

    @property
    def is_extra(self) -> bool:
        """A bonus or penalty: outside the maximum of the rulebook."""
        return self.level in ("bonus", "penalty")


class Rounding(Model):
    """Rounding mode and decimals of a leaf, of the total and of the index."""

    mode: Annotated[RoundingMode, one_of(RoundingMode)]
    leaf: int = Field(ge=0, le=6)
    total: int = Field(ge=0, le=6)
    index: int = Field(ge=0, le=6)


class RankClass(Model):
    """A class: index values from `from_pct` (inclusive) up to the class above."""

    class_code: Code
    name_vi: Name
    from_pct: Points


class Case(Model):
    """A worked case: inputs of one criterion and the points found by hand. Rows of one `case` belong together."""

    case: Name
    code: Code
    choice_code: str = ""
    value: MaybeNumber = None
    numerator: MaybeNumber = None
    denominator: MaybeNumber = None
    option_counts: str = ""
    leaf_status: Annotated[LeafStatus, one_of(LeafStatus)] = ""
    points: MaybePoints = None
    line: int = Field(default=0, exclude=True)


class Unscored(Model):
    """A criterion of the decision whose rule is not known (or that earns nothing): listed, never scored."""

    code: Code
    parent: str = ""
    name_vi: Name
    max_points: Points
    reason: Name


class Header(Model):
    """What rulebook.toml says: the decision, whom it covers, and every setting of totals, index, rank and classes.

    result_kind: what its totals are ("par": the PAR Index); a round has one rulebook for every kind and unit group.
    empty_group: read from earlier files and asked for nowhere: no scoring reads it yet.
    unconfirmed: settings whose value no source confirms, by field name or `criteria.<code>.<column>`; unscored:
    criteria that stand in the decision but cannot be scored (see `unknowns`).
    """

    id: Name
    title_vi: Name
    decision: Name
    issued: str
    source: Name
    made_up: bool
    unit_group: Code
    result_kind: Code = "par"
    years: tuple[int, int]
    max_points: Points
    denominator: Annotated[DenominatorCode, one_of(DenominatorCode)]
    rank_on: Annotated[RankOn, one_of(RankOn)]
    ties: Annotated[Ties, one_of(Ties)]
    rounding: Rounding
    bonus_cap: Points
    penalty_cap: Points
    absent_survey: Annotated[AbsentPolicy, one_of(AbsentPolicy)]
    empty_group: Annotated[AbsentPolicy, one_of(AbsentPolicy)] = "fail"
    no_cases: Annotated[NoCases, one_of(NoCases)]
    classes: tuple[RankClass, ...]
    unconfirmed: tuple[str, ...] = ()
    unscored: tuple[Unscored, ...] = ()


class Rulebook(Header):
    """One decision for one unit group. Criteria and cases are in file order."""

    criteria: tuple[Criterion, ...]
    cases: tuple[Case, ...] = ()

    @cached_property
    def by_code(self) -> Mapping[str, Criterion]:
        """Criteria by code."""
        return {criterion.code: criterion for criterion in self.criteria}

    @cached_property
    def tree(self) -> Tree:
        """The criteria as a tree; bonus and penalty criteria are roots of their own."""
        return Tree(nodes_of(self.criteria))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Rulebook:
        """A changed copy; what was looked up in the original is looked up anew."""
        copied = super().model_copy(update=update, deep=deep)
        for name in ("by_code", "tree"):
            copied.__dict__.pop(name, None)
        return copied

    def criterion(self, code: str) -> Criterion:
        """The criterion `code`; RulebookError `rulebook.unknown_criterion` when there is none."""
        criterion = self.by_code.get(code)
        if criterion is None:
            raise RulebookError("rulebook.unknown_criterion", where=self.id, got=code)
        return criterion

    def in_tree_order(self) -> list[Criterion]:
        """Criteria with a parent before its children."""
        return [self.by_code[node.code] for node in self.tree.depth_first()]

    def leaves(self) -> tuple[Criterion, ...]:
        """Criteria that are scored themselves (bonus and penalty included), in file order."""
        return tuple(criterion for criterion in self.criteria if criterion.rule != "sum")

    def linked_leaves(self) -> tuple[Criterion, ...]:
        """Leaves whose points come from an index value."""
        return tuple(criterion for criterion in self.criteria if criterion.link is not None)

    def no_cases_of(self, criterion: Criterion) -> NoCases:
        """What "không phát sinh" earns at this leaf: its own setting, else the rulebook's."""
        return criterion.no_cases or self.no_cases


def nodes_of(criteria: Iterable[Criterion]) -> list[Node]:
    """Criteria as tree nodes; a penalty has direction "-"."""
    return [
        Node(
            code=criterion.code,
            parent=criterion.parent,
            level=criterion.level,
            name_vi=criterion.name_vi,
            name_en=criterion.name_en,
            weight=None,
            max_points=criterion.max_points,
            direction="-" if criterion.level == "penalty" else "+",
            sort_order=order,
        )
        for order, criterion in enumerate(criteria)
    ]


def parse_counts(text: str) -> dict[str, int]:
    """Counts of answers from "A=12;B=3". ValueError when the text is anything else or repeats a code."""
    counts: dict[str, int] = {}
    for part in text.split(";"):
        match = _COUNT.fullmatch(part.strip())
        if match is None or match[1] in counts:
            raise ValueError("counts are written A=12;B=3, every code once")
        counts[match[1]] = int(match[2])
    return counts


def decimals_of(number: Decimal) -> int:
    """Decimal places that `number` needs: 2.50 needs 1."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
