"""Something large is built once in a test run, whatever the number of workers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sipas.store.locks import Locks


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]) -> Path:
    """A folder with what `build` made, this worker's own copy: made by the first worker that asks, others wait.

    build: fills the empty folder it is given.
    """
    own = factory.mktemp(name) / name
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, whole = shared / f"{name}-once", shared / f"{name}-whole"
    with Locks(shared / "locks").hold(name):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            whole.touch()
    return Path(shutil.copytree(folder, own))
