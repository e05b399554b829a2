"""One place for every word: data/words.csv and data/texts are whole, used, and the only place."""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from imports import ROOT, modules, parsed

from errors import DataError
from errors.templates import needed_facts, room_of
from sipas import returns
from sipas.indices import Combiner, IndexDefinition, Variant
from sipas.plan.settings import PlanMethod
from sipas.questionnaire import Answer
from sipas.rulebook import model, unknowns
from sipas.words import has_word, short, text, word, words_of
from sipas.words.codes import COLUMNS
from sipas.words.texts import COLUMNS as TEXT_COLUMNS

DATA = ROOT / "data"
VIETNAMESE = re.compile(r"[À-ỹĐđ]")
FIELD = re.compile(r"\{(\w*)\}")
# Read by outsiders without the rest, and names of a made-up province.
APART = ("sampling.verify_draw", "sipas.example")
# Vietnamese texts that stand in code: sentences of official papers and what only reads a person's file.
MOST_LITERALS = 130
# Modules that still word codes themselves.
WORDING: frozenset[str] = frozenset(
    {
        "sipas.plan.sizes",
    }
)


@cache
def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def words() -> list[dict[str, str]]:
    return rows(DATA / "words.csv")


def texts() -> dict[str, dict[str, str]]:
    return {row["key"]: row for path in sorted((DATA / "texts").glob("*.csv")) for row in rows(path)}


def product() -> dict[str, ast.AST]:
    return {one: parsed(source) for one, source in modules().items() if not one.startswith(APART)}


