"""The example round at full size: 200,000 dossiers, 12,000 cases, four files; counts, truth, estimates, workbook."""

import hashlib
import io
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from example_truth import delegate_truth, population_truth

from flows.cli import demo
from sampling.verify_draw import check
from sipas.example.answers import Population
from sipas.jobs.example import ROUND_ID, make_delegate_list, make_population, make_returns
from sipas.jobs.field.returns import returns_report
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.results.read import table_of
from sipas.jobs.results.score import score
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.stepruns.pinned import pinned
from sipas.jobs.stepruns.workbench import Workbench
from sipas.rounds.parts import InstrumentParts
from sipas.store.workspace import Workspace, open_workspace

pytestmark = pytest.mark.full

SIPAS, DELEGATES = "sipas", "dai-bieu"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """`sipas demo --without-prefect`, run once in a folder whose name has blanks and diacritics."""
    patch = pytest.MonkeyPatch()
    home = tmp_path_factory.mktemp("home")
    patch.setattr(Path, "home", lambda: home)
    patch.setenv("SIPAS_ACTOR", "")
    patch.setenv("SIPAS_HOME", "")
    demo.run(home / "ví dụ đợt 2026", with_prefect=False)
    patch.undo()
    return open_workspace(home / "ví dụ đợt 2026", {"SIPAS_ACTOR": demo.PROPOSER})


@pytest.fixture(scope="module")
def population(example: Workspace) -> Population:
    return make_population(sipas(example))


def sipas(example: Workspace) -> InstrumentParts:
    return pinned(example, ROUND_ID).of_instrument(SIPAS)


def test_population_truth_is_the_national_margin_of_2024(population: Population) -> None:
    truth = population_truth(population)
    assert truth.n == 200_000
    assert truth.policy_pct == pytest.approx(83.84, abs=0.01)
    assert truth.service_pct == pytest.approx(84.09, abs=0.01)


def test_estimates_are_within_three_standard_errors_of_the_truth(example: Workspace, population: Population) -> None:
    parts = sipas(example)
    truth = population_truth(population)
    scores = score(example, ROUND_ID, SIPAS).scores
    whole = scores[(scores["unit_id"] == parts.rules.province_id) & (scores["variant"] == "weighted")]
    whole = whole.set_index("node_code")
    for node, value in (("I", truth.policy_pct), ("II", truth.service_pct), ("SIPAS", truth.overall_pct)):
        assert abs(whole.at[node, "value_pct"] - value) <= 3 * whole.at[node, "std_error"]
        assert whole.at[node, "std_error"] < 0.5
    items = whole.loc[list(parts.index.item_codes())]
    z = (items["value_pct"] - truth.item_pct) / items["std_error"]
    assert np.abs(z).max() < 4
    assert np.abs(z).mean() < 1.3  # mean of |N(0, 1)| is 0.8; 39 correlated items


def test_communes_with_enough_answers_are_covered(example: Workspace, population: Population) -> None:
    """Unit values of the official variant against each unit's own population: SRS inside a unit, so about 95 %."""
    parts = sipas(example)
    frame = table_of(example, ROUND_ID, "frame", "frame", SIPAS)
    scores = score(example, ROUND_ID, SIPAS).scores
    own = scores[(scores["variant"] == "weighted") & (scores["node_code"] == "SIPAS")].set_index("unit_id")
    inside, told = 0, 0
    settled = population.frame.is_eligible
    for unit in parts.rated_units():
        chosen = settled & (population.frame.unit_now == unit.unit_id)
        if chosen.sum() != (frame["unit_id"] == unit.unit_id).sum():
            continue  # a split unit: the crosswalk settled some dossiers elsewhere
        truth = population_truth(population, chosen).overall_pct
        told += 1
        inside += own.at[unit.unit_id, "ci_low"] <= truth <= own.at[unit.unit_id, "ci_high"]
    assert told >= 70
    assert inside / told >= 0.87  # 95 % of 76 units, four binomial standard errors down


def test_every_planted_form_of_the_four_files_is_where_it_should_be(example: Workspace) -> None:
    facts = make_returns(example, ROUND_ID, sipas(example)).facts
    instrument = example.rounds.instrument(ROUND_ID, SIPAS)
    states = example.field.received.rows(instrument)
    names = {one.batch_id: one.file_name for one in example.field.received.batches(instrument)}
    found = {
        (names[batch], row): (state, reason)
        for batch, row, state, reason in states[["batch_id", "row_no", "row_state", "reason"]].itertuples(index=False)
    }
    assert [one for one in facts.forms if found[one.file, one.row] != (one.row_state, one.reason)] == []
    assert Counter(state for state, _ in found.values()) == {
        "accepted": facts.n_accepted,
        "late": 60,
        "duplicate": 52,
        "set_aside": 77,
    }
    assert len(names) == 4
    report = returns_report(example, ROUND_ID, SIPAS)
    assert report.by_unit["n_issued"].sum() == 12_000
    assert (report.by_unit["n_issued"] == report.by_unit["n_returned"] + report.by_unit["n_outstanding"]).all()
    assert 0.70 < report.by_unit["n_valid"].sum() / 12_000 < 0.80


