"""Everything the round's workbook needs, as plain frozen values: nothing here is read from a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pandas as pd

DEFAULT_MIN_BREAKDOWN: Final = 10
# Lines of the round under this heading stand on the list of sheets too.
REOPENED: Final = "Mở lại đợt"
# Lines on values that another agency gave.
TAKEN_OVER: Final = "Số liệu của cơ quan khác"


@dataclass(frozen=True)
class RoundFacts:
    """Names of the round. `province_unit_id` is the unit_id of the whole province in `index_scores`.

    release: draft | released. `result_hash`: hex SHA-256 of the results; its first 12 characters stand in every
    footer. `log_head`: head of the entry log, printed when not empty.
    """

    round_id: str
    province_vi: str
    year: int
    campaign_vi: str
    province_unit_id: str
    result_hash: str
    software_version: str
    is_made_up: bool = False
    is_training: bool = False
    release: str = "draft"
    release_no: int = 0
    log_head: str = ""


@dataclass(frozen=True)
class CriterionFacts:
    """A criterion as published; `index_id`, `node_code`, `variant` name the linked survey value of a leaf, if any.

    rule of an index link: `index_link`, or the transform of the link, which says more; low, high: its bounds.
    """

    code: str
    parent: str
    level: str
    name_vi: str
    max_points: Decimal
    score_source: str
    rule: str
    article: str = ""
    owner: str = ""
    index_id: str = ""
    node_code: str = ""
    variant: str = ""
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def is_survey(self) -> bool:
        """Scored from answers, not from appraised documents."""
        return self.score_source in ("survey", "index")


@dataclass(frozen=True)
class ClassFacts:
    """A class and its lower bound in percent, inclusive."""

    class_code: str
    name_vi: str
    from_pct: Decimal


@dataclass(frozen=True)
class RulebookFacts:
    """A set of criteria as the decision has it; `criteria` in tree order (a parent before its children).

    unconfirmed: settings no source confirms; unscored: criteria of the decision that are never scored, in words.
    """

    rulebook_id: str
    title_vi: str
    decision: str
    issued: str
    unit_group: str
    max_points: Decimal
    denominator: str
    rank_on: str
    ties: str
    rounding_mode: str
    absent_survey: str
    classes: tuple[ClassFacts, ...]
    criteria: tuple[CriterionFacts, ...]
    leaf_decimals: int = 2
    total_decimals: int = 2
    index_decimals: int = 2
    source: str = ""
    made_up: bool = False
    no_cases: str = ""
    bonus_cap: Decimal | None = None
    penalty_cap: Decimal | None = None
    unconfirmed: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()

    @property
    def roots(self) -> tuple[CriterionFacts, ...]:
        """Criteria without a parent: areas, and bonus or penalty where a rulebook has them."""
        return tuple(one for one in self.criteria if not one.parent)

    @property
    def parents(self) -> frozenset[str]:
        """Codes that have children; all others are leaves."""
        return frozenset(one.parent for one in self.criteria if one.parent)

    def section_of(self, code: str) -> CriterionFacts:
        """The criterion without a parent above `code` (itself for a root)."""
        by_code = {one.code: one for one in self.criteria}
        one = by_code[code]
        while one.parent:
            one = by_code[one.parent]
        return one

    def depth_of(self, code: str) -> int:
        """0 for a root, 1 for its children, and so on."""
        by_code = {one.code: one for one in self.criteria}
        depth, one = 0, by_code[code]
        while one.parent:
            depth, one = depth + 1, by_code[one.parent]
        return depth


@dataclass(frozen=True)
class VariantFacts:
    """One way to compute the index. weights: none | final; respondents: all | users_only; both `given` where another
    agency gave the values; `name_vi` as the index file has it."""

    variant: str
    weights: str
    respondents: str
    is_official: bool
    name_vi: str = ""


@dataclass(frozen=True)
class NodeFacts:
    """A node of the index tree; level: overall | content | factor | item."""

    node_code: str
    parent: str
    level: str
    name_vi: str


@dataclass(frozen=True)
class IndexFacts:
    """A survey index; `nodes` in tree order, the overall node first; `definition_vi` says what is counted.

    item_value: share (of satisfied answers) | mean (over the highest code) | given (by another agency): what the value
    of a criterion is.
    combiner: items | factors | contents; combiner_basis: how sure that is, stated | derived | unconfirmed ("": not
    printed), combiner_note: why. source_vi: the agency whose figures the values are, "" where they were counted from
    answers; then questionnaire, combiner and numbers of answers are not known and nothing is hidden.
    """

    index_id: str
    title_vi: str
    definition_id: str
    definition_vi: str
    questionnaire_id: str
    decision: str
    item_value: str
    combiner: str
    min_n: int
    variants: tuple[VariantFacts, ...]
    nodes: tuple[NodeFacts, ...]
    combiner_basis: str = ""
    combiner_note: str = ""
    source_vi: str = ""

    @property
    def official(self) -> str:
        """Name of the variant that is the index."""
        return next(one.variant for one in self.variants if one.is_official)

    @property
    def overall(self) -> NodeFacts:
        """The node that is the index itself."""
        return next(one for one in self.nodes if one.level == "overall")

    def of_level(self, *levels: str) -> tuple[NodeFacts, ...]:
        """Nodes of the named levels in tree order."""
        return tuple(one for one in self.nodes if one.level in levels)

    def children(self, node_code: str) -> tuple[NodeFacts, ...]:
        """Nodes directly below `node_code`."""
        return tuple(one for one in self.nodes if one.parent == node_code)


@dataclass(frozen=True)
class DrawFacts:
    """What anyone needs to redraw the sample."""

    seed: str
    frame_hash: str
    plan_hash: str
    public_value: str
    public_source_vi: str = ""
    nonces: tuple[str, ...] = ()


@dataclass(frozen=True)
class MethodFact:
    """A line of the method sheet: heading it belongs under, what it says, its value."""

    group_vi: str
    name_vi: str
    value: str


@dataclass(frozen=True)
class SurveyFacts:
    """One survey of the round: what became of its forms, its weights, its draw.

    index_id: the index counted from its answers, one of the round's indices. Empty frames: values of another agency.
    responses: unit_id, n_issued, n_returned, n_outstanding, n_valid: issued = returned + outstanding and
        returned = valid + sum of the unit's rejections.
    rejections: unit_id, reason, n; `returns.late` is a reason.
    batches: batch_id, file_name, received_on (ISO date), n_rows = n_accepted + n_late + n_duplicate + n_set_aside +
        n_superseded + n_withdrawn + n_waiting.
    weights: unit_id ("" = whole survey), step_no (1..), weight_step (kind of the step after which the weights are
        looked at; final: those that are used), step_name ("" unless a kind comes twice), n, weight_sum, weight_min,
        weight_max, cv (share), kish_deff, kish_n.
    margins: margin_vi, category_vi, partition ("" = whole survey), target, before, after (sums of weights).
    draw: seed and hashes, or None where no sample was drawn. method_facts: further lines of the method sheet.
    short_vi: two or three words for the names of its sheets where a round holds several surveys; "": its number.
    """

    instrument_id: str
    title_vi: str
    index_id: str
    responses: pd.DataFrame
    rejections: pd.DataFrame
    batches: pd.DataFrame
    weights: pd.DataFrame
    margins: pd.DataFrame
    draw: DrawFacts | None = None
    method_facts: tuple[MethodFact, ...] = ()
    short_vi: str = ""

    @property
    def has_forms(self) -> bool:
        """Forms were handed out or files received; False where another agency gave the values."""
        return bool(len(self.responses) or len(self.batches))


@dataclass(frozen=True)
class RoundPack:
    """What is published of a round. Frames may come in any row order and with further columns, which are ignored.

    units: unit_id, name_vi, unit_group ("" or absent: not rated), sort_order. Every unit_id of any other frame is
        listed here, save the province's own.
    groups: unit_group -> Vietnamese name ("sở, ban, ngành"), in the order of the sheets.
    rulebooks: one per unit_group that is ranked.
    results: rulebook_id, unit_id, points (areas only), bonus, penalty, total_shown (points + bonus - penalty) and
        index_shown (both rounded by the rulebook), applicable_max, rank (absent: not ranked), class_code,
        class_name_vi (absent: no class). Points are Decimals.
    sheets: one row per rulebook_id, unit_id, criterion_code of every criterion, parents included; points,
        max_points (of a parent: what counts for this unit), leaf_status, score_source, std_error (points),
        value_text (what was scored), override_reason, and optionally evidence (documents).
    index_scores: index_id, unit_id, node_code, variant, value_pct (0..100), std_error, ci_low, ci_high (same
        percentage points), n (valid answers of an item; above items those of the least answered item below),
        definition_id, flag, reason (codes joined by `;`). Province: unit_id = facts.province_unit_id.
    surveys: in the order of their sheets; every index belongs to exactly one.
    input_hashes: (Vietnamese name, hex SHA-256) of every input.
    method_facts: further lines of the method sheet on the round as a whole; those under REOPENED stand on the list of
        sheets too.
    min_breakdown: fewest valid answers with which a breakdown of a unit is shown.
    """

    facts: RoundFacts
    units: pd.DataFrame
    groups: Mapping[str, str]
    rulebooks: tuple[RulebookFacts, ...]
    results: pd.DataFrame
    sheets: pd.DataFrame
    indices: tuple[IndexFacts, ...]
    index_scores: pd.DataFrame
    surveys: tuple[SurveyFacts, ...]
    input_hashes: tuple[tuple[str, str], ...] = ()
    method_facts: tuple[MethodFact, ...] = ()
    min_breakdown: int = DEFAULT_MIN_BREAKDOWN

    def is_required(self, index_id: str, node_code: str) -> bool:
        """True where a decision needs the value of every unit: it is never hidden, only flagged."""
        return any(
            one.is_survey and (one.index_id, one.node_code) == (index_id, node_code)
            for book in self.rulebooks
            for one in book.criteria
        )
