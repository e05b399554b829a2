"""Something large is built once in a test run, whatever the number of workers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sipas.store.disk.locks import Locks

_SHARED: list[Path] = []


@pytest.fixture(scope="session", autouse=True)
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where the workers of this run keep what they share."""
    base = tmp_path_factory.getbasetemp()
    _SHARED[:] = [base.parent if "PYTEST_XDIST_WORKER" in os.environ else base]


def built_once(name: str, build: Callable[[Path], object]) -> Path:
    """The folder with what `build` made, to be read and copied: made by the first worker that asks, others wait.

    build: fills the empty folder it is given.
    """
    folder, whole = _SHARED[0] / f"{name}-once", _SHARED[0] / f"{name}-whole"
    with Locks(_SHARED[0] / "locks").hold(name):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            whole.touch()
    return folder
