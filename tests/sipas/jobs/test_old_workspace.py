"""A workspace of version 2 after its upgrade: its release is read as it was given out, its draw verifies."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from errors import StoreError
from sampling.verify_draw import check
from sipas.jobs.field.receive import receive
from sipas.jobs.prepare.status import round_status
from sipas.jobs.results.export import export_workbook
from sipas.jobs.results.publish import draft_release
from sipas.jobs.results.trace import trace
from sipas.jobs.sample.draw import draw_sample
from sipas.jobs.stepruns.pinned import pinned
from sipas.store.workspace import Workspace, open_workspace

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "workspace-2.tar.xz"
ROUND = "thu-2026"
RELEASED = {"points": 6.26, "value": 62.6373626374}  # facts.json: as that program printed X07/thu/xa/8.1


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("cũ")
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(folder, filter="data")
    settings = folder / "workspace" / "sipas.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("KEY_FILE", (folder / "khoa.key").as_posix()), encoding="utf-8")
    with open_workspace(folder / "workspace", {"SIPAS_ACTOR": "lan"}) as opened:
        assert opened.upgraded is not None
        yield opened


def lines(section) -> dict[str, str]:
    return {name: str(cell) for name, cell in section.lines}


def test_a_released_number_is_printed_with_what_the_release_did_not_keep(ws: Workspace) -> None:
    found = trace(ws, f"{ROUND}/X07/thu/xa/8.1")
    printed, kept = found.report.sections
    assert float(printed.as_json()["lines"]["Điểm"]) == RELEASED["points"]
    assert json.loads(json.dumps(found.as_json(), default=str))["counted"] is False
    assert lines(kept)["Không được lưu"].startswith("phiếu, quyền số, chọn mẫu")
    assert (found.release_no, found.is_counted) == (1, False)


def test_an_english_reader_is_told_in_english(ws: Workspace) -> None:
    printed, kept = trace(ws, f"{ROUND}/X07/thu/xa/8.1", lang="en").report.sections
    assert (printed.title, kept.title) == ("Released number", "This release was made by an old version of the program")
    assert {"Points", "Maximum points"} <= set(lines(printed))


def test_the_total_and_the_index_are_printed_too(ws: Workspace) -> None:
    total = trace(ws, f"{ROUND}/X07/thu/xa").report.sections[0].as_json()["lines"]
    assert {"Tổng điểm", "Chỉ số (%)", "Thứ hạng", "Xếp loại"} <= set(total)
    index = trace(ws, f"{ROUND}/X07/sipas").report.sections[0].as_json()["lines"]
    assert index["Giá trị (%)"] == pytest.approx(RELEASED["value"], abs=1e-10)


def test_the_released_workbook_is_given_out_byte_for_byte(ws: Workspace) -> None:
    facts = json.loads((ws.root.parent / "facts.json").read_text(encoding="utf-8"))
    done = export_workbook(ws, ROUND)
    assert done.sha256 == facts["release"]["outputs"]["workbook"]


def test_the_draw_verifies_with_its_reserves_and_its_seal(ws: Workspace) -> None:
    folder = draw_sample(ws, ROUND).folder
    manifest, frame, reserves, sealed = (
        folder / name for name in ("manifest.json", "frame.csv", "du-phong.json", "niem-phong-01.json")
    )
    texts = [json.loads(one.read_text(encoding="utf-8")) for one in (manifest, reserves, sealed)]
    assert check(texts[0], frame.read_bytes(), reserves=texts[1], commit=texts[2]) == []
    assert check(texts[0], frame.read_bytes()[:-2] + b"0\n") != []


def test_old_results_stand_while_nothing_moved_and_not_one_form_longer(ws: Workspace) -> None:
    """What was made before the upgrade may be read on in a released round, until something is entered."""
    assert {one.step: one.state for one in round_status(ws, ROUND).steps}["merge"] == "current"
    taken = ws.field.cases.read(ws.rounds.instrument(ROUND))
    back = ws.field.received.rows(ws.rounds.instrument(ROUND))
    free = taken[taken["is_issued"] & ~taken["case_id"].isin(back["case_id"])].iloc[0]
    form = pinned(ws, ROUND).surveys()[0].questionnaire
    asked = (*form.rated_items(), *form.experience_items)
    items = {**dict.fromkeys(asked, ""), **dict.fromkeys(form.rated_items(), "4")}
    cells = {"Mã phiếu": free["case_id"], "Mã đơn vị": free["unit_id"], "Ngày nhận phiếu": "2026-09-02", **items}
    file = ws.root / "phiếu mới.csv"
    file.write_text(";".join(cells) + "\n" + ";".join(cells.values()) + "\n", encoding="utf-8-sig")
    assert receive(ws, ROUND, file, received_on="2026-09-02").counts["accepted"] == 1
    states = {one.step: one.state for one in round_status(ws, ROUND).steps}
    assert states["draw"] == "current"
    assert {states[step] for step in ("weight", "score", "merge", "workbook")} == {"stale"}
    with pytest.raises(StoreError) as caught:
        draft_release(ws, ROUND)
    assert caught.value.rule == "jobs.step_stale"
    assert trace(ws, f"{ROUND}/X07/thu/xa/8.1").release_no == 1
