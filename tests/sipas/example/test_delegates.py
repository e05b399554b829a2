"""The delegates' survey of the example: the list, the answers behind it, the returned files and what comes of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from example_truth import delegate_truth

from errors import DataError, FaultsFound
from sipas.caseid import keyed_id, make_case_ids
from sipas.example.delegate_forms import DELEGATE_COUNTS, DELEGATE_FIELDS, DELEGATE_FILES, delegate_returns
from sipas.example.delegates import (
    DELEGATE_HEADERS,
    DELEGATE_ITEMS,
    OPTIONS,
    Delegates,
    delegate_list,
    make_delegates,
)
from sipas.example.returns import ReturnedFiles
from sipas.files import read_table
from sipas.frames import FrameImport, build_frame, unit_checks
from sipas.indices import coefficients, item_values, load_index
from sipas.plan import allocate_plan, strata_of
from sipas.questionnaire import Questionnaire, load_questionnaire
from sipas.returns import ROW_COLUMNS, Delivery, classify
from sipas.rounds import InstrumentRules, load_round
from sipas.units import Unit, UnitRegister, load_register

DATA = Path(__file__).parents[3] / "data"
SEED = 20260701


def key(purpose: str) -> bytes:
    return purpose.encode().ljust(32)


@dataclass(frozen=True)
class Survey:
    """The made-up list imported as an office would, with its rules and units."""

    rules: InstrumentRules
    form: Questionnaire
    units: list[Unit]
    delegates: Delegates
    imported: FrameImport


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    register: UnitRegister = load_register(DATA / "units" / "made-up-gia-dinh")
    rules = load_round(DATA / "rounds" / "made-up-gia-dinh-2026").instrument("dai-bieu")
    delegates = make_delegates(SEED, register.rated_on("2026-07-01"))
    path = tmp_path_factory.mktemp("list") / "đại biểu.xlsx"
    path.write_bytes(delegate_list(delegates.rows))
    rows = read_table(path, known_headers=[one.header for one in rules.headings], every_sheet=True).to_pandas()
    imported = build_frame(rows, rules, register, key, path.name)
    form = load_questionnaire(DATA / "questionnaires" / rules.questionnaire)
    return Survey(rules, form, list(register.rated_on("2026-07-01", "xa")), delegates, imported)


@pytest.fixture(scope="module")
def drawn_delegates(survey: Survey) -> pd.DataFrame:
    """As many of every commune as the plan says, at random, with their numbers behind the pseudonyms."""
    frame, parts = survey.imported.frame, survey.rules.plan.stratum_parts
    sizes = allocate_plan(strata_of(frame, parts, survey.units), survey.rules.plan)[0].set_index("stratum_id")
    assert set(sizes["sample_size"]) == {18} and set(sizes["reserve_size"]) == {2}
    sample = frame.groupby("unit_id").sample(20, random_state=4).reset_index(drop=True)
    order = sample.groupby("unit_id").cumcount() + 1
    numbers = survey.delegates.rows[DELEGATE_HEADERS["person_no"]].drop_duplicates()
    known = pd.Series(numbers.to_numpy(), index=keyed_id(numbers, key("person"), "person"))
    return pd.DataFrame(
        {
            "case_id": make_case_ids(survey.rules.code, sample["unit_id"], order),
            "rated_unit_id": sample["unit_id"],
            "person_no": known.reindex(sample["person_key"]).to_numpy(),
            "is_issued": order <= 18,
        }
    )


@pytest.fixture(scope="module")
def sipas_ids() -> list[str]:
    return make_case_ids("GD26", pd.Series(["X07"] * 10, dtype="str"), pd.Series(range(1, 11))).tolist()


@pytest.fixture(scope="module")
def back(survey: Survey, drawn_delegates: pd.DataFrame, sipas_ids: list[str]) -> ReturnedFiles:
    return delegate_returns(drawn_delegates, survey.delegates, other_case_ids=sipas_ids, seed=SEED)


def test_items_and_codes_are_those_of_the_questionnaire(survey: Survey) -> None:
    assert survey.form.rated_items() == DELEGATE_ITEMS
    codes = {int(one.answer_code) for one in survey.form.scale("DB1") if not one.missing_kind}
    assert codes == set(OPTIONS)


def test_the_list_says_what_its_facts_say(survey: Survey) -> None:
    rows, facts = survey.delegates.rows, survey.delegates.facts
    assert len(rows) == facts.n_rows == facts.n_eligible + facts.n_other_body + facts.n_repeated
    assert rows.duplicated().sum() == facts.n_repeated == 3
    assert (rows["Mã xã"] == "S01").sum() == facts.n_other_body == 2
    own = rows[survey.delegates.is_eligible]
    assert own["Mã xã"].value_counts().to_dict() == facts.n_by_unit
    assert (min(facts.n_by_unit.values()), max(facts.n_by_unit.values())) == (22, 32)
    assert (own["Số điện thoại"] == "").sum() == facts.n_no_phone
    assert not own["Số định danh"].duplicated().any()


def test_nobody_on_it_is_real(survey: Survey) -> None:
    rows = survey.delegates.rows
    assert rows["Số định danh"].str.fullmatch("098[0-3][0-9]{8}").all()
    assert rows.loc[rows["Số điện thoại"] != "", "Số điện thoại"].str.fullmatch("0001[0-9]{6}").all()


def test_same_seed_same_bytes(survey: Survey, back: ReturnedFiles, drawn_delegates: pd.DataFrame, sipas_ids) -> None:
    again = make_delegates(SEED, load_register(DATA / "units" / "made-up-gia-dinh").rated_on("2026-07-01"))
    assert delegate_list(again.rows) == delegate_list(survey.delegates.rows)
    assert delegate_returns(drawn_delegates, again, other_case_ids=sipas_ids, seed=SEED).files == back.files
    other = make_delegates(SEED + 1, survey.units)
    assert not other.rows.equals(survey.delegates.rows)


def test_the_import_takes_the_communes_only(survey: Survey) -> None:
    facts, counts = survey.delegates.facts, survey.imported.counts()
    wanted = {"on_frame": facts.n_eligible, "duplicate_row": facts.n_repeated, "unit_not_rated": facts.n_other_body}
    assert {name: n for name, n in counts.items() if n} == wanted
    assert (~survey.imported.frame["has_contact"]).sum() == facts.n_no_phone
    checks = unit_checks(survey.imported, survey.units)
    assert {one.unit_id: one.n_on_frame for one in checks} == facts.n_by_unit
    assert [one.unit_id for one in checks if one.n_on_frame < survey.rules.frame.min_cases] == []


def test_the_truth_of_the_whole_is_the_mean_over_delegates(survey: Survey) -> None:
    whole = delegate_truth(survey.delegates)
    own = [delegate_truth(survey.delegates, unit.unit_id) for unit in survey.units]
    assert whole.n == sum(one.n for one in own) == survey.delegates.facts.n_eligible
    assert whole.overall_pct == pytest.approx(sum(one.n * one.overall_pct for one in own) / whole.n, rel=1e-12)
    by_hand = survey.delegates.items[survey.delegates.is_eligible]
    options = {5: 100, 3: 60, 1: 20, 0: 0}
    assert whole.overall_pct == pytest.approx(np.vectorize(options.get)(by_hand).mean(), rel=1e-12)
    assert 65 < whole.overall_pct < 76  # about what the appraisers typed in before: 4 points x 70.6 %
    assert np.std([one.overall_pct for one in own]) > 5


def test_the_index_of_everybody_is_the_truth(survey: Survey) -> None:
    index = load_index(DATA / "indices" / survey.rules.index)
    nodes, items, matrix = coefficients(index, 2026)
    codes = pd.DataFrame(survey.delegates.items[survey.delegates.is_eligible], columns=list(DELEGATE_ITEMS))
    values = 100 * matrix @ item_values(codes[list(items)].astype(float), index).mean().to_numpy()
    truth = delegate_truth(survey.delegates)
    assert values[nodes.index("DBHD")] == pytest.approx(truth.overall_pct, rel=1e-12)
    assert values[1:] == pytest.approx(truth.item_pct, rel=1e-12)


def classified(survey: Survey, back: ReturnedFiles, drawn: pd.DataFrame, folder: Path) -> pd.DataFrame:
    cases = drawn[["case_id", "rated_unit_id", "is_issued"]].astype({"rated_unit_id": "str"})
    states: list[pd.DataFrame] = []
    for name, data in back.files.items():
        (folder / name).write_bytes(data)
        before = pd.concat([pd.DataFrame(columns=list(ROW_COLUMNS)), *states])
        already = before[before["row_state"].isin(["accepted", "late"])]
        batch = {"batch_id": name, "received_on": "2026-10-15", "cutoff": survey.rules.fieldwork.cutoff, "file": name}
        rows = read_table(folder / name, known_headers=list(survey.form.header_map())).to_pandas()
        states.append(classify(rows, survey.form, cases, already, Delivery(**batch)).row_states.assign(file=name))
    return pd.concat(states, ignore_index=True)


def test_every_planted_form_is_found_and_no_other(
    survey: Survey, back: ReturnedFiles, drawn_delegates: pd.DataFrame, tmp_path: Path
) -> None:
    facts = back.facts
    assert Counter(one.kind for one in facts.forms) == asdict(DELEGATE_COUNTS)
    said = {(one.file, one.row): (one.row_state, one.reason) for one in facts.forms}
    found = classified(survey, back, drawn_delegates, tmp_path)
    given = found[["file", "row_no", "row_state", "reason"]].itertuples(index=False, name=None)
    unlike = [
        (name, row, *state) for name, row, *state in given if said.get((name, row), ("accepted", "")) != (*state,)
    ]
    assert unlike == []
    assert len(found) == facts.n_rows == facts.n_accepted + facts.n_late + facts.n_duplicate + facts.n_set_aside
    assert 0.78 < facts.n_accepted / facts.n_issued < 0.92
    least = found.loc[found["row_state"] == "accepted", "rated_unit_id"].value_counts()
    assert (len(least), least.min() >= 5) == (60, True)  # no commune joins another one


def test_late_is_late_for_this_survey_and_not_for_the_other(back: ReturnedFiles) -> None:
    late = back.rows.loc[back.rows["kind"] == "late", "received_on"]
    assert late.between("2026-09-16", "2026-09-30").all()


def test_a_file_of_the_other_survey_is_no_file_of_this_one(survey: Survey, returned: ReturnedFiles, tmp_path) -> None:
    name, data = next(iter(returned.files.items()))
    (tmp_path / name).write_bytes(data)
    rows = read_table(tmp_path / name).to_pandas()
    none = pd.DataFrame(columns=["case_id", "rated_unit_id", "is_issued"])
    batch = {"batch_id": "1", "received_on": "2026-09-01", "cutoff": "2026-09-15", "file": name}
    with pytest.raises(FaultsFound) as caught:
        classify(rows, survey.form, none, none, Delivery(**batch))
    assert [(one.rule, one.column) for one in caught.value.faults] == [
        ("returns.no_column", one) for one in DELEGATE_ITEMS
    ]


def test_answers_stand_as_codes_in_one_file_and_as_words_in_the_other(back: ReturnedFiles) -> None:
    keyed, online = (back.files[one.name] for one in DELEGATE_FILES)
    assert keyed[:2] == b"PK"
    text = online.decode("utf-8-sig")
    assert "A. Tốt" in text and ";D. Chưa tốt" in text
    assert list(back.rows.columns[: len(DELEGATE_FIELDS)]) == list(DELEGATE_FIELDS)


def test_somebody_who_is_not_on_the_list_is_refused(survey: Survey, drawn_delegates: pd.DataFrame, sipas_ids) -> None:
    with pytest.raises(DataError) as caught:
        delegate_returns(drawn_delegates.assign(person_no="0"), survey.delegates, other_case_ids=sipas_ids, seed=SEED)
    assert caught.value.rule == "example.unknown_delegate"
