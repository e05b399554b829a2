"""Texts of all errors: every rule has its words in the file of its room, and every place that raises it fills them."""

import copy
import csv
import importlib.util
import pickle
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from error_words import FOLDER, LANGUAGES, unfilled
from raise_sites import ROOT, Site, literals_of, said_beside, sites, sites_of, sources

from errors import DataError, DesignError, Fault, FaultsFound, StoreError
from errors.messages import NEXT_STEPS, PHRASES, load_messages
from errors.templates import fill, needed_facts
from errors.texts import COLUMNS
from sampling.tables import CASE_STATUSES
from sipas.returns import ROW_STATES
from sipas.store.rounds.instruments import TRANSITIONS
from sipas.words import words_of

SAID_ALIKE = ("files.no_file", "store.no_file", "verify.no_file")
VIETNAMESE = re.compile(r"[À-ÖØ-öø-ỹ]")
WORDS = re.compile(r"(?<![\w.<=>+*-])[A-Za-z]{2,} [a-z]{2,}|(\d|\{\}) [a-z]{2,}|" + VIETNAMESE.pattern)
MESSAGES = load_messages(FOLDER)
FIELD = re.compile(r"\{\w+\}")


def rows() -> dict[str, list[dict[str, str]]]:
    """Rows of every file of texts by room."""
    files = [path for path in sorted(FOLDER.glob("*.csv")) if path.name not in (PHRASES, NEXT_STEPS)]
    return {path.stem: list(csv.DictReader(path.open(encoding="utf-8", newline=""))) for path in files}


@cache
def rules() -> set[str]:
    return {row["rule"] for texts in rows().values() for row in texts}


def phrases() -> list[dict[str, str]]:
    return list(csv.DictReader((FOLDER / PHRASES).open(encoding="utf-8", newline="")))


def lacking(found: list[Site]) -> list[str]:
    """Facts that texts need and a place surely does not give."""
    return [
        f"{site.place} {rule}: {', '.join(names)}"
        for site in found
        for rule in sorted(site.rules)
        if not site.is_open and (names := unfilled(rule, site.given))
    ]


def untranslated(found: list[Site]) -> list[str]:
    """Words among the facts of these places that have no row in phrases.csv."""
    said = [(site.place, rule, text) for site in found for text in site.words for rule in site.rules or {""}]
    return [f"{place}: {text}" for place, rule, text in said if is_untranslated(rule, text)]


def is_untranslated(rule: str, text: str) -> bool:
    """Words of some language that people of another one would read as they are."""
    fact = FIELD.sub("7", text.replace("{}", "7"))
    if not WORDS.search(text) or text.startswith("sipas "):  # a command
        return False
    return bool(VIETNAMESE.search(text)) or MESSAGES.fact(rule, fact) == fact


def test_every_rule_stands_once_in_the_file_of_its_room_in_order() -> None:
    for room, texts in rows().items():
        codes = [row["rule"] for row in texts]
        assert codes == sorted(set(codes)), room
        assert [code for code in codes if code.partition(".")[0] != room] == []
        assert tuple(texts[0]) == COLUMNS


def test_texts_are_complete_in_both_languages() -> None:
    for row in (row for texts in rows().values() for row in texts):
        assert row["text_vi"] and row["text_en"], row["rule"]
        assert bool(row["action_vi"]) == bool(row["action_en"]), row["rule"]
        assert not VIETNAMESE.search(row["text_en"] + row["action_en"]), row["rule"]
        assert VIETNAMESE.search(row["text_vi"]), row["rule"]


def test_every_rule_that_is_raised_has_a_text() -> None:
    assert sorted({f"{rule} ({site.place})" for site in sites() for rule in site.rules - rules()}) == []


def test_no_text_without_a_rule_that_uses_it() -> None:
    used = {text for path in sources() for text in literals_of(path)}
    assert sorted(rules() - used) == []


def test_every_place_that_raises_a_rule_fills_its_texts() -> None:
    assert lacking(sites()) == []


def test_facts_are_free_of_any_language_but_for_known_phrases() -> None:
    assert untranslated(sites()) == []
    assert [site.place for site in sites() if site.shows_python] == []
    known, ours = (
        rules(),
        [path for path in sources() if "flows" not in path.parts],
    )  # forms of flows show no such facts
    beside = [(path.name, *one) for path in ours for one in said_beside(path.read_text(encoding="utf-8"), known)]
    assert [one for one in beside if is_untranslated(*one[1:])] == []


