"""The flows once under Prefect's own harness; nothing personal in Prefect's database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_round import ROUND, new_office

from sipas.store.workspace import open_workspace

ROOT = Path(__file__).parents[2]
RUN = """
import json, sys
from pathlib import Path
root, done_file = Path(sys.argv[1]), Path(sys.argv[2])
from flows.settings import use_embedded_server
use_embedded_server(root)
from prefect.testing.utilities import prefect_test_harness
from flows.estimate import estimate_flow
from flows.frame import frame_flow
from flows.params import CommitParams, DrawParams, FolderParams, RoundParams
from flows.round import round_flow
from flows.sample import commit_flow, draw_flow
from flows.workplace import opened
from small_round import COMMITTED_AT, VALUE, open_numbers
from flows.deploy import deployments
with prefect_test_harness(server_startup_timeout=120):
    stage = sys.argv[3]
    folder = FolderParams(workspace=str(root), round_id="thu-2026", folder="inbox", received_on="2026-09-01")
    only = RoundParams(workspace=str(root), round_id="thu-2026")
    if stage == "before":
        place = {"workspace": str(root), "round_id": "thu-2026"}
        done = {"frame": frame_flow(folder), "commit": commit_flow(CommitParams(**place, at=COMMITTED_AT))}
        with opened(only) as (ws, _):
            open_numbers(ws)
        done["sample"] = draw_flow(DrawParams(**place, value=VALUE, again=VALUE))
    else:
        round_flow(folder)
        done = {"again": estimate_flow(only)}
    done["deployments"] = [[one.name, [str(s.schedule) for s in one.schedules]] for one in deployments(root)]
    import sqlalchemy, os
    from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL as url
    database = url.value().split("///")[-1]
    done["database"] = database
    files = sorted(Path(database).parent.glob(Path(database).name + "*"))
    done["bytes"] = b"".join(path.read_bytes() for path in files).hex()
    done_file.write_text(json.dumps(done, ensure_ascii=False, default=str), encoding="utf-8")
"""


def run_flows(root: Path, tmp_path: Path, stage: str) -> dict:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SIPAS", "PREFECT"))}
    script, out = tmp_path / "run_flows.py", tmp_path / f"{stage}.json"
    script.write_text(RUN, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(root), str(out), stage],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=500,
        env={
            **clean,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "helpers")]),
            "SIPAS_ACTOR": "lan",
            "PYTHONUTF8": "1",
        },
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {**json.loads(out.read_text(encoding="utf-8")), "screen": done.stdout}


def test_the_round_runs_as_flows_and_prefect_holds_nothing_personal(tmp_path: Path) -> None:
    office = new_office(tmp_path)
    office.ws.people.add("lan", "Lan", "mật khẩu của Lan")
    inbox = office.ws.root / "inbox"
    (inbox / "frame").mkdir(parents=True)
    (inbox / "frame" / "danh sách.csv").write_bytes(office.frame_path().read_bytes())
    before = run_flows(office.ws.root, tmp_path, "before")
    assert before["frame"]["on_frame"] == office.frame.facts.n_eligible
    assert before["sample"]["Mẫu chính"] == 1900
    for kind, paths in (("returns", office.returned_paths()), ("appraisals", office.appraisal_paths())):
        (inbox / kind).mkdir()
        for path in paths:
            (inbox / kind / path.name).write_bytes(path.read_bytes())
    after = run_flows(office.ws.root, tmp_path, "after")
    accepted = office.returned().facts.n_accepted
    assert after["again"]["Phiếu được tính"] == accepted
    assert "Tổng hợp Chỉ số CCHC" in after["screen"]
    with open_workspace(office.ws.root, {"SIPAS_ACTOR": "lan"}) as ws:
        assert ws.outputs.path(f"{ROUND}/ket-qua-{ROUND}.xlsx").is_file()
        assert ws.releases.find(ROUND)[0].state == "draft"
    held = bytes.fromhex(before["bytes"]) + bytes.fromhex(after["bytes"])
    rows = office.frame.rows
    for column in ("Họ và tên", "Số định danh", "Số điện thoại", "Mã hồ sơ"):
        for value in rows[column].head(300).unique():
            assert not value or value.encode("utf-8") not in held
    assert b"Qu" in held  # the file read is the one Prefect wrote


def test_schedules_are_in_vietnamese_time(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\nfrom flows.settings import use_embedded_server\n"
        f"use_embedded_server(Path({str(tmp_path)!r}))\nfrom flows.deploy import deployments\n"
        "for one in deployments(Path('x')):\n"
        "    print(one.name, [(s.schedule.cron, s.schedule.timezone) for s in one.schedules], one.paused)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("Asia/Ho_Chi_Minh") == 2
    assert len(done.stdout.splitlines()) == 6


@pytest.mark.parametrize("url", ["http://10.0.0.5:4200/api", "https://prefect.example/api"])
def test_a_server_elsewhere_is_refused_unless_named(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.settings import use_server
    from sampling.errors import StoreError

    for name in ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"):
        monkeypatch.setenv(name, "")
    with pytest.raises(StoreError) as caught:
        use_server(tmp_path, url, "a:b", "")
    assert caught.value.rule == "flows.server_elsewhere"
    use_server(tmp_path, url, "a:b", url)
