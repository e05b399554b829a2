"""Every rule code used anywhere has a text in both languages, and no text is left over."""

import ast
import csv
from pathlib import Path

from sampling.errors import Fault, FaultsFound, StoreError
from sipas.messages import load_messages

ROOT = Path(__file__).parents[1]
PATH = ROOT / "data" / "messages.csv"


def codes_in_source() -> set[str]:
    """Text literals of the form room.what that are given as a rule: to an error, a fault, or kept as a constant."""
    rooms = {row["rule"].partition(".")[0] for row in csv.DictReader(PATH.open(encoding="utf-8"))}
    found = set()
    for path in sorted(
        [*(ROOT / "sampling").rglob("*.py"), *(ROOT / "sipas").rglob("*.py"), *(ROOT / "flows").rglob("*.py")]
    ):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                first = node.args[0].value
                if isinstance(first, str) and (name.endswith(("Error", "Fault", "FaultsFound"))):
                    found.add(first)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                room, dot, what = node.value.partition(".")
                if dot and room in rooms and what.replace("_", "").isalpha() and what.islower() and "." not in what:
                    found.add(node.value)
    return found


# Names of log entries, steps and files look like rule codes but are never shown as errors.
def is_rule(code: str) -> bool:
    return not code.endswith((".csv", ".toml", ".json", ".xlsx", ".py", ".txt", ".md", ".sav", ".db", ".log"))


def test_every_rule_code_has_texts_in_both_languages() -> None:
    known = {row["rule"] for row in csv.DictReader(PATH.open(encoding="utf-8"))}
    raised = set()
    for path in sorted(
        [*(ROOT / "sampling").rglob("*.py"), *(ROOT / "sipas").rglob("*.py"), *(ROOT / "flows").rglob("*.py")]
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name.endswith(("Error", "Fault", "FaultsFound")) and isinstance(node.args[0].value, str):
                    code = node.args[0].value
                    if "." in code:
                        raised.add(code)
    assert sorted(raised - known) == []


def test_no_text_without_a_rule_that_uses_it() -> None:
    known = {row["rule"] for row in csv.DictReader(PATH.open(encoding="utf-8"))}
    assert sorted(known - codes_in_source()) == []


def test_texts_are_complete_sorted_and_unique() -> None:
    rows = list(csv.DictReader(PATH.open(encoding="utf-8")))
    assert [row["rule"] for row in rows] == sorted({row["rule"] for row in rows})
    assert [row["rule"] for row in rows if not all((row["text_vi"], row["text_en"]))] == []
    assert [row["rule"] for row in rows if bool(row["action_vi"]) != bool(row["action_en"])] == []


def test_a_message_says_where_what_and_what_to_do() -> None:
    messages = load_messages(PATH)
    error = StoreError("jobs.step_first", where="gd-2026", got="frame", expected="sipas frame import")
    text = messages.render(error)
    assert text.startswith("gd-2026: ")
    assert "Cần làm: " in text and "sipas frame import" in text
    assert "What to do: " in messages.render(error, "en")


def test_a_fault_names_file_sheet_row_and_column() -> None:
    fault = Fault("returns.code_not_in_scale", "phieu.xlsx", "Phiếu", 218, "II.B3", "6", "1..5")
    text = load_messages(PATH).render_fault(fault)
    assert text.startswith("phieu.xlsx, Phiếu, dòng 218, II.B3: ")
    assert "6" in text
    assert FaultsFound("frames.file", [fault]).faults == (fault,)
