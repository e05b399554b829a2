"""The small round: finished for tests that read, a copy for tests that change, or just opened."""

from pathlib import Path

import pytest
from small_round import Office, new_office


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A round run to its workbook; tests that share it only read."""
    return new_office(tmp_path_factory.mktemp("finished"), "finished")


@pytest.fixture
def copied(tmp_path: Path) -> Office:
    """A finished round that a test may change."""
    return new_office(tmp_path, "finished")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A round that has just been opened."""
    return new_office(tmp_path)


@pytest.fixture
def framed(tmp_path: Path) -> Office:
    """A round with its frame."""
    return new_office(tmp_path, "framed")
