"""One Prefect server for all tests of the flows in a process; Prefect's files in a folder that goes with the run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.settings import keep_apart
from flows.speech import listen

# Prefect reads its environment once, when it is first imported: before any test of this folder is.
_HOME = tempfile.TemporaryDirectory(prefix="prefect-", ignore_cleanup_errors=True)
keep_apart(Path(_HOME.name))


@pytest.fixture(autouse=True)
def no_call_before() -> None:
    """The language and `--json` of a call hold for its process: those of the test before are forgotten."""
    listen([], {})


@pytest.fixture(scope="session")
def prefect_database() -> Iterator[Path]:
    """The file of Prefect's database, with its server running for the whole session."""
    from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
    from prefect.testing.utilities import prefect_test_harness

    os.environ["SIPAS_ACTOR"] = "lan"
    with prefect_test_harness(server_startup_timeout=120):
        yield Path(PREFECT_API_DATABASE_CONNECTION_URL.value().split("///")[-1])
    del os.environ["SIPAS_ACTOR"]
