"""Explanations in English: Vietnamese stays only where the data have nothing else."""

import re
from collections.abc import Iterable, Iterator

import pytest
from traced_round import PROVINCE, ROUND

from sipas.jobs.results.names import index_title, variant_label
from sipas.jobs.results.tracenames import TraceNames
from sipas.trace import Section, Term, TraceInputs, TraceReport, TraceTables, explain, label, parse_address, read_trace
from sipas.trace.sections import Cell
from sipas.words import Language, word

BOOK = "made-up-gia-dinh/2026-xa"
VIETNAMESE = re.compile("[À-ÖØ-öø-ỹ]")
# What has no English: decisions, articles, classes, the source of the public value. Names of levels are taken out.
GIVEN = {
    label("rulebook"),
    label("article"),
    label("class_name_vi", kind="printed_number"),
    label("public_value"),
    label("origin_source"),
    label("origin_file"),
}
PATHS = (
    f"X0001/{BOOK}",
    f"X0001/{BOOK}/1",
    f"X0001/{BOOK}/1.1",
    f"X0001/{BOOK}/8.1",
    f"X0002/{BOOK}/8.3",
    f"X0003/{BOOK}/T1",
    f"{PROVINCE}/sipas",
    "X0001/sipas/II.B",
    "X0001/sipas/SIPAS/weighted",
    "X0002/sipas/SIPAS/users_only",
    "X0004/made-up-dai-bieu",
    "X0004/sipas-2022/SIPAS",
)


def names(inputs: TraceInputs, lang: Language) -> TraceNames:
    indices = {one.index.id: one.index for one in inputs.instruments}
    return TraceNames({book.id: book for book in inputs.rulebooks}, indices, lang)


def kept(tables: TraceTables, path: str) -> TraceReport:
    """The explanation as it was kept, without words for its codes."""
    return read_trace(tables, parse_address(f"{ROUND}/{path}", tables.book_ids()), lambda kind, code: "")


def in_english(kind: str, code: str) -> str:
    return word(kind, code, "en")


def shown(cell: Cell) -> str:
    return in_english(cell.kind, cell.base) if isinstance(cell, Term) else str(cell)


def without(text: str, names: Iterable[str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return text


def texts(section: Section) -> Iterator[tuple[str, str]]:
    """Every text of a section as it is read in English, with the code of its line or column."""
    worded = section.in_words(in_english)
    yield "", worded.title
    for (code, cell), (name, _) in zip(section.lines, worded.lines, strict=True):
        yield code, name
        yield code, shown(cell)
    for code, name in zip(section.columns, worded.columns, strict=True):
        yield code, name
    for row in section.rows:
        yield from zip(section.columns, map(shown, row), strict=True)


@pytest.mark.parametrize("path", PATHS)
def test_an_english_explanation_is_english(inputs: TraceInputs, tables: TraceTables, path: str) -> None:
    report = names(inputs, "en").named(kept(tables, path))
    levels = [level.name_vi for book in inputs.rulebooks for leaf in book.leaves() for level in leaf.levels]
    said = [(code, without(text, levels)) for one in report.sections for code, text in texts(one)]
    assert [(code, text) for code, text in said if VIETNAMESE.search(text) and code not in GIVEN] == []


def test_every_rule_is_told_in_english(inputs: TraceInputs, tables: TraceTables) -> None:
    """Names of the levels that one chooses from are Vietnamese only."""
    [book] = inputs.rulebooks
    for leaf in book.leaves():
        first = names(inputs, "en").named(kept(tables, f"X0001/{BOOK}/{leaf.code}")).sections[0]
        told = dict(first.lines)
        rule = without(str(told[label("rule_text")]), [level.name_vi for level in leaf.levels])
        assert told[label("criterion")] == f"{leaf.code} {leaf.name_en}"
        assert not VIETNAMESE.search(rule), leaf.code


def test_in_vietnamese_nothing_is_looked_up(inputs: TraceInputs, tables: TraceTables) -> None:
    report = kept(tables, PATHS[0])
    assert names(inputs, "vi").named(report) is report


@pytest.mark.parametrize("path", PATHS)
def test_numbers_and_codes_stay(inputs: TraceInputs, tables: TraceTables, path: str) -> None:
    report = kept(tables, path)
    english = names(inputs, "en").named(report)
    for before, after in zip(report.sections, english.sections, strict=True):
        assert (before.title, before.columns, len(before.rows)) == (after.title, after.columns, len(after.rows))
        cells = [(old, new) for (_, old), (_, new) in zip(before.lines, after.lines, strict=True)]
        rows = zip(before.rows, after.rows, strict=True)
        cells += [pair for old, new in rows for pair in zip(old, new, strict=True)]
        assert [pair for pair in cells if not isinstance(pair[0], str) and pair[0] != pair[1]] == []


def test_what_is_explained_anew_is_told_alike(inputs: TraceInputs, tables: TraceTables) -> None:
    report = explain(inputs, parse_address(f"{ROUND}/X0001/{BOOK}/8.1", inputs.book_ids()))
    assert names(inputs, "en").named(report) == names(inputs, "en").named(kept(tables, f"X0001/{BOOK}/8.1"))


def test_a_name_that_the_data_lack_stays_vietnamese(inputs: TraceInputs, tables: TraceTables) -> None:
    [book] = inputs.rulebooks
    bare = book.model_copy(update={"criteria": tuple(one.model_copy(update={"name_en": ""}) for one in book.criteria)})
    report = kept(tables, f"X0001/{BOOK}/1.1")
    [first, children] = TraceNames({book.id: bare}, {}, "en").named(report).sections
    assert dict(first.lines)[label("criterion")] == f"1.1 {book.criterion('1.1').name_vi}"
    assert children == report.sections[1]


def test_variants_are_told_by_their_codes(inputs: TraceInputs) -> None:
    of = {one.index.id: one.index for one in inputs.instruments}
    sipas = of["sipas"]
    assert index_title(sipas, "en") == "Satisfaction index"
    assert [variant_label(sipas, one, "en") for one in sipas.variants] == [
        "Official: without weights, all respondents",
        "Final weights, all respondents",
        "Final weights, users of the service only",
    ]
    assert [variant_label(sipas, one) for one in sipas.variants] == [one.label_vi for one in sipas.variants]
    given = sipas.model_copy(update={"item_value": "given", "variants": sipas.variants[:1]})
    assert variant_label(given, given.variants[0], "en") == "As the agency gave it"


def test_a_node_is_named_beside_its_index_and_the_index_once(inputs: TraceInputs, tables: TraceTables) -> None:
    sipas = inputs.instruments[0].index
    below, top = (dict(kept(tables, f"X0001/sipas/{node}").sections[0].lines) for node in ("II.B", "SIPAS"))
    assert below[label("index")] == top[label("index")] == sipas.title_vi
    assert str(below[label("node")]).startswith("II.B ") and label("node") not in top
    english = names(inputs, "en").named(kept(tables, "X0001/sipas/II.B"))
    assert str(dict(english.sections[0].lines)[label("node")]).startswith("II.B ")
