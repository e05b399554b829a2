"""Making and opening a workspace, its settings and its key."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from errors import FaultsFound, StoreError
from sipas.cells.days import local_day
from sipas.store.disk.clock import utc_now
from sipas.store.disk.config import Config, PrefectConfig, read_config, write_config
from sipas.store.disk.keys import key_check
from sipas.store.workspace import init_workspace, open_workspace

ROOT = Path(__file__).resolve().parents[3]


def make(tmp_path: Path, name: str = "ws", **options):
    return init_workspace(tmp_path / name, key_file=tmp_path / "k.key", **options)


def edit(ws, old: str, new: str) -> None:
    path = ws.root / "sipas.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_init_makes_marker_ledger_folders_and_key(ws, tmp_path):
    settings = tomllib.loads((ws.root / "sipas.toml").read_text(encoding="utf-8"))
    assert settings["id"] == ws.config.id == ws.ledger.identity()[1]
    assert settings["name"] == "Tỉnh Giả Định"
    assert Path(settings["key_file"]) == (tmp_path / "khóa" / "ws.key").resolve()
    key = Path(settings["key_file"])
    assert len(bytes.fromhex(key.read_text(encoding="ascii"))) == 32
    assert os.name == "nt" or key.stat().st_mode & 0o777 == 0o600
    assert [entry.action for entry in ws.log.entries()] == ["workspace.init"]
    assert ws.logs.is_dir()
    assert (ws.root / "methodology").is_dir()


def test_init_again_opens_the_same(tmp_path):
    with make(tmp_path) as first, make(tmp_path) as second:
        assert first.config == second.config
        assert len(second.log.entries()) == 1


def test_init_after_a_lost_marker_keeps_id_and_key(tmp_path):
    with make(tmp_path) as ws:
        before = (ws.config.id, ws.key("x"))
        (ws.root / "sipas.toml").unlink()
    with make(tmp_path) as ws:
        assert (ws.config.id, ws.key("x")) == before


def test_default_key_file_is_in_the_persons_own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    with init_workspace(tmp_path / "ws") as ws:
        assert Path(ws.config.key_file) == (tmp_path / "home" / ".sipas" / "keys" / f"{ws.config.id}.key").resolve()


def test_a_key_inside_the_workspace_is_refused(tmp_path):
    with pytest.raises(StoreError) as caught:
        init_workspace(tmp_path / "ws", key_file=tmp_path / "ws" / "keys" / "k.key")
    assert caught.value.rule == "store.key_inside"
    assert not (tmp_path / "ws" / "sipas.toml").exists()


def test_order_of_places(tmp_path, monkeypatch):
    for name in ("option", "home", "workspace"):
        make(tmp_path, name).close()
    monkeypatch.chdir(tmp_path)
    env = {"SIPAS_HOME": str(tmp_path / "home")}
    places = []
    for option, variables in ((tmp_path / "option", env), (None, env), (None, {}), (None, {"SIPAS_HOME": ""})):
        with open_workspace(option, variables) as ws:
            places.append(ws.root.name)
    assert places == ["option", "home", "workspace", "workspace"]


def test_a_folder_without_marker_is_no_workspace(tmp_path):
    with pytest.raises(StoreError) as caught:
        open_workspace(tmp_path, {})
    assert (caught.value.rule, caught.value.where) == ("store.no_workspace", str(tmp_path.resolve()))


def test_a_marker_without_ledger_is_not_filled_silently(ws):
    ws.close()
    for path in ws.root.glob("sipas.db*"):
        path.unlink()
    with pytest.raises(StoreError) as caught:
        open_workspace(ws.root, {})
    assert caught.value.rule == "store.no_ledger"


def test_actor_from_environment_then_settings_then_login(ws):
    def actor(**env: str) -> str:
        with open_workspace(ws.root, env) as opened:
            return opened.actor

    assert actor(USER="login") == "login"
    assert actor() == "?"
    edit(ws, 'actor = ""', 'actor = "from settings"')
    assert actor(USER="login") == "from settings"
    assert actor(SIPAS_ACTOR="an", USER="login") == "an"


def test_network_shares_are_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("sipas.store.disk.local.is_network", lambda folder: True)
    with pytest.raises(StoreError) as caught:
        make(tmp_path)
    assert caught.value.rule == "store.network_share"
    assert list(tmp_path.iterdir()) == []


def test_an_existing_workspace_on_a_share_is_refused(ws, monkeypatch):
    monkeypatch.setattr("sipas.store.disk.local.is_network", lambda folder: True)
    with pytest.raises(StoreError) as caught:
        open_workspace(ws.root, {})
    assert caught.value.rule == "store.network_share"


def test_settings_survive_quotes_and_backslashes(tmp_path):
    config = Config(
        id="0" * 16,
        name='Tỉnh "A" \\ B #1',
        created="2026-03-01T00:00:00Z",
        key_file="C:\\Users\\Đỗ An\\k.key",
        key_check="f" * 16,
        default_round="r1",
        prefect=PrefectConfig(api_url="https://prefect.example/api"),
    )
    write_config(tmp_path, config)
    assert read_config(tmp_path) == config


def test_every_wrong_setting_is_named_at_once(ws):
    edit(ws, f'id = "{ws.config.id}"', 'id = "x"\nunknown = 1')
    edit(ws, 'api_url = ""', 'api_url = "ftp://x"')
    with pytest.raises(FaultsFound) as caught:
        open_workspace(ws.root, {})
    assert caught.value.rule == "store.config"
    assert {fault.column for fault in caught.value.faults} == {"id", "unknown", "prefect.api_url"}


def test_settings_that_are_no_toml(ws):
    (ws.root / "sipas.toml").write_text("id = ", encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        open_workspace(ws.root, {})
    assert [fault.rule for fault in caught.value.faults] == ["data.toml"]


def test_keys_differ_by_purpose_and_key_file(ws, tmp_path):
    assert ws.key("contacts") == ws.key("contacts")
    assert len(ws.key("contacts")) == 32
    assert ws.key("contacts") != ws.key("person")
    with init_workspace(tmp_path / "other", key_file=tmp_path / "other.key") as other:
        assert other.key("contacts") != ws.key("contacts")


def test_the_same_key_file_gives_the_same_keys_in_a_workspace_made_anew(ws, tmp_path):
    key = tmp_path / "khóa" / "ws.key"
    with init_workspace(tmp_path / "anew", key_file=key) as anew:
        assert anew.key("person") == ws.key("person")
        assert key_check(key, ws.config.id) == ws.config.key_check != anew.config.key_check


def test_a_given_key_is_used_and_never_replaced(tmp_path):
    with make(tmp_path, key="ab" * 32) as ws:
        assert Path(ws.config.key_file).read_text(encoding="ascii") == "ab" * 32 + "\n"
    with make(tmp_path, "second", key="ab" * 32) as second:
        assert second.config.id != ws.config.id
    with pytest.raises(StoreError) as caught:
        make(tmp_path, "third", key="cd" * 32)
    assert caught.value.rule == "store.wrong_key"


@pytest.mark.parametrize(
    ("utc", "day"),
    [("2026-03-01T16:59:59.999999Z", "2026-03-01"), ("2026-03-01T17:00:00.000000Z", "2026-03-02")],
)
def test_the_local_day_starts_at_17_hours_utc(utc, day):
    assert local_day(utc) == day


def test_the_clock_writes_what_local_day_reads():
    assert len(local_day(utc_now())) == 10


@pytest.mark.parametrize(
    ("content", "rule"),
    [(None, "store.no_key"), ("ab" * 31, "store.bad_key"), ("Đ", "store.bad_key"), ("00" * 32, "store.wrong_key")],
)
def test_key_files_that_do_not_serve(ws, content, rule):
    path = Path(ws.config.key_file)
    if content is None:
        path.unlink()
    else:
        path.write_text(content, encoding="utf-8")
    with open_workspace(ws.root, {}) as opened, pytest.raises(StoreError) as caught:
        opened.key("contacts")
    assert caught.value.rule == rule


def test_opening_needs_no_pandas():
    code = "import sys, sipas.store.workspace, sipas.store.stepruns; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


def test_lock_of_the_workspace(ws):
    with ws.lock("a"), pytest.raises(StoreError), open_workspace(ws.root, {}) as other, other.lock("a", timeout=0.1):
        pass
