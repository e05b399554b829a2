"""The small round: run once for tests that read, copied for tests that change, or just opened."""

import shutil
from pathlib import Path

import pytest
from once import built_once
from small_round import Office, new_office, reopened_office

from sipas.store.workspace import open_workspace


def run_round(folder: Path) -> None:
    office = new_office(folder)
    office.run_all()
    office.ws.close()


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A round run to its workbook once; tests that share it only read."""
    return reopened_office(built_once(tmp_path_factory, "finished", run_round))


@pytest.fixture
def copied(finished: Office, tmp_path: Path) -> Office:
    """A copy of the finished round that a test may change."""
    root = tmp_path / "bản sao"
    shutil.copytree(finished.ws.root, root)
    return Office(open_workspace(root, {"SIPAS_ACTOR": "lan"}), finished.inbox, finished.frame, finished.population)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A round that has just been opened."""
    return new_office(tmp_path)
