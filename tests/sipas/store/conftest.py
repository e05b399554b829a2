"""A workspace in a folder with blanks and diacritics, and a clock that ticks by itself."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from sipas.store.files.methodology import Pin
from sipas.store.rounds.instruments import Instrument
from sipas.store.workspace import Workspace, init_workspace


def ticking_clock():
    """2026-03-01T00:00:00.000000Z, then a microsecond later at every call."""
    ticks = count()
    return lambda: f"2026-03-01T00:00:00.{next(ticks):06d}Z"


@pytest.fixture(scope="session")
def start_process() -> Callable[..., BaseProcess]:
    """Start a fresh process that runs Python text with the variables given (fast: the imports are made once)."""
    has_server = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if has_server else "spawn")
    context.set_forkserver_preload(["pandas", "pyarrow.parquet", "sipas.store.stepruns"])

    def start(code: str, **variables: object) -> BaseProcess:
        process = context.Process(target=exec, args=(code, variables))
        process.start()
        return process

    return start


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with init_workspace(
        tmp_path / "Tỉnh Giả Định",
        key_file=tmp_path / "khóa" / "ws.key",
        name="Tỉnh Giả Định",
        env={"SIPAS_ACTOR": "an"},
        clock=ticking_clock(),
    ) as workspace:
        yield workspace


@pytest.fixture
def round_id(ws: Workspace) -> str:
    """A new round, pinned to one round file."""
    pin = Pin("round", "r1", ws.files.snapshots.put_bytes("pin.json", "", b'{"round.toml":""}').sha256)
    with ws.ledger.write() as connection:
        ws.rounds.create(connection, "r1", "Đợt một", [pin], ["sipas", "dai-bieu"])
    return "r1"


@pytest.fixture
def survey(ws: Workspace, round_id: str) -> Instrument:
    """The first instrument of that round."""
    return ws.rounds.instrument(round_id, "sipas")


@pytest.fixture
def other(ws: Workspace, round_id: str) -> Instrument:
    """The second one."""
    return ws.rounds.instrument(round_id, "dai-bieu")


@pytest.fixture
def people(ws: Workspace) -> Workspace:
    """`an` (the actor) and `binh` are registered."""
    ws.office.people.add("an", "Nguyễn Văn An", "mật khẩu của An")
    ws.office.people.add("binh", "Trần Thị Bình", "mật khẩu của Bình")
    return ws
