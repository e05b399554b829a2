"""Folders of the packaged joint round, to be edited and loaded as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sipas.rounds import load_round
from sipas.rounds.parts import Named, named_folders

DATA = Path(__file__).parents[2] / "data"
JOINT = DATA / "rounds" / "made-up-gia-dinh-2026"
PLACES = {"round": "rounds", "units": "units", "questionnaire": "questionnaires", "index": "indices"}


def folders(round_folder: Path, changed: Mapping[Named, Path] | None = None) -> dict[Named, Path]:
    """Everything a round names, with other folders in the place of some."""
    named = named_folders(load_round(round_folder))
    found = {(kind, name): DATA / PLACES.get(kind, "rulebooks") / name for kind, name in named}
    return {**found, ("round", round_folder.name): round_folder, **(changed or {})}


def edited(folder: Path, name: str, old: str, new: str) -> None:
    """Change one place of a file."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
