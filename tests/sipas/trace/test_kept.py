"""All numbers of a round explained at once: nothing is left out, nothing is kept twice, and it reads back the same."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from traced_round import PROVINCE, ROUND

from errors import DataError
from sipas.trace import (
    TRACE_CASES,
    TRACE_SECTIONS,
    TRACE_TERMS,
    TRACES,
    Address,
    Section,
    Term,
    TraceInputs,
    TraceTables,
    explain,
    explain_all,
    label,
    parse_address,
    read_section,
    read_trace,
)
from sipas.trace.explain import RoundTrace
from sipas.words import has_word, word

BOOK = "made-up-gia-dinh/2026-xa"


def test_every_stored_number_has_a_trace_and_no_other(inputs: TraceInputs, tables: TraceTables) -> None:
    expected = {f"{ROUND}/{unit}/{BOOK}" for unit in inputs.results["unit_id"]}
    for unit, code in inputs.unit_sheets[["unit_id", "criterion_code"]].itertuples(index=False):
        expected.add(f"{ROUND}/{unit}/{BOOK}/{code}")
    for one in inputs.instruments:
        for row in one.scores.itertuples():
            expected.add(f"{ROUND}/{row.unit_id}/{one.index.id}/{row.node_code}/{row.variant}")
    assert set(tables.traces["address"]) == expected
    assert tables.traces["agrees"].all()


@pytest.mark.full
def test_every_trace_reads_back_as_it_was_explained(inputs: TraceInputs, tables: TraceTables) -> None:
    """All addresses of the round, against the outlines that `explain` uses; one of each kind through `explain`."""
    whole = RoundTrace(inputs)
    for unit in whole.units():
        surveys = whole.surveys(unit)
        points = whole.points.page(unit, surveys)
        for row in tables.traces[tables.traces["unit_id"] == unit].itertuples():
            address = Address(ROUND, unit, row.book_id, row.code, row.variant)
            own = surveys.get(row.book_id)
            outline = points.outline(row.book_id, row.code) if own is None else own.outline(row.code, row.variant)
            report = read_trace(tables, address)
            assert report.sections == tuple(piece.make() for piece in outline.pieces), address
            assert (report.case_ids, report.agrees) == (outline.cases.case_ids, outline.agrees)


@pytest.mark.full
@pytest.mark.parametrize(
    "path",
    [
        f"X0001/{BOOK}",
        f"X0001/{BOOK}/8.1",
        f"X0002/{BOOK}/8.3",
        f"X0003/{BOOK}/1",
        f"X0003/{BOOK}/1.1.1",
        f"{PROVINCE}/sipas",
        "X0001/sipas",
        "X0001/sipas/I",
        "X0002/sipas/SIPAS/users_only",
        "X0004/made-up-dai-bieu",
        "X0004/sipas-2022/SIPAS",
    ],
)
def test_short_addresses_mean_the_same(inputs: TraceInputs, tables: TraceTables, path: str) -> None:
    address = parse_address(f"{ROUND}/{path}", tables.book_ids())
    assert read_trace(tables, address) == explain(inputs, address)
    assert read_trace(tables, address).as_json() == explain(inputs, address).as_json()


def test_tables_are_whole_after_parquet(tables: TraceTables, tmp_path) -> None:
    """What is written with the declared tables is what is read."""
    specs = {"traces": TRACES, "sections": TRACE_SECTIONS, "cases": TRACE_CASES, "terms": TRACE_TERMS}
    read = {}
    for name, spec in specs.items():
        place = tmp_path / f"{name}.parquet"
        spec.arrow(getattr(tables, name)).to_pandas().to_parquet(place)
        read[name] = pd.read_parquet(place)
    address = Address(ROUND, "X0001", BOOK, "8.1")
    assert read_trace(TraceTables(**read), address) == read_trace(tables, address)


def test_shared_sections_and_case_lists_are_kept_once(inputs: TraceInputs, tables: TraceTables) -> None:
    """Forms, draw and weights: once for a unit and survey; sources: once for an instrument; items: once for a value."""
    title_of = tables.sections["text"].map(lambda text: json.loads(text)["title"])
    counts = title_of.value_counts()
    surveyed = 2 * (len(inputs.units) + 1)
    for title in ("trace:forms", "trace:draw", "trace:weights"):
        assert counts[title] == surveyed, title
    assert counts["trace:sources"] == len(inputs.instruments)
    assert counts["trace:value"] == sum(len(one.scores) for one in inputs.instruments)
    filters = {one.filter for one in inputs.instruments[0].index.variants}
    assert len(tables.cases) == (len(inputs.units) + 1) * (len(filters) + 1)
    assert tables.sections["section_id"].tolist() == list(range(1, len(tables.sections) + 1))


def test_words_are_kept_beside_the_codes(tables: TraceTables) -> None:
    """An explanation read in ten years shows the words of its day."""
    assert {"leaf_status", "rule", "outcome", "appraisal_stage"} <= set(tables.terms["kind"])
    worded = tables.with_words(lambda kind, code: f"{kind}: {code}!")
    address = Address(ROUND, "X0001", BOOK, "1.1.1")
    report = read_trace(worded, address)
    assert report.sections[0].title == "trace: criterion_points!"
    assert dict(report.sections[0].lines)["entry_field: leaf_status!"].words == "leaf_status: scored!"
    english = read_trace(worded, address, lambda kind, code: word(kind, code, "en"))
    assert dict(english.sections[0].lines)["Status"].words == "Scored"
    assert read_trace(tables, address).sections[0].title == "trace:criterion_points"


def test_every_code_of_an_explanation_has_words(tables: TraceTables) -> None:
    found = zip(tables.terms["kind"], tables.terms["code"], strict=True)
    assert [one for one in found if not (has_word(*one) or one == ("leaf_status", ""))] == []


def test_a_name_follows_its_word() -> None:
    section = Section(label("batch", "B001"), ((label("step_factor", "a|b"), Term("trace", "step_factor|rake")),))
    assert read_section(section.text()) == section
    said = section.in_words(word)
    assert (said.title, said.lines[0][0], said.lines[0][1].words) == ("Tệp B001", "Hệ số bước a|b", "Hệ số bước rake")
    assert {one.code for one in section.terms()} == {"batch", "step_factor"}


def test_sections_of_old_releases_are_read_as_they_were_written() -> None:
    lines = '[["Số khởi tạo (seed)","ab"],["Trạng thái",{"leaf_status":"scored"}]]'
    section = read_section(f'{{"title":"Chọn mẫu","lines":{lines},"columns":[],"rows":[]}}').in_words(
        lambda kind, code: f"{code}!"
    )
    assert (section.title, [name for name, _ in section.lines]) == ("Chọn mẫu", ["Số khởi tạo (seed)", "Trạng thái"])
    assert section.lines[1][1].words == "scored!"


def test_no_answer_of_a_person_is_kept(inputs: TraceInputs, tables: TraceTables) -> None:
    """Sections hold counts only; case ids stand in the list of cases alone."""
    ids = inputs.instruments[0].forms.data.cases["case_id"]
    assert not tables.sections["text"].map(lambda text: any(one in text for one in ids[:20])).any()


def test_a_number_that_disagrees_is_kept_as_such(inputs: TraceInputs) -> None:
    first = inputs.instruments[0]
    scores = first.scores.copy()
    row = scores.query("unit_id == 'X0001' and node_code == 'SIPAS' and variant == 'official'").index
    scores.loc[row, "value_pct"] += 0.5
    made = explain_all(replace(inputs, instruments=(replace(first, scores=scores), *inputs.instruments[1:])))
    wrong = set(made.traces.loc[~made.traces["agrees"], "address"])
    assert wrong == {
        f"{ROUND}/X0001/sipas/SIPAS/official",
        f"{ROUND}/X0001/{BOOK}/8.1",
    }


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        (Address(ROUND, "X0099", "sipas", ""), "trace.unknown_unit"),
        (Address(ROUND, "X0001", "other", ""), "trace.unknown_book"),
        (Address(ROUND, "X0001", "sipas", "IX"), "trace.unknown_code"),
        (Address(ROUND, "X0001", "sipas", "I", "other"), "trace.unknown_variant"),
        (Address(ROUND, "X0001", BOOK, "8.1", "official"), "trace.no_variants"),
        (Address(ROUND, PROVINCE, BOOK, ""), "trace.unknown_code"),
    ],
)
def test_what_was_not_kept_is_named(tables: TraceTables, address: Address, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        read_trace(tables, address)
    assert caught.value.rule == rule


def test_a_round_without_results_has_empty_tables(inputs: TraceInputs) -> None:
    made = explain_all(replace(inputs, unit_sheets=inputs.unit_sheets[:0], results=inputs.results[:0], instruments=()))
    assert [len(table) for table in (made.traces, made.sections, made.cases, made.terms)] == [0, 0, 0, 0]
