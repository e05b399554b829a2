"""Training rounds: the whole fieldwork can be practised, and no way leads from a practice form to a result."""

from pathlib import Path

import pandas as pd
import pytest
from once import built_once
from small_round import (
    COUNTS,
    ROUND,
    SEED,
    Office,
    copied_office,
    new_office,
    seal_and_draw,
    survey,
    with_numbers,
)

from errors import StoreError
from sipas.caseid import check_case_id, make_case_ids
from sipas.example.returns import returned_files
from sipas.jobs.example import drawn_dossiers, other_round_ids
from sipas.jobs.field.receive import receive
from sipas.jobs.field.returns import returns_report
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.rounds import amend_round, new_round
from sipas.jobs.prepare.status import round_status
from sipas.jobs.results.export import export_csv
from sipas.jobs.results.merge import merge
from sipas.jobs.results.publish import draft_release
from sipas.jobs.results.read import table_of
from sipas.jobs.results.score import score
from sipas.jobs.results.trace import trace
from sipas.jobs.results.weight import weight
from sipas.jobs.results.workbook import make_workbook

TRAINING = "tap-huan-2026"
OWN = ("tập-1", "tập-2")
COUNTING = (
    weight,
    score,
    merge,
    make_workbook,
    export_csv,
    draft_release,
    lambda ws, name: trace(ws, f"{name}/X07/sipas/SIPAS"),
    lambda ws, name: table_of(ws, name, "weight", "weighted_cases"),
    lambda ws, name: table_of(ws, name, "merge", "results"),
)


def open_training(office: Office) -> None:
    """A training round copied from the real one, with numbers of its own."""
    assert new_round(office.ws, TRAINING, ROUND, is_training=True)
    path = office.ws.files.methodology.folder("round", TRAINING) / "round.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(with_numbers(text, OWN), encoding="utf-8")
    amend_round(office.ws, TRAINING, "số bí mật riêng của đợt tập huấn")


def fieldwork(office: Office) -> None:
    """Frame to draw of the training round, and its returned files."""
    import_frame(office.ws, TRAINING, office.frame_path())
    make_plan(office.ws, TRAINING)
    seal_and_draw(office.ws, TRAINING, OWN)
    drawn = drawn_dossiers(office.ws, TRAINING, office.population)
    made = returned_files(drawn, office.population, other_round_ids=other_round_ids(), seed=SEED, counts=COUNTS)
    folder = office.ws.root / "tập huấn"
    folder.mkdir()
    for name, content in made.files.items():
        (folder / name).write_bytes(content)


def train(folder: Path) -> None:
    """A finished real round, and a training round drawn, with its returned files."""
    office = new_office(folder, "finished")
    open_training(office)
    fieldwork(office)
    office.ws.close()


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Office, list[Path]]:
    """The same, made once in a test run and copied."""
    office = copied_office(built_once("small-training", train), tmp_path)
    return office, sorted((office.ws.root / "tập huấn").iterdir())


@pytest.mark.full
def test_fieldwork_of_a_training_round_works_and_nothing_is_counted(trained) -> None:
    office, files = trained
    ws = office.ws
    sample = table_of(ws, TRAINING, "draw", "sample")
    assert sample["case_id"].str.startswith("0THU26-").all()
    assert check_case_id(sample["case_id"]).all()
    reports = [receive(ws, TRAINING, path, received_on="2026-09-01") for path in files]
    assert sum(one.counts["accepted"] for one in reports) > 1_000
    by_unit = returns_report(ws, TRAINING).by_unit
    assert by_unit["n_issued"].sum() == 1900
    assert (by_unit["n_issued"] == by_unit["n_valid"] + by_unit["n_rejected"] + by_unit["n_outstanding"]).all()
    for step in COUNTING:
        with pytest.raises(StoreError) as caught:
            step(ws, TRAINING)
        assert caught.value.rule == "jobs.training"
    written = {path.name for path in (ws.root / "outputs" / TRAINING).rglob("*") if path.is_file()}
    assert not any(name.startswith(("ket-qua", "cong-bo")) or name.endswith("scores.csv") for name in written)


@pytest.mark.full
def test_practice_forms_sent_to_the_real_round_are_set_aside(trained) -> None:
    office, files = trained
    ws = office.ws
    before = table_of(ws, ROUND, "weight", "weighted_cases")
    known = returns_report(ws, ROUND).by_unit
    for path in files:
        report = receive(ws, ROUND, path, received_on="2026-09-01")
        assert report.counts["accepted"] == report.counts["late"] == report.counts["duplicate"] == 0
        assert report.reasons["returns.training_case"] > 0
        assert set(report.reasons) <= {"returns.training_case", "returns.bad_check_characters", "returns.unknown_case"}
    pd.testing.assert_frame_equal(returns_report(ws, ROUND).by_unit, known)
    weight(ws, ROUND)
    pd.testing.assert_frame_equal(table_of(ws, ROUND, "weight", "weighted_cases"), before)


@pytest.mark.full
def test_real_forms_sent_to_the_training_round_are_no_cases_of_it(trained) -> None:
    office, _ = trained
    report = receive(office.ws, TRAINING, office.returned_paths()[0], received_on="2026-09-01")
    assert report.counts["accepted"] == 0
    assert "returns.unknown_case" in report.reasons
    assert "returns.training_case" not in report.reasons


def test_status_shows_the_steps_there_are_and_the_log_tells(trained) -> None:
    ws = trained[0].ws
    status = round_status(ws, TRAINING)
    assert status.is_training
    assert [one.step for one in status.steps] == ["frame", "plan", "draw"]
    assert not round_status(ws, ROUND).is_training
    made = [one for one in ws.log.entries(TRAINING) if one.action == "rounds.create"]
    assert len(made) == 1
    assert '"is_training":true' in made[0].body
    assert ws.log.verify() == []


def test_a_round_is_of_one_kind_for_good(copied) -> None:
    ws = copied.ws
    with pytest.raises(StoreError) as caught:
        new_round(ws, ROUND, is_training=True)
    assert caught.value.rule == "store.round_exists"
    open_training(copied)
    with pytest.raises(StoreError) as caught:
        new_round(ws, TRAINING)
    assert caught.value.rule == "store.round_exists"
    assert ws.rounds.get(TRAINING).is_training
    assert ws.rounds.default() == ROUND  # a training round is never meant unless it is named


def test_the_ledger_holds_the_two_kinds_of_cases_apart(copied) -> None:
    """Whatever a job would do: the store itself takes no case and no release of the wrong kind."""
    ws = copied.ws
    open_training(copied)
    for name, code in ((ROUND, "0THU26"), (TRAINING, "THU26")):
        ids = make_case_ids(code, pd.Series(["X01"]), pd.Series([7777]))
        case = pd.DataFrame(
            {"case_id": ids, "unit_id": "X01", "stratum_id": "X01", "is_issued": True, "is_reserve": False}
        )
        with ws.ledger.write() as connection, pytest.raises(StoreError) as caught:
            ws.field.cases.add(connection, survey(ws, name), case)
        assert caught.value.rule == "store.training_case"
    with ws.ledger.write() as connection, pytest.raises(StoreError) as caught:
        ws.office.releases.draft(connection, TRAINING, {})
    assert caught.value.rule == "store.training_round"
