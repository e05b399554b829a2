"""What the example writes is what the project's own readers of methodology expect."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from example_truth import population_truth

from sipas.appraisal.parse import parse_inputs
from sipas.cells.text import folded
from sipas.example.answers import EXPERIENCE_ITEMS, ITEMS, true_answers
from sipas.example.appraisals import appraisal_inputs
from sipas.example.form_files import FORM_HEADERS, SAV_NAMES
from sipas.example.forms import BACKGROUND_ITEMS, FORM_FIELDS
from sipas.example.population import FramePlan, frame_file
from sipas.example.returns import ReturnedFiles
from sipas.files import read_table
from sipas.frames import build_frame
from sipas.questionnaire import Questionnaire, load_questionnaire
from sipas.returns import ROW_COLUMNS, Delivery, classify
from sipas.rounds import load_round
from sipas.rulebook import load_rulebook
from sipas.units import UnitRegister, load_register

pytestmark = pytest.mark.full

DATA = Path(__file__).parents[3] / "data"


@pytest.fixture(scope="module")
def questionnaire() -> Questionnaire:
    return load_questionnaire(DATA / "questionnaires" / "sipas-2024-2026")


def test_items_are_those_of_the_questionnaire(questionnaire: Questionnaire) -> None:
    assert questionnaire.rated_items() == ITEMS
    assert questionnaire.experience_items == EXPERIENCE_ITEMS
    assert tuple(item.item_code for item in questionnaire.items if item.role == "background") == BACKGROUND_ITEMS


def test_every_header_but_the_remark_is_known(questionnaire: Questionnaire) -> None:
    known = questionnaire.header_map()
    for name in FORM_FIELDS:
        for header in (FORM_HEADERS.get(name, name), SAV_NAMES[name]):
            assert known.get(folded(header)) == (None if name == "comment" else name)


def test_codes_decode_and_only_the_planted_ones_are_bad(questionnaire: Questionnaire, returned: ReturnedFiles) -> None:
    decoded = questionnaire.decode(returned.rows)
    is_bad = decoded.bad.any(axis=1)
    assert set(returned.rows.loc[is_bad, "kind"]) == {"impossible_code"}
    assert is_bad.sum() == 20
    kinds = set(decoded.missing[list(ITEMS)].to_numpy().ravel()) - {""}
    assert kinds == {"blank", "dont_know", "refused"}


def test_the_example_register_resolves_every_unit_of_the_frame() -> None:
    register: UnitRegister = load_register(DATA / "units" / "made-up-gia-dinh")
    units = register.rated_on("2026-07-01")
    assert [sum(unit.unit_group == group for unit in units) for group in ("so", "xa")] == [18, 60]
    heirs = [heir for unit in register.units for heir in register.successors(unit.unit_id)]
    frame = frame_file(1, units, heirs, plan=FramePlan(n_dossiers=20_000, n_no_contact=300, n_old_units=400))
    event, number = frame.rows["Mã đơn vị giải quyết"], frame.rows["Mã hồ sơ"]
    resolved = register.resolve(event, number, "2026-07-01")
    assert set(resolved["how"]) <= {"same", "successor", "split"}
    assert (resolved["how"] != "same").sum() == frame.facts.n_old_unit_rows == 400
    whole = resolved["how"] != "split"
    assert (resolved.loc[whole, "unit_id"] == frame.unit_now[whole]).all()


def test_shares_hold_for_a_smaller_frame() -> None:
    register = load_register(DATA / "units" / "made-up-gia-dinh")
    plan = FramePlan(n_dossiers=3_000, n_outside=10, n_repeated=5, n_no_contact=45, n_old_units=30)
    population = true_answers(frame_file(1, register.rated_on("2026-07-01"), [], plan=plan), 1)
    truth = population_truth(population)
    assert truth.n == 3_000
    assert abs(truth.policy_pct - 83.84) < 0.005
    assert abs(truth.service_pct - 84.09) < 0.005


def test_the_four_files_pass_the_gate_and_the_reader_whole(returned: ReturnedFiles, tmp_path: Path) -> None:
    field_of = {header: name for name in FORM_FIELDS for header in (FORM_HEADERS.get(name, name), SAV_NAMES[name])}
    for name, data in returned.files.items():
        path = tmp_path / name
        path.write_bytes(data)
        rows = read_table(path).to_pandas().rename(columns=field_of)
        said = returned.rows[returned.rows["file_name"] == name]
        assert rows["_row"].tolist() == said["row"].tolist()
        read = rows[list(FORM_FIELDS)].fillna("").to_numpy(dtype=object).tolist()
        assert read == said[list(FORM_FIELDS)].to_numpy(dtype=object).tolist()


@pytest.mark.parametrize("group", ["so", "xa"])
def test_appraisals_of_the_example_rulebooks_are_taken_whole(group: str) -> None:
    rulebook = load_rulebook(DATA / "rulebooks" / "made-up-gia-dinh" / f"2026-{group}")
    units = load_register(DATA / "units" / "made-up-gia-dinh").rated_on("2026-07-01")
    inputs = appraisal_inputs(rulebook, units, 3)
    parsed, faults = parse_inputs(inputs, rulebook, units, "chấm điểm.xlsx")
    assert faults == []
    assert len(parsed) == len(inputs)
    counted = inputs.loc[inputs["criterion_code"] == "P1", "value"].dropna()
    assert (counted.astype(int) >= 0).all()
    if rulebook.denominator == "applicable":
        assert {"", "not_applicable", "no_cases"} == set(inputs["leaf_status"])


def test_the_frame_import_counts_what_the_facts_say() -> None:
    register = load_register(DATA / "units" / "made-up-gia-dinh")
    heirs = [heir for unit in register.units for heir in register.successors(unit.unit_id)]
    rules = load_round(DATA / "rounds" / "made-up-gia-dinh-2026").instrument("sipas")
    plan = FramePlan(n_dossiers=20_000, n_outside=30, n_repeated=7, n_no_contact=300, n_old_units=400)
    facts, rows = (made := frame_file(2, register.rated_on("2026-07-01"), heirs, plan=plan)).facts, made.rows
    read = rows.assign(_sheet="", _row=range(2, len(rows) + 2))
    imported = build_frame(read, rules, register, lambda purpose: purpose.encode().ljust(32), "khung.csv")
    counts = imported.counts()
    assert (counts["on_frame"], counts["outside_window"], counts["duplicate_dossier"]) == (20_000, 30, 7)
    assert sum(counts.values()) == facts.n_rows == 20_037
    assert (~imported.frame["has_contact"]).sum() == facts.n_no_contact == 300
    assert (imported.crosswalk != "same").sum() == facts.n_old_unit_rows == 400


def test_the_classification_finds_every_planted_form_and_no_other(
    returned: ReturnedFiles, drawn: pd.DataFrame, questionnaire: Questionnaire, tmp_path: Path
) -> None:
    cases = drawn[["case_id", "rated_unit_id", "is_issued"]].astype({"rated_unit_id": "str"})
    said = {(form.file, form.row): (form.row_state, form.reason) for form in returned.facts.forms}
    states: list[pd.DataFrame] = []
    for name, data in returned.files.items():
        path = tmp_path / name
        path.write_bytes(data)
        before = pd.concat([pd.DataFrame(columns=list(ROW_COLUMNS)), *states])
        batch = {"batch_id": name, "received_on": "2026-09-15", "cutoff": "2026-09-30", "file": name}
        already = before[before["row_state"].isin(["accepted", "late"])]
        found = classify(read_table(path).to_pandas(), questionnaire, cases, already, Delivery(**batch)).row_states
        states.append(found)
        given = zip(found["row_no"], found["row_state"], found["reason"], strict=True)
        unlike = [(row, *state) for row, *state in given if said.get((name, row), ("accepted", "")) != tuple(state)]
        assert unlike == []
    rows, facts = pd.concat(states, ignore_index=True), returned.facts
    assert Counter(rows["row_state"]) == {
        "accepted": facts.n_accepted,
        "late": 60,
        "duplicate": 52,
        "set_aside": 77,
    }
    # The twelve with a mistyped id cannot be told apart from cases that sent nothing.
    issued = cases.loc[cases["is_issued"], "case_id"]
    assert (len(issued), issued.isin(rows["case_id"]).sum()) == (facts.n_issued, facts.n_answering - 12)