@pytest.mark.parametrize(
    ("call", "check"),
    [
        ('raise DataError("files.too_large", where=name, got=size)', lacking),
        ('raise DataError("files.too_large", where=name, got=size, expected="")', lacking),
        ('Fault("units.unknown_parent", *at, "parent_id")', lacking),
        ('Fault("tree.cycle", file, "", 3, "parent", values={"name": name})', lacking),
        ('raise DataError("size.sample", where=name, got=n, expected="at least one respondent")', untranslated),
        ('Fault("size.sample", got=f"{n} rows", expected="1")', untranslated),
        ('Fault("size.sample", got="dòng", expected="1")', untranslated),
    ],
)
def test_a_planted_breach_is_found(call: str, check) -> None:
    assert len(check(list(sites_of(f"def one(name, size, n, at, file):\n    {call}\n", ROOT / "planted.py")))) == 1


@pytest.mark.parametrize(
    "call", ['place.note("frames.blank", cells, "mã trong tệp")', 'PydanticCustomError("own", "any two words")']
)
def test_words_beside_a_rule_are_found_too(call: str) -> None:
    assert [is_untranslated(*one) for one in said_beside(call, rules())].count(True) == 1


def test_python_names_of_exceptions_are_found() -> None:
    source = 'def one(error):\n    got = type(error).__name__\n    raise DataError("files.empty", got=got)\n'
    assert [site.shows_python for site in sites_of(source, ROOT / "planted.py")] == [True]


def test_what_calls_may_leave_open_is_not_blamed() -> None:
    source = 'Fault("tree.cycle", *at, "parent", circle, "", {"code": code})\nDataError("files.too_large", **facts)\n'
    assert lacking(list(sites_of(source, ROOT / "planted.py"))) == []


def test_phrases_have_the_same_slots_in_both_languages_and_are_used() -> None:
    keys = [(row["room"], row["phrase_en"]) for row in phrases()]
    assert keys == sorted(set(keys))
    source = "\n".join(path.read_text(encoding="utf-8") for path in sources())
    for row in phrases():
        english, vietnamese = row["phrase_en"], row["phrase_vi"]
        assert sorted(FIELD.findall(english)) == sorted(FIELD.findall(vietnamese)), english
        assert row["room"] in ("", *rows()), english
        assert all(piece in source for piece in FIELD.split(english)), english


def test_the_program_tells_its_own_next_step_where_a_text_is_of_the_library() -> None:
    """`str(error)` speaks to users of the library, of its arguments; the program names its command or file."""
    steps = list(csv.DictReader((FOLDER / NEXT_STEPS).open(encoding="utf-8", newline="")))
    assert [row["rule"] for row in steps] == sorted({row["rule"] for row in steps} & rules())
    own = {row["rule"]: row for texts in rows().values() for row in texts}
    for row in steps:
        for lang in LANGUAGES:
            action = f"action_{lang}"
            assert needed_facts(row[action]) <= needed_facts(own[row["rule"]][action]), row["rule"]
            assert MESSAGES.texts[lang][row["rule"]] == (own[row["rule"]][f"text_{lang}"], row[action])
    error = DesignError("draw.population", got=2, expected=3)
    assert "sipas plan" in MESSAGES.render(error) and "sipas" not in str(error)


def test_a_state_is_called_in_a_message_what_it_is_called_on_the_screen() -> None:
    """Of rounds and instruments, of rows, of cases, of proposals of reserves."""
    labels = {
        one: {code: words.lower() for code, words in words_of(one).items()} for one in ("row_state", "case_status")
    }
    for codes, shown in (
        (tuple(TRANSITIONS), words_of("round_state")),
        (ROW_STATES, labels["row_state"]),
        (CASE_STATUSES, labels["case_status"]),
        (tuple(words_of("reserve_state")), words_of("reserve_state")),
    ):
        assert {code: MESSAGES.fact("store.x", code) for code in codes} == {code: shown[code] for code in codes}
    text = MESSAGES.render(StoreError("store.round_state", where="r", got="closed", expected="open | reopened"))
    assert "đã khóa, không làm được việc này; cần: đang thu phiếu | mở lại để nhận phiếu bổ sung" in text
    assert "sipas round reopen" in text


def test_phrases_are_translated_whole_or_choice_by_choice() -> None:
    messages = load_messages(FOLDER)
    assert messages.fact("returns.x", "16 characters") == "16 ký tự"
    assert messages.fact("returns.x", "16 characters", "en") == "16 characters"
    assert messages.fact("rulebook.x", "index | (blank)") == "index | (để trống)"
    assert messages.fact("table.type", "text values | whole numbers") == "chữ | số nguyên"
    assert messages.fact("store.x", "open -> closed") == "đang thu phiếu -> đã khóa"
    assert messages.fact("files.x", "workbook") == "bảng tính Excel"
    assert messages.fact("units.x", "workbook") == "workbook"


def test_optional_parts_and_what_stands_for_them() -> None:
    template = "Dừng[ ở {got}|lại][ ({expected})]: [0-9]+ {where}"
    assert fill(template, {"got": "1", "expected": "2", "where": "a"}, "vi") == "Dừng ở 1 (2): [0-9]+ a"
    assert fill(template, {"got": "", "where": "a"}, "vi") == "Dừnglại: [0-9]+ a"
    assert needed_facts(template) == {"where"}


