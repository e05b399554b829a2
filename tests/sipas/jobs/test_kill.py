"""A job killed (-9) at any moment and run again gives the same bytes, and nothing half-written is ever visible."""

import hashlib
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_round import new_office, survey
from stages import start_stage

from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.stepruns import current_run

pytestmark = pytest.mark.full

Kill = Callable[[Path, str, random.Random], bool]
ROUND = "thu-2026"
STAGES = (
    "round",
    "frame_before",
    "frame",
    "plan",
    "commit",
    "draw",
    "receive",
    "weight",
    "score",
    "appraisals",
    "merge",
    "workbook",
)
STEPS = ("frame", "plan", "draw", "weight", "score", "merge", "workbook")


def run(folder: Path, stage: str) -> None:
    process, told = start_stage(folder, stage)
    assert told.recv() == "done"
    process.join(60)
    assert process.exitcode == 0


def killed_at_a_write(folder: Path, stage: str, moments: random.Random) -> bool:
    """Killed before one of its first 27 writes, the first ones more often: no stage writes less than three times."""
    process, _ = start_stage(folder, stage, kill_at=int(27 ** moments.random()))
    process.join(60)
    return process.exitcode != 0


def killed_at_a_moment(folder: Path, stage: str, moments: random.Random) -> bool:
    """Killed anywhere, between two writes too."""
    process, _ = start_stage(folder, stage)
    longest = {"frame_before": 1.2, "frame": 1.2, "receive": 4.0, "score": 0.8, "workbook": 1.2}.get(stage, 0.5)
    time.sleep(moments.uniform(0.0, longest))
    process.kill()
    process.join(60)
    return process.exitcode != 0


def results(office) -> dict[str, object]:
    """All step outputs by name and all files for people: what must not depend on interruptions."""
    outputs = {
        path.relative_to(office.ws.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((office.ws.root / "outputs").rglob("*"))
        if path.is_file()
    }
    bench = Workbench(office.ws, ROUND)
    steps = {step: dict(current_run(office.ws, bench.place(step)).outputs) for step in STEPS}
    states = (
        office.ws.field.received.rows(survey(office.ws, ROUND)).sort_values(["batch_id", "row_no"]).to_csv(index=False)
    )
    people = list(office.ws.files.snapshots.read_frame(steps["frame"]["frame"])["frame_unit_id"])
    return {
        "contacts": office.ws.field.contacts.read(survey(office.ws, ROUND), people).to_csv(index=False),
        "contact_files": len(list((office.ws.root / "contacts" / ROUND).iterdir())),
        "outputs": outputs,
        "steps": steps,
        "rows": states,
        "cases": office.ws.field.cases.read(survey(office.ws, ROUND)).to_csv(index=False),
    }


def with_an_earlier_list(inbox: Path) -> None:
    """A list of other people (the same dossiers under other numbers) that was imported first."""
    head, *rows = next(inbox.glob("danh*.csv")).read_bytes().split(b"\r\n")
    (inbox / "bản cũ.csv").write_bytes(b"\r\n".join([head, *(row.replace(b"GD", b"CU", 1) for row in rows)]))


def killed_round(finished, tmp_path: Path, kill: Kill, kills: int, seed: int) -> tuple[dict[str, object], int]:
    """The small round with every stage killed `kills` times before it is run to its end."""
    office = new_office(tmp_path, "empty")
    for path in finished.inbox.glob("*"):
        if path.is_file():
            shutil.copy(path, office.inbox / path.name)
    with_an_earlier_list(office.inbox)
    moments, killed = random.Random(seed), 0
    for stage in STAGES:
        for _ in range(kills):
            killed += kill(tmp_path, stage, moments)
        run(tmp_path, stage)
    assert office.ws.log.verify() == []
    assert [one.name for one in (office.ws.root / "outputs").rglob(".*")] == []  # what killed writers left is swept
    return results(office), killed


def test_every_stage_killed_once_and_repeated_gives_the_same_bytes(finished, tmp_path: Path) -> None:
    got, killed = killed_round(finished, tmp_path, killed_at_a_write, kills=1, seed=1)
    expected = results(finished)
    assert killed >= 6
    assert got["contact_files"] == 1  # people of the earlier list are forgotten
    assert got["contacts"] == expected["contacts"]
    assert got["steps"] == expected["steps"]
    assert got["rows"] == expected["rows"]
    assert got["cases"] == expected["cases"]
    assert got["outputs"] == expected["outputs"]


@pytest.mark.slow
@pytest.mark.parametrize("kill", [killed_at_a_write, killed_at_a_moment])
@pytest.mark.parametrize("seed", range(4))
def test_hundreds_of_kills(finished, tmp_path: Path, kill: Kill, seed: int) -> None:
    got, _ = killed_round(finished, tmp_path, kill, kills=5, seed=100 + seed)
    assert got == results(finished)
