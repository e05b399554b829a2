"""Checks of one criterion: its rule, source, levels, bands and link fit together and can reach its maximum."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Final

from errors import Fault
from sipas.rulebook.model import Band, Criterion, Header, decimals_of

_LEVELS: Final = "levels.csv"
_BANDS: Final = "bands.csv"
_LINKS: Final = "survey_links.csv"
_SOURCES: Mapping[str, tuple[str, ...]] = {
    "sum": ("",),
    "linear": ("appraisal", "survey"),
    "option_weights": ("survey", "appraisal"),
    "index_link": ("index", "survey"),
}
_HUNDRED: Final = Decimal(100)


def leaf_faults(criterion: Criterion, header: Header | None, *, has_children: bool) -> list[Fault]:
    """Every fault of one criterion. Without a header (it could not be read) decimals are not judged."""
    faults = _rule_faults(criterion, has_children)
    if criterion.rule != "sum":
        faults += _leaf_text_faults(criterion)
    faults += _extra_faults(criterion, header)
    faults += _low_high_faults(criterion)
    faults += _level_faults(criterion)
    faults += _band_faults(criterion)
    faults += _link_faults(criterion)
    if header is not None and criterion.rule != "sum":
        faults += _decimal_faults(criterion, header.rounding.leaf)
    return faults


def _fault(
    rule: str, criterion: Criterion, place: tuple[str, int, str], *, got: object = "", expected: object = ""
) -> Fault:
    file, line, column = place
    values = {"code": criterion.code, "name": criterion.name_vi}
    return Fault(rule, file, row=line, column=column, got=str(got), expected=str(expected), values=values)


def _cell(criterion: Criterion, column: str) -> tuple[str, int, str]:
    return "criteria.csv", criterion.line, column


def _rule_faults(criterion: Criterion, has_children: bool) -> list[Fault]:
    place = _cell(criterion, "rule")
    if has_children and criterion.rule != "sum":
        return [_fault("rulebook.parent_rule", criterion, place, got=criterion.rule, expected="sum")]
    if not has_children and criterion.rule == "sum":
        return [_fault("rulebook.sum_without_children", criterion, place, got=criterion.rule)]
    allowed = _SOURCES.get(criterion.rule, ("appraisal",))
    if criterion.score_source in allowed:
        return []
    shown = " | ".join(source or "(blank)" for source in allowed)
    place = _cell(criterion, "score_source")
    return [_fault("rulebook.rule_source", criterion, place, got=criterion.score_source, expected=shown)]


def _leaf_text_faults(criterion: Criterion) -> list[Fault]:
    faults = []
    if not criterion.owner:
        faults.append(_fault("rulebook.no_owner", criterion, _cell(criterion, "owner")))
    if not criterion.article:
        faults.append(_fault("rulebook.no_article", criterion, _cell(criterion, "article")))
    if criterion.max_points == 0:
        faults.append(_fault("rulebook.no_maximum", criterion, _cell(criterion, "max_points"), got=0))
    return faults


def _extra_faults(criterion: Criterion, header: Header | None) -> list[Fault]:
    """A bonus or penalty for which no case arose is 0, never its maximum."""
    policy = criterion.no_cases or (header.no_cases if header else "zero")
    if not criterion.is_extra or policy in ("zero", "fail"):
        return []
    place = _cell(criterion, "no_cases")
    return [_fault("rulebook.extra_no_cases", criterion, place, got=policy, expected="zero | fail")]


def _low_high_faults(criterion: Criterion) -> list[Fault]:
    low, high = criterion.low, criterion.high
    place, got = _cell(criterion, "low, high"), f"{low}, {high}"
    if criterion.form == "linear_between":
        if low is None or high is None or low == high:
            return [_fault("rulebook.low_high", criterion, place, got=got)]
    elif criterion.form == "linear":
        if low is not None or (high is not None and high <= 0):
            return [_fault("rulebook.linear_high", criterion, place, got=got)]
    elif low is not None or high is not None:
        return [_fault("rulebook.unused_low_high", criterion, place, got=criterion.rule)]
    return []


def _level_faults(criterion: Criterion) -> list[Fault]:
    if criterion.rule not in ("choice", "option_weights"):
        return [
            _fault("rulebook.unused_levels", criterion, (_LEVELS, level.line, "code"), got=criterion.rule)
            for level in criterion.levels[:1]
        ]
    if not criterion.levels:
        return [_fault("rulebook.no_levels", criterion, _cell(criterion, "rule"), got=criterion.rule)]
    is_choice = criterion.rule == "choice"
    column, top = ("points", criterion.max_points) if is_choice else ("weight_pct", _HUNDRED)
    faults = []
    seen: set[str] = set()
    reached = Decimal(0)
    for level in criterion.levels:
        place = (_LEVELS, level.line, column)
        used, unused = (level.points, level.weight_pct) if is_choice else (level.weight_pct, level.points)
        reached = max(reached, used or Decimal(0))
        if used is None or unused is not None:
            faults.append(_fault("rulebook.level_number", criterion, place, expected=column))
        elif used > top:
            faults.append(_fault("rulebook.points_over_max", criterion, place, got=used, expected=top))
        if level.level_code in seen:
            faults.append(_fault("rulebook.repeated", criterion, place, got=level.level_code))
        seen.add(level.level_code)
    if reached < top and not faults:
        place = (_LEVELS, criterion.levels[0].line, column)
        faults.append(_fault("rulebook.max_unreachable", criterion, place, got=reached, expected=top))
    return faults


def _band_faults(criterion: Criterion) -> list[Fault]:
    if criterion.form != "band":
        return [
            _fault("rulebook.unused_bands", criterion, (_BANDS, band.line, "code"), got=criterion.rule)
            for band in criterion.bands[:1]
        ]
    if not criterion.bands:
        return [_fault("rulebook.no_bands", criterion, _cell(criterion, "rule"), got=criterion.rule)]
    top = criterion.max_points
    faults = []
    for band in criterion.bands:
        if band.points > top:
            place = (_BANDS, band.line, "points")
            faults.append(_fault("rulebook.points_over_max", criterion, place, got=band.points, expected=top))
        if _is_reversed(band):
            faults.append(
                _fault("rulebook.band_reversed", criterion, (_BANDS, band.line, "from, to"), got=_shown(band))
            )
    reached = max(band.points for band in criterion.bands)
    if reached < top:
        place = (_BANDS, criterion.bands[0].line, "points")
        faults.append(_fault("rulebook.max_unreachable", criterion, place, got=reached, expected=top))
    if any(_is_reversed(band) for band in criterion.bands):
        return faults
    return faults + _neighbour_faults(criterion)


def _is_reversed(band: Band) -> bool:
    if band.start is None or band.end is None:
        return False
    return band.start > band.end or (band.start == band.end and not (band.start_inclusive and band.end_inclusive))


def _neighbour_faults(criterion: Criterion) -> list[Fault]:
    """Bands side by side: no value between them without points, none with two, per cents wholly covered."""
    # An open start is below every number; a start that is not inclusive lies just above its number.
    ordered = sorted(
        criterion.bands, key=lambda band: (band.start is not None, band.start or Decimal(0), not band.start_inclusive)
    )
    faults = []
    for below, above in pairwise(ordered):
        place = (_BANDS, above.line, "from, to")
        shown = f"{_shown(below)} {_shown(above)}"
        both = below.end_inclusive and above.start_inclusive
        neither = not (below.end_inclusive or above.start_inclusive)
        if below.end is None or above.start is None or below.end > above.start:
            faults.append(_fault("rulebook.band_overlap", criterion, place, got=shown))
        elif below.end < above.start or neither:
            faults.append(_fault("rulebook.band_gap", criterion, place, got=shown))
        elif both:
            faults.append(_fault("rulebook.band_overlap", criterion, place, got=shown))
    first, last = ordered[0], ordered[-1]
    low = first.start is None or first.start < 0 or (first.start == 0 and first.start_inclusive)
    high = last.end is None or last.end > _HUNDRED or (last.end == _HUNDRED and last.end_inclusive)
    if criterion.link is not None and not (low and high):
        place = (_BANDS, first.line, "from, to")
        shown = f"{_shown(first)} {_shown(last)}"
        faults.append(_fault("rulebook.band_range", criterion, place, got=shown, expected="0..100"))
    return faults


def _shown(band: Band) -> str:
    left = "[" if band.start_inclusive else "("
    right = "]" if band.end_inclusive else ")"
    start = "-∞" if band.start is None else str(band.start)
    end = "+∞" if band.end is None else str(band.end)
    return f"{left}{start}; {end}{right}"


def _link_faults(criterion: Criterion) -> list[Fault]:
    if criterion.rule == "index_link" and criterion.link is None:
        return [_fault("rulebook.no_link", criterion, _cell(criterion, "rule"), got=criterion.rule)]
    if criterion.rule != "index_link" and criterion.link is not None:
        place = (_LINKS, criterion.link.line, "code")
        return [_fault("rulebook.unused_link", criterion, place, got=criterion.rule)]
    return []


def _decimal_faults(criterion: Criterion, decimals: int) -> list[Fault]:
    """Points finer than a leaf is rounded to would be published as other points than the decision says."""
    numbers = [(_cell(criterion, "max_points"), criterion.max_points)]
    numbers += [
        ((_LEVELS, level.line, "points"), level.points) for level in criterion.levels if level.points is not None
    ]
    numbers += [((_BANDS, band.line, "points"), band.points) for band in criterion.bands]
    return [
        _fault("rulebook.decimals", criterion, place, got=number, expected=decimals)
        for place, number in numbers
        if decimals_of(number) > decimals
    ]
