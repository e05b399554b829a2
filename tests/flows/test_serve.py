"""`sipas serve`: prefect.yaml is what is served, and no process outlives the command, however it ends."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from flows.deploy import declared, deployments
from sipas.store.workspace import init_workspace

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]
PATIENCE = 240  # a busy machine: how long to wait for what must come, never a figure of speed


def test_prefect_loads_the_file_and_serve_offers_the_same(tmp_path: Path) -> None:
    from prefect.cli.deploy._config import _load_deploy_configs_and_actions
    from prefect.flows import load_flow_from_entrypoint

    path = ROOT / "prefect.yaml"
    path.read_text(encoding="ascii")  # Prefect opens it in the code page of the computer
    console = Console(record=True, file=io.StringIO())
    loaded, actions = _load_deploy_configs_and_actions(path, console=console)
    assert console.export_text() == ""  # it prints what it leaves out
    assert actions["pull"] == []
    assert [one["name"] for one in loaded] == [one["name"] for one in declared()]
    served = {one.name: one for one in deployments(tmp_path)}
    assert list(served) == [one["name"] for one in loaded]
    for one in loaded:
        own = served[one["name"]]
        assert own.entrypoint == one["entrypoint"]
        assert own.flow_name == load_flow_from_entrypoint(one["entrypoint"], use_placeholder_flow=False).name
        assert one["parameters"] == {"params": {"workspace": "{{ $SIPAS_HOME }}"}}
        assert own.parameters == {"params": {"workspace": str(tmp_path)}}
        schedules = [(each["cron"], each["timezone"]) for each in one.get("schedules", ())]
        assert [(each.schedule.cron, each.schedule.timezone) for each in own.schedules] == schedules
        assert bool(own.paused) == bool(one.get("paused")) == bool(schedules)
        assert all(zone == "Asia/Ho_Chi_Minh" for _, zone in schedules)
    assert sum(len(one.schedules) for one in served.values()) == 2


def test_the_whole_file_is_deployable(prefect_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`prefect deploy --all` as a person types it, against a server with the work pool the file names."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.settings import PREFECT_API_URL

    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name="sipas", type="process"))
        address = PREFECT_API_URL.value() or str(client.api_url)
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
        env={**os.environ, "PREFECT_API_URL": address, "SIPAS_HOME": "/van-phong", "PYTHONUTF8": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with get_client(sync_client=True) as client:
        laid = {one.name: one for one in client.read_deployments()}
    assert set(laid) >= {one["name"] for one in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}
    assert laid["ca-dot-hang-dem"].parameters == {"params": {"workspace": "/van-phong"}}
    assert laid["ca-dot-hang-dem"].paused


def children_of(pid: int) -> set[int]:
    """Processes that this one started and that still run."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == pid and state != "Z":
            found.add(int(stat.parent.name))
    return found


def wait_for(what, seconds: float = PATIENCE):
    """The first true answer; the last one when time is up."""
    until = time.monotonic() + seconds
    while not (answer := what()) and time.monotonic() < until:
        time.sleep(0.2)
    return answer


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="processes are looked up in /proc")
@pytest.mark.parametrize(
    ("command", "sign", "ending"),
    [
        ("serve", "Nhấn Ctrl+C để dừng", signal.SIGTERM),
        ("serve", "Trang quản lý", signal.SIGKILL),
        ("demo", "Đang khởi động Prefect", signal.SIGTERM),
    ],
)
def test_no_process_is_left_behind(command: str, sign: str, ending: int, tmp_path: Path) -> None:
    from flows.server import free_port

    root = tmp_path / "văn phòng"
    if command == "serve":
        init_workspace(root, key_file=tmp_path / "khóa.key").close()
    more = ["--port", str(free_port())] if command == "serve" else []
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SIPAS", "PREFECT"))}
    screen = tmp_path / "screen.txt"
    with screen.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from flows.cli import main; main()", "-w", str(root), command, *more],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**clean, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "HOME": str(tmp_path)},
        )
    try:
        assert wait_for(lambda: sign in screen.read_text(encoding="utf-8")), screen.read_text(encoding="utf-8")
        started = wait_for(lambda: children_of(process.pid))
        assert started
        if command == "serve":
            assert {one.name for one in (root / "inbox").iterdir()} == {"returns", "appraisals", "frame"}
        process.send_signal(ending)
        process.wait(timeout=PATIENCE)
        assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started))
        assert "Traceback" not in screen.read_text(encoding="utf-8")
    finally:
        process.kill()
