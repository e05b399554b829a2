"""What changed between two rulebooks, criterion by criterion in the order of the tree, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sipas.cells.numbers import typed_number
from sipas.cells.text import folded
from sipas.rulebook.diffwords import Pair, band_words, name_words, rule_words, value_words
from sipas.rulebook.model import Band, Criterion, Header, Level, RankClass, Rulebook
from sipas.rulebook.vocabulary import field_word, setting_label
from sipas.words import Language, text

_PLAIN_FIELDS: Final = ("max_points", "score_source", "low", "high", "article", "evidence", "owner")
_SHARED_WORDS: Final = 0.5
_SKIPPED_SETTINGS: Final = frozenset({"id", "classes", "unscored"})
_LINK_FIELDS: Final = ("index_id", "node_code", "variant", "transform")


@dataclass(frozen=True)
class Change:
    """One change. kind: setting, class, added, removed, recoded, moved, renamed, changed, level, band, link, cases.

    code, name: of the criterion in the newer rulebook (in the older one when removed), "" for a change of the whole;
    field: what changed; before, after: texts, "" for none; text: the change in words, without the criterion.
    """

    kind: str
    code: str
    name: str
    field: str
    before: str
    after: str
    text: str


def compare(before: Rulebook, after: Rulebook, lang: Language = "vi") -> tuple[Change, ...]:
    """Changes from `before` to `after`: the whole first, then criteria as in the tree, removed ones where they stood.

    A criterion is the same when its code and name are, else when its name is (renumbered), else when its code is and
    its name shares enough words (renamed); under another name altogether it is another criterion.
    """
    changes = [*_settings(before, after, lang), *_classes(before, after, lang)]
    old, new = _ordered(before), _ordered(after)
    same = _same(old, new)
    code_of = {old[i].code: new[j].code for i, j in same.items()}
    blocks: list[tuple[tuple[int, int], list[Change]]] = []
    matched = {j: i for i, j in same.items()}
    for j, criterion in enumerate(new):
        if j not in matched:
            blocks.append(((j, -1), [_added(criterion, lang)]))
            continue
        was = old[matched[j]]
        differences = [*_criterion(was, criterion, code_of, lang), *_no_cases((before, was), (after, criterion), lang)]
        blocks.append(((j, -1), differences))
    last = -1
    for i, criterion in enumerate(old):
        if i in same:
            last = same[i]
        else:
            blocks.append(((last, i), [_removed(criterion, lang)]))
    for _, differences in sorted(blocks, key=lambda block: block[0]):
        changes += differences
    return (*changes, *_cases(before, after, lang))


def _ordered(rulebook: Rulebook) -> list[Criterion]:
    return [rulebook.criterion(node.code) for node in rulebook.tree.depth_first()]


def _same(old: Sequence[Criterion], new: Sequence[Criterion]) -> dict[int, int]:
    """Position in `old` -> position in `new` of the same criterion."""
    keys: tuple[Callable[[Criterion], tuple[str, ...]], ...] = (
        lambda criterion: (criterion.code, folded(criterion.name_vi)),
        lambda criterion: (folded(criterion.name_vi), criterion.level),
        lambda criterion: (criterion.code,),
    )
    same: dict[int, int] = {}
    for key in keys:
        left = {i: key(criterion) for i, criterion in enumerate(old) if i not in same}
        right = {j: key(criterion) for j, criterion in enumerate(new) if j not in set(same.values())}
        once = {value for value, n in Counter(left.values()).items() if n == 1}
        at = {value: j for j, value in right.items()}
        many = {value for value, n in Counter(right.values()).items() if n > 1}
        pairs = {i: at[value] for i, value in left.items() if value in once and value in at and value not in many}
        same |= {i: j for i, j in pairs.items() if _alike(old[i], new[j])}
    return same


def _alike(old: Criterion, new: Criterion) -> bool:
    """Parents are known by their place; leaves by their words."""
    if old.rule == new.rule == "sum":
        return True
    words = [set(folded(criterion.name_vi).split()) for criterion in (old, new)]
    return len(words[0] & words[1]) >= _SHARED_WORDS * max(map(len, words))


def _settings(before: Rulebook, after: Rulebook, lang: Language) -> Iterator[Change]:
    for name in Header.model_fields:
        if name in _SKIPPED_SETTINGS:
            continue
        old, new = _flat(name, getattr(before, name)), _flat(name, getattr(after, name))
        for key in dict.fromkeys([*old, *new]):
            pair = value_words(key, old.get(key), lang), value_words(key, new.get(key), lang)
            if pair[0] != pair[1]:
                yield Change("setting", "", "", key, *pair, f"{setting_label(key, lang)[0]}: {_arrow(pair, lang)}")


def _flat(key: str, value: Any) -> dict[str, object]:
    if isinstance(value, tuple):
        return {f"{key}.{number}": item for number, item in enumerate(value, start=1)}
    if hasattr(value, "model_fields_set"):
        return {f"{key}.{name}": getattr(value, name) for name in type(value).model_fields}
    return {key: value}


def _classes(before: Rulebook, after: Rulebook, lang: Language) -> Iterator[Change]:
    old = {rank_class.class_code: rank_class for rank_class in before.classes}
    new = {rank_class.class_code: rank_class for rank_class in after.classes}
    for code in dict.fromkeys([*new, *old]):
        was, now = old.get(code), new.get(code)
        name = (new if code in new else old)[code].name_vi
        pair = _cut(was, lang), _cut(now, lang)
        if was is None:
            yield Change("class", "", "", code, *pair, text("rulebook.diff_class_added", lang, name=name, cut=pair[1]))
        elif now is None:
            yield Change(
                "class", "", "", code, *pair, text("rulebook.diff_class_removed", lang, name=name, cut=pair[0])
            )
        elif was.from_pct != now.from_pct:
            yield Change(
                "class", "", "", code, *pair, text("rulebook.diff_class_cut", lang, name=name, old=pair[0], new=pair[1])
            )
        elif was.name_vi != now.name_vi:
            yield Change(
                "class",
                "",
                "",
                code,
                was.name_vi,
                name,
                text("rulebook.diff_class_name", lang, old=was.name_vi, new=name),
            )


def _cut(rank_class: RankClass | None, lang: Language) -> str:
    return "" if rank_class is None else typed_number(rank_class.from_pct, lang)


def _added(new: Criterion, lang: Language) -> Change:
    points = typed_number(new.max_points, lang)
    said = text("rulebook.diff_added", lang, points=points, rule=rule_words(new, lang))
    return Change("added", new.code, name_words(new, lang), "", "", points, said)


def _removed(old: Criterion, lang: Language) -> Change:
    points = typed_number(old.max_points, lang)
    said = text("rulebook.diff_removed", lang, points=points)
    return Change("removed", old.code, name_words(old, lang), "", points, "", said)


def _criterion(old: Criterion, new: Criterion, code_of: Mapping[str, str], lang: Language) -> Iterator[Change]:
    """Changes of one criterion that is in both."""

    def change(kind: str, field: str, pair: Pair, said: str = "") -> Change:
        said = said or f"{field_word(field, lang)}: {_arrow(pair, lang)}"
        return Change(kind, new.code, name_words(new, lang), field, *pair, said)

    if old.code != new.code:
        pair = old.code, new.code
        yield change("recoded", "code", pair, text("rulebook.diff_recoded", lang, change=_arrow(pair, lang)))
    if code_of.get(old.parent, old.parent) != new.parent:
        pair = old.parent, new.parent
        yield change("moved", "parent", pair, text("rulebook.diff_moved", lang, change=_arrow(pair, lang)))
    if old.name_vi != new.name_vi:
        pair = old.name_vi, new.name_vi
        yield change("renamed", "name_vi", pair, text("rulebook.diff_renamed", lang, old=pair[0], new=pair[1]))
    if old.level != new.level:
        yield change("changed", "level", (value_words("level", old.level, lang), value_words("level", new.level, lang)))
    if old.rule != new.rule:
        yield change("changed", "rule", (rule_words(old, lang), rule_words(new, lang)))
    for field in _PLAIN_FIELDS:
        was, now = (value_words(field, getattr(side, field), lang) for side in (old, new))
        if was != now:
            yield change("changed", field, (was, now))
    if old.rule == new.rule:
        # Under another rule the old levels, bands and link mean nothing; the rule says it all.
        yield from (change("level", "levels", pair, said) for pair, said in _levels(old.levels, new.levels, lang))
        yield from (change("band", "bands", pair, said) for pair, said in _bands(old.bands, new.bands, lang))
        for field in _LINK_FIELDS if old.link and new.link else ():
            was, now = (value_words(field, getattr(side, field), lang) for side in (old.link, new.link))
            if was != now:
                yield change("link", field, (was, now))


def _no_cases(old: tuple[Rulebook, Criterion], new: tuple[Rulebook, Criterion], lang: Language) -> Iterator[Change]:
    """What "không phát sinh" earns in effect; a changed default of the whole is said once, as a setting."""
    if old[1].rule == "sum" or new[1].rule == "sum" or not (old[1].no_cases or new[1].no_cases):
        return
    was, now = (value_words("no_cases", rulebook.no_cases_of(leaf), lang) for rulebook, leaf in (old, new))
    if was != now:
        said = f"{field_word('no_cases', lang)}: {_arrow((was, now), lang)}"
        yield Change("changed", new[1].code, name_words(new[1], lang), "no_cases", was, now, said)


def _levels(old: Sequence[Level], new: Sequence[Level], lang: Language) -> Iterator[tuple[Pair, str]]:
    was, now = {level.level_code: level for level in old}, {level.level_code: level for level in new}
    for code in dict.fromkeys([*now, *was]):
        pair = _level_value(was.get(code), lang), _level_value(now.get(code), lang)
        name = (now[code] if code in now else was[code]).name_vi
        if code not in was:
            yield pair, text("rulebook.diff_level_added", lang, code=code, name=name, value=pair[1])
        elif code not in now:
            yield pair, text("rulebook.diff_level_removed", lang, code=code, name=name, value=pair[0])
        elif pair[0] != pair[1]:
            yield pair, text("rulebook.diff_level_value", lang, code=code, name=name, change=_arrow(pair, lang))
        elif was[code].name_vi != name:
            pair = was[code].name_vi, name
            yield pair, text("rulebook.diff_level_name", lang, code=code, old=pair[0], new=pair[1])


def _level_value(level: Level | None, lang: Language) -> str:
    if level is None:
        return ""
    if level.points is None:
        return text("rulebook.diff_weight", lang, value=typed_number(level.weight_pct, lang))
    return text("rulebook.diff_points", lang, value=typed_number(level.points, lang))


def _bands(old: Sequence[Band], new: Sequence[Band], lang: Language) -> Iterator[tuple[Pair, str]]:
    """Bands with the same ends by their points, then bands with the same points by their ends."""
    was, now = {_ends(band): band for band in old}, {_ends(band): band for band in new}
    for ends in now:
        if ends in was and was[ends].points != now[ends].points:
            pair = typed_number(was[ends].points, lang), typed_number(now[ends].points, lang)
            yield (
                pair,
                text("rulebook.diff_band_points", lang, band=band_words(now[ends], lang), old=pair[0], new=pair[1]),
            )
    left = [band for ends, band in was.items() if ends not in now]
    for band in (band for ends, band in now.items() if ends not in was):
        match = next((other for other in left if other.points == band.points), None)
        points = typed_number(band.points, lang)
        if match is None:
            yield (
                ("", band_words(band, lang)),
                text("rulebook.diff_band_added", lang, band=band_words(band, lang), points=points),
            )
            continue
        left.remove(match)
        pair = band_words(match, lang), band_words(band, lang)
        yield pair, text("rulebook.diff_band_ends", lang, points=points, change=_arrow(pair, lang))
    for band in left:
        was_points = typed_number(band.points, lang)
        yield (
            (band_words(band, lang), ""),
            text("rulebook.diff_band_removed", lang, band=band_words(band, lang), points=was_points),
        )


def _ends(band: Band) -> tuple[Decimal | None, bool, Decimal | None, bool]:
    return band.start, band.start_inclusive, band.end, band.end_inclusive


def _cases(before: Rulebook, after: Rulebook, lang: Language) -> Iterator[Change]:
    old, new = Counter(map(str, before.cases)), Counter(map(str, after.cases))
    gone, fresh = (old - new).total(), (new - old).total()
    if gone or fresh:
        said = text("rulebook.diff_cases", lang, fresh=str(fresh), gone=str(gone))
        yield Change("cases", "", "", "cases", str(old.total()), str(new.total()), said)


def _arrow(pair: Pair, lang: Language) -> str:
    return " → ".join(side or text("rulebook.diff_blank", lang) for side in pair)
