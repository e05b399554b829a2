"""Folders of the workspace into which an office puts the files it receives."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sipas.store.disk.names import check_relative


def make_inbox(root: Path, places: Iterable[str]) -> Path:
    """The folder `inbox` of a workspace with these folders in it; what is there stays. Raises what `check_relative`
    raises."""
    inbox = root / "inbox"
    for place in places:
        check_relative(place)
        (inbox / place).mkdir(parents=True, exist_ok=True)
    return inbox
