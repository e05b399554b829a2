"""The workbook for English readers: the same numbers in the same cells, and no Vietnamese but the round's own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sipas.publish.round.roundresults import Original, RoundResults
from sipas.publish.round.workbook import round_workbook
from sipas.words import text

pytestmark = pytest.mark.full

LETTERS = re.compile(r"[À-ÖØ-öø-ỹĐđ]")


def own_words(results: RoundResults) -> set[str]:
    """Everything the round, its methodology and its files say in words of their own."""
    models = [results.head, *results.rulebooks, *results.units, *(survey.index for survey in results.surveys)]
    found = {one for model in models for one in strings(model.model_dump(mode="json"))}
    tables = [results.ranked, results.unit_sheets]
    for survey in results.surveys:
        found |= {survey.title_vi, survey.short_vi, survey.source_vi, *(one.name for one in survey.facts)}
        found |= {one.value for one in survey.facts}
        if survey.fieldwork is not None:
            tables += [survey.fieldwork.returns.batches, survey.fieldwork.margins]
            found |= set(strings(json.loads(json.dumps(survey.fieldwork.manifest, default=str))))
            found |= {code.cell for code in survey.fieldwork.rules.codes}
    found |= {one for fact in results.facts for one in (fact.name, fact.value)} | {
        name for name, _ in results.input_hashes
    }
    found |= {str(cell) for table in tables for name in table.select_dtypes("str") for cell in table[name].dropna()}
    return {one for one in found if LETTERS.search(one)}


def strings(plain: object) -> Iterator[str]:
    """All texts in a dump."""
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, dict):
        for one in plain.values():
            yield from strings(one)
    elif isinstance(plain, list):
        for one in plain:
            yield from strings(one)


def left_over(sheet: Worksheet, own: Iterable[str]) -> set[str]:
    """Texts of a sheet with Vietnamese letters that the round did not say itself."""
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "s" or cell.comment]
    texts = [str(cell.value) for cell in cells] + [cell.comment.text for cell in cells if cell.comment]
    texts += [sheet.title, sheet.oddHeader.left.text, sheet.oddHeader.right.text, sheet.oddFooter.left.text]
    left = {one.casefold() for one in texts if LETTERS.search(one)}
    for said in sorted(own, key=len, reverse=True):
        left = {one.replace(said.casefold(), "") for one in left}
        left = {one for one in left if LETTERS.search(one)}
    return left


@pytest.fixture(scope="session")
def english(results: RoundResults, opened: Callable[[bytes], Workbook]) -> Workbook:
    return opened(round_workbook(replace(results, lang="en")))


@pytest.fixture(scope="session")
def english_joint(joint_results: RoundResults, opened: Callable[[bytes], Workbook]) -> Workbook:
    return opened(round_workbook(replace(joint_results, lang="en", original=Original("ab" * 32, 2))))


def test_nothing_vietnamese_is_left_but_what_the_round_says_itself(results: RoundResults, english: Workbook) -> None:
    own = own_words(results)
    assert {sheet.title: left_over(sheet, own) for sheet in english.worksheets if left_over(sheet, own)} == {}


def test_nothing_vietnamese_is_left_where_surveys_are_joined(
    joint_results: RoundResults, english_joint: Workbook
) -> None:
    own = own_words(joint_results)
    assert {sheet.title: left_over(sheet, own) for sheet in english_joint.worksheets if left_over(sheet, own)} == {}


def test_a_vietnamese_page_would_be_found(results: RoundResults, book: Workbook) -> None:
    own = own_words(results)
    assert all(left_over(sheet, own) for sheet in book.worksheets)


def test_every_number_stands_in_the_same_cell(book: Workbook, english: Workbook) -> None:
    assert len(book.worksheets) == len(english.worksheets)
    for sheet, other in zip(book.worksheets, english.worksheets, strict=True):
        numbers = {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "n"}
        again = {cell.coordinate: cell.value for row in other.iter_rows() for cell in row if cell.data_type == "n"}
        assert numbers == again


def test_sheets_have_english_names(english: Workbook) -> None:
    names = ["Contents", "Results – departments", "Survey scores", "Weights", "Method"]
    assert [name for name in names if name not in english.sheetnames] == []
    assert max(map(len, english.sheetnames)) <= 31


def test_numbers_and_days_in_sentences_are_written_in_english(english_joint: Workbook) -> None:
    said = "\n".join(str(cell.value) for row in english_joint["Method"].iter_rows() for cell in row if cell.value)
    assert re.search(r"\d,\d{3} \(\d+\.\d\d% of those issued\)", said)
    assert "2026-01-15" in said


def test_names_are_english_where_the_methodology_has_them(
    results: RoundResults, opened: Callable[[bytes], Workbook], find: Callable[..., Cell]
) -> None:
    rulebook, other = results.rulebooks
    top, *criteria = rulebook.criteria
    named = rulebook.model_copy(update={"criteria": (top.model_copy(update={"name_en": "steering"}), *criteria)})
    for lang, wanted in (("en", "Steering"), ("vi", top.name_vi)):
        made = opened(round_workbook(replace(results, lang=lang, rulebooks=(named, other))))
        assert find(made.worksheets[5], wanted)


def test_a_translation_names_the_workbook_it_translates(english: Workbook, english_joint: Workbook) -> None:
    line = text("workbook_contents.original", "en", hash="ab" * 32, release_no="2")
    said = [str(cell.value) for row in english_joint["Contents"].iter_rows() for cell in row]
    assert line in said
    assert "ab" * 32 in line
    assert all("UNOFFICIAL TRANSLATION" in sheet.oddHeader.right.text for sheet in english_joint.worksheets)
    assert not any("UNOFFICIAL" in sheet.oddHeader.right.text for sheet in english.worksheets)