# SHA-256 of the tables as CSV (12 digits) and of the manifest as the program wrote them when SIPAS was the only survey
# of the round: nothing that is done around it may move a case, a weight or a value.
ALONE = {
    ("plan", "allocation"): "183d27b6af2939190e8e7ba5f098ac40c5546c881b247e406506cb0670cb9257",
    ("draw", "manifest.json"): "9d0a1e45609978e9ca33c86307b063d33f6ab3de943c37b09db53834efb985b0",
    ("draw", "sample"): "82f7dba5ac57665c1db6a59eb287f5fc02955ee0543237ceaea0d7ace34853da",
    ("weight", "weighted_cases"): "687df22c7a63aabb54951fefc7db4c9a14d7cbaa60598c479bb7943decb3f9cd",
    ("score", "index_scores"): "0cb8d9bbe630f1a824f15c7c1309466af9849d6fd465051aa5bfcd92962b376b",
}


@pytest.mark.parametrize(("step", "name"), list(ALONE))
def test_sipas_is_what_it_was_before_the_delegates_joined(example: Workspace, step: str, name: str) -> None:
    bench = Workbench(example, ROUND_ID, SIPAS)
    if name == "manifest.json":
        data = example.files.snapshots.read_bytes(bench.sha(step, name))
    else:
        data = bench.table(step, name).to_csv(index=False, float_format="%.12g", lineterminator="\n").encode()
    assert hashlib.sha256(data).hexdigest() == ALONE[step, name]


def test_frame_counts(example: Workspace) -> None:
    path = next((example.root / "outputs" / "vi-du" / "frame" / SIPAS).iterdir())
    report = import_frame(example, ROUND_ID, path, SIPAS)
    assert report.counts == {
        "on_frame": 200_000,
        "outside_window": 200,
        "duplicate_dossier": 60,
        "duplicate_row": 0,
        "same_firm": 0,
        "earlier_dossier": 0,
        "unit_not_rated": 0,
    }
    assert report.without_contact == 3_000


def test_delegates_are_near_their_truth_and_feed_their_criterion(example: Workspace) -> None:
    """The second instrument: its index against everybody's answers, and the points that come of it."""
    truth = delegate_truth(make_delegate_list(example, ROUND_ID))
    scores = score(example, ROUND_ID, DELEGATES).scores
    top = scores[(scores["node_code"] == "DBHD") & (scores["variant"] == "official")].set_index("unit_id")
    whole = top.loc[pinned(example, ROUND_ID).survey_round.head.province_id]
    assert abs(whole["value_pct"] - truth.overall_pct) <= 3 * whole["std_error"]
    sheet = table_of(example, ROUND_ID, "merge", "unit_sheets", SIPAS)
    own = sheet[(sheet["criterion_code"] == "8.3") & sheet["rulebook_id"].str.endswith("2026-xa")].set_index("unit_id")
    assert len(own) == 60
    for unit_id, row in own.iterrows():
        wanted = (Decimal(row["value_text"]) * 4 / 100).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
        assert row["points"] == wanted
        assert float(row["value_text"]) == pytest.approx(top.at[unit_id, "value_pct"], abs=1e-9)


@pytest.mark.parametrize("place", ["", "/dai-bieu"])
def test_the_stand_alone_verifier_agrees(example: Workspace, place: str) -> None:
    folder = example.files.outputs.path(f"{ROUND_ID}{place}/chon-mau")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    frame = (folder / "frame.csv").read_bytes()
    assert check(manifest, frame) == []
    assert check(manifest, frame[:-2] + b"0\n") != []


def test_the_workbook_has_its_sheets_and_no_live_cell(example: Workspace) -> None:
    done = make_workbook(example, ROUND_ID)
    assert not done.is_new
    book = openpyxl.load_workbook(io.BytesIO(done.path.read_bytes()), data_only=False)
    assert book.sheetnames[0] == "Mục lục"
    assert {"Tình hình phiếu SIPAS", "Tình hình phiếu Đại biểu HĐND"} <= set(book.sheetnames)
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    results = book["Kết quả xã, phường, đặc khu"]
    ranks = [row[0].value for row in results.iter_rows() if isinstance(row[0].value, int)]
    assert ranks[0] == 1 and len(ranks) >= 60


def test_the_method_tells_each_frame_by_what_it_is_and_names_every_input_once(example: Workspace) -> None:
    book = openpyxl.load_workbook(make_workbook(example, ROUND_ID).path, read_only=True)
    said = [str(row[0]) for row in book["Phương pháp"].iter_rows(max_col=1, values_only=True) if row[0]]
    assert said.count("Thời gian lấy hồ sơ") == 1  # the list of delegates bears no dates
    inputs = [one for one in said if one.startswith(("Danh mục đơn vị ", "Phiếu điều tra ", "Định nghĩa chỉ số "))]
    assert len(inputs) == len(set(inputs)) == 5


def test_a_real_workspace_is_never_mixed_with_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from small_round import new_office

    from errors import StoreError

    made = new_office(tmp_path)
    made.ws.close()
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("SIPAS_ACTOR", "lan")
    with pytest.raises(StoreError) as caught:
        demo.run(made.ws.root, with_prefect=False)
    assert caught.value.rule == "demo.real_workspace"