def test_a_needed_fact_that_was_not_given_is_said_to_be_unknown() -> None:
    assert fill("Đọc được {got}.", {}, "vi") == "Đọc được (không rõ)."
    assert fill("Read {got}.", {"got": ""}, "en") == "Read (not known)."
    assert unfilled("files.too_large", frozenset({"got"})) == ("expected",)


@pytest.mark.made_up_errors
def test_an_error_of_a_test_may_lack_facts_where_it_is_marked() -> None:
    assert "(không rõ)" in load_messages(FOLDER).render(DataError("files.too_large", where="a.csv", got="9 MB"))


def test_a_message_says_where_what_and_what_to_do() -> None:
    messages = load_messages(FOLDER)
    error = StoreError("jobs.step_first", where="gd-2026", got="frame", expected="sipas frame import")
    text = messages.render(error)
    assert text.startswith("gd-2026: ")
    assert "Cần làm: " in text and "sipas frame import" in text
    assert "What to do: " in messages.render(error, "en")


def test_a_fault_names_file_sheet_row_and_column() -> None:
    fault = Fault("returns.code_not_in_scale", "phieu.xlsx", "Phiếu", 218, "II.B3", "6", "1..5")
    messages = load_messages(FOLDER)
    assert messages.render_fault(fault).startswith("phieu.xlsx, Phiếu, dòng 218, II.B3: ")
    assert messages.render_fault(fault, "en").startswith("phieu.xlsx, Phiếu, row 218, II.B3: ")
    assert messages.fault_words(fault).text.startswith("Ô có giá trị 6")


def test_the_reason_of_an_error_is_told_in_words() -> None:
    values = {"reason": "draw.size"}
    fault = Fault("verify.drawable", column="h1", got="9", expected="5", values=values)
    for lang in LANGUAGES:
        text = load_messages(FOLDER).render_fault(fault, lang)
        assert "draw.size" not in text and "9" in text and "5" in text
    assert "9 are to be drawn" in str(fault)


def test_python_prints_the_english_sentence() -> None:
    error = DesignError("draw.size", where="h1", got=9, expected=5)
    assert str(error).startswith("draw.size: h1: 9 are to be drawn (reserve included), the stratum has 5\n")
    assert "What to do: " in str(error)
    assert str(DataError("no_room.no_rule", where="a", got=1)) == "no_room.no_rule: where=a; got=1"


def test_many_faults_print_the_first_ones_and_how_many_more() -> None:
    faults = [Fault("parts.not_number", "a.csv", row=row) for row in range(1, 9)]
    lines = str(FaultsFound("parts.cells", faults, where="a.csv")).splitlines()
    assert lines[0].startswith("parts.cells: a.csv: The table has 8 cells")
    assert lines[-1] == "... and 3 more"
    assert sum(line.startswith("parts.not_number: a.csv, row ") for line in lines) == 5


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_errors_stay_whole_when_copied_or_sent_to_another_process(again) -> None:
    found = FaultsFound("parts.cells", [Fault("parts.not_number", "a.csv", row=3)], where="a.csv", total=7)
    other = again(found)
    assert type(other) is FaultsFound and str(other) == str(found)
    assert (other.rule, other.faults, other.values, other.args) == (
        found.rule,
        found.faults,
        {"total": "7"},
        found.args,
    )


def test_an_error_prints_where_texts_are_absent_or_installed(tmp_path: Path) -> None:
    """A copy of the modules stands in a folder like site-packages: without texts, then with those of the wheel."""
    templates, texts = (_elsewhere(name, tmp_path / "errors") for name in ("templates", "texts"))
    texts.data_folder = templates.data_folder
    assert texts.english("size.sample", "n", {"got": "0", "expected": "1"}) == ""
    installed = tmp_path / "sipas" / "data" / "messages"
    installed.mkdir(parents=True)
    (installed / "draw.csv").write_bytes((FOLDER / "draw.csv").read_bytes())
    assert texts.english("draw.size", "h1", {"got": "9", "expected": "5"}).startswith("h1: 9 are to be drawn")


def _elsewhere(name: str, folder: Path) -> Any:
    module = folder / f"{name}.py"
    folder.mkdir(exist_ok=True)
    module.write_text((ROOT / "errors" / f"{name}.py").read_text(encoding="utf-8"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"{name}_elsewhere", module)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_a_damaged_file_of_texts_is_named(tmp_path: Path) -> None:
    (tmp_path / "draw.csv").write_text("rule,text\n", encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        load_messages(tmp_path)
    assert (caught.value.rule, caught.value.where) == ("messages.unreadable", "draw.csv")


def test_a_file_that_is_not_there_is_told_alike_wherever_it_is_missed() -> None:
    texts = load_messages(FOLDER)
    assert len({texts.text(rule, lang) for rule in SAID_ALIKE for lang in LANGUAGES}) == len(LANGUAGES)