def strings_of(tree: ast.AST) -> Iterator[str]:
    """Text of the code that is no docstring."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(one.body[0].value) for one in ast.walk(tree) if isinstance(one, holders) and _has_doc(one)}
    for one in ast.walk(tree):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in docs:
            yield one.value


def _has_doc(holder: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return bool(holder.body) and isinstance(holder.body[0], ast.Expr) and isinstance(holder.body[0].value, ast.Constant)


def words_code(tree: ast.AST, codes: set[str]) -> bool:
    """Whether a dictionary gives Vietnamese words to two codes or more."""
    return any(
        sum(
            isinstance(key, ast.Constant) and key.value in codes and any(map(VIETNAMESE.search, strings_of(value)))
            for key, value in zip(one.keys, one.values, strict=True)
        )
        >= 2
        for one in ast.walk(tree)
        if isinstance(one, ast.Dict)
    )


def keys_asked(tree: ast.AST) -> set[str]:
    """First arguments of calls of `text` from this room, and of a method `text`, where they are written out."""
    names = {
        alias.asname or alias.name
        for one in ast.walk(tree)
        if isinstance(one, ast.ImportFrom) and one.module in ("sipas.words", "sipas.words.texts")
        for alias in one.names
        if alias.name == "text"
    }
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
    calls = [one for one in calls if getattr(one.func, "id", "") in names or ast.unparse(one.func).endswith("say.text")]
    return {one.args[0].value for one in calls if one.args and isinstance(one.args[0], ast.Constant)}


def test_words_are_whole_and_sorted_by_kind() -> None:
    assert tuple(words()[0]) == COLUMNS
    assert [one for one in words() if not (one["kind"] and one["code"] and one["vi"] and one["en"])] == []
    kinds = [one["kind"] for one in words()]
    assert kinds == sorted(kinds)
    twice = Counter((one["kind"], one["code"]) for one in words())
    assert [one for one, n in twice.items() if n > 1] == []
    assert [one for one in words() if FIELD.findall(one["vi"]) != FIELD.findall(one["en"])] == []
    assert [
        one for one in words() if VIETNAMESE.search(one["en"].replace("×", "x")) or one["vi"] == one["vi_short"]
    ] == []


def test_texts_are_whole_sorted_and_have_the_same_facts_in_both_languages() -> None:
    for path in sorted((DATA / "texts").glob("*.csv")):
        found = rows(path)
        assert tuple(found[0]) == TEXT_COLUMNS, path.name
        keys = [one["key"] for one in found]
        assert keys == sorted(set(keys)), path.name
        assert {room_of(one) for one in keys} == {path.stem}
        for one in found:
            assert one["vi"] and one["en"], one["key"]
            assert set(FIELD.findall(one["vi"])) == set(FIELD.findall(one["en"])), one["key"]
            assert needed_facts(one["vi"]) == needed_facts(one["en"]), one["key"]


def test_every_key_that_is_asked_for_is_there_and_every_key_is_asked_for() -> None:
    asked = {key for tree in product().values() for key in keys_asked(tree)}
    assert sorted(asked - set(texts())) == []
    written = {one for tree in product().values() for one in strings_of(tree)}
    rooms = tuple(f"{room_of(key)}." for key in texts())
    starts = tuple(one for one in written if one.startswith(rooms) and one.endswith((".", "_")))
    assert sorted(key for key in texts() if key not in written and not key.startswith(starts)) == []


def test_no_code_is_worded_anywhere_else() -> None:
    codes = {one["code"] for one in words()}
    assert words_code(ast.parse("A = {'late': 'Quá hạn', 'waiting': 'Chờ xử lý'}"), codes)
    assert words_code(ast.parse("A = {'late': ('Quá hạn', 1), 'waiting': ('Chờ xử lý', 2)}"), codes)
    assert not words_code(ast.parse("A = {'late': 'x', 'waiting': 'y'}"), codes)
    assert {one for one, tree in product().items() if words_code(tree, codes)} <= WORDING


def test_few_vietnamese_texts_stand_in_code() -> None:
    count = sum(bool(VIETNAMESE.search(one)) for tree in product().values() for one in strings_of(tree))
    assert count <= MOST_LITERALS


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("rule", get_args(model.RuleCode)),
        ("score_source", get_args(model.SourceCode)),
        ("level", get_args(model.LevelCode)),
        ("no_cases", get_args(model.NoCasesOrDefault)),
        ("absent_survey", get_args(model.AbsentPolicy)),
        ("empty_group", get_args(model.AbsentPolicy)),
        ("rounding", get_args(model.RoundingMode)),
        ("denominator", get_args(model.DenominatorCode)),
        ("rank_on", get_args(model.RankOn)),
        ("ties", get_args(model.Ties)),
        ("leaf_status", get_args(model.LeafStatus)),
        ("index_weights", get_args(Variant.model_fields["weights"].annotation)),
        ("respondents", get_args(Variant.model_fields["filter"].annotation)),
        ("item_value", get_args(IndexDefinition.model_fields["item_value"].annotation)),
        ("combiner", get_args(Combiner.model_fields["combiner"].annotation)),
        ("basis", get_args(Combiner.model_fields["basis"].annotation)),
        ("row_state", returns.ROW_STATES),
        ("allocation", get_args(PlanMethod)),
        ("missing_kind", get_args(Answer.model_fields["missing_kind"].annotation)),
        ("setting", (*unknowns.SETTINGS, *unknowns.COLUMNS)),
    ],
)
def test_every_code_of_the_models_has_words(kind: str, codes: tuple[str, ...]) -> None:
    assert codes
    assert set(codes) - {""} <= set(words_of(kind))


def test_every_reason_that_returns_can_give_has_words() -> None:
    source = Path(returns.__file__).read_text(encoding="utf-8")
    checks = set(re.findall(r'_Check\(\s*"(returns\.\w+)"', source)) | {returns.BAD_CODE}
    assert len(checks) == 11
    assert checks | {returns.LATE, returns.SAME, returns.DIFFERS} <= set(words_of("reason"))


def test_a_word_is_asked_for_by_kind_and_code() -> None:
    assert word("row_state", "late") == "Quá hạn"
    assert word("row_state", "late", "en") == "Late"
    assert (short("leaf_status", "no_cases"), short("leaf_status", "scored")) == ("KPS", "Đã chấm")
    assert short("leaf_status", "no_cases", "en") == "No cases arose"
    assert (word("leaf_status", ""), word("vanished", "")) == ("", "")
    assert (has_word("row_state", "late"), has_word("row_state", "x"), has_word("x", "late")) == (True, False, False)
    assert list(words_of("appraisal_stage")) == ["self", "first", "second", "appeal"]


@pytest.mark.parametrize("asked", [word, short])
def test_a_code_without_a_word_is_an_error_that_names_kind_and_code(asked) -> None:
    with pytest.raises(DataError) as caught:
        asked("leaf_status", "vanished")
    assert (caught.value.rule, caught.value.where, caught.value.got) == ("words.no_word", "leaf_status", "vanished")
    with pytest.raises(DataError, match=r"words\.no_word"):
        words_of("vanished")


def test_a_key_without_a_text_is_an_error() -> None:
    for key in ("words.vanished", "vanished.key"):
        with pytest.raises(DataError, match=r"words\.no_text"):
            text(key)
