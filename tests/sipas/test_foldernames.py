"""Ids of rounds and instruments are folders beside the program's own: none of them can be one of those."""

from __future__ import annotations

import ast
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from imports import modules, parsed

from errors import FaultsFound, StoreError
from sipas.foldernames import IN_ROUND, IN_WORKSPACE, MAX_ID
from sipas.rounds import load_round
from sipas.store.workspace import init_workspace

JOINT = Path(__file__).parents[2] / "data" / "rounds" / "made-up-gia-dinh-2026"
OWN_IDS = ("public_id", "round_id", "ROUND_ID", "folder")


def faults_of(tmp_path: Path, old: str, new: str) -> list[tuple[str, str, str]]:
    """Wrong fields of the joint round with one change of its file."""
    folder = tmp_path / JOINT.name
    shutil.copytree(JOINT, folder)
    text = (folder / "round.toml").read_text(encoding="utf-8")
    assert f'id = "{old}"' in text
    (folder / "round.toml").write_text(text.replace(f'id = "{old}"', f'id = "{new}"'), encoding="utf-8")
    if (folder / old).is_dir():
        (folder / old).rename(folder / new)
    with pytest.raises(FaultsFound) as caught:
        load_round(folder)
    return [(one.rule, one.column, one.expected) for one in caught.value.faults]


@pytest.mark.parametrize("name", [*IN_ROUND, "con", "lpt1"])
def test_an_instrument_is_not_called_as_a_folder_of_the_round_or_a_device(tmp_path: Path, name: str) -> None:
    ((rule, column, expected),) = faults_of(tmp_path, "dai-bieu", name)
    assert (rule, column) == ("data.field", f"instruments.{name}.id")
    assert expected.startswith("another name")


def test_the_id_of_an_instrument_has_a_length_that_paths_can_bear(tmp_path: Path) -> None:
    long = "a" * (MAX_ID + 1)
    assert faults_of(tmp_path, "dai-bieu", long) == [
        ("data.field", f"instruments.{long}.id", f"at most {MAX_ID} letters")
    ]


@pytest.mark.parametrize("name", [*IN_WORKSPACE, "Rulebooks", "NUL.txt"])
def test_a_round_is_not_called_as_a_folder_of_the_workspace_or_a_device(tmp_path: Path, name: str) -> None:
    ((rule, column, expected),) = faults_of(tmp_path, JOINT.name, name)
    assert (rule, column) == ("data.field", "id")
    assert expected.startswith("another name")
    with init_workspace(tmp_path / "ws", key_file=tmp_path / "key") as ws, ws.ledger.write() as connection:
        with pytest.raises(StoreError) as caught:
            ws.rounds.create(connection, name, "Đợt", [], ["sipas"])
    assert caught.value.rule == "store.file_name"


def folders_in(source: str) -> Iterator[str]:
    """Names of folders, in small letters, written out below the id of a round or an instrument."""
    for node in ast.walk(parsed(source)):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        for part, after in itertools.pairwise(parts):
            if not isinstance(part, ast.FormattedValue) or not isinstance(after, ast.Constant):
                continue
            nothing, *below = str(after.value).split("/")
            is_below = not nothing and ast.unparse(part.value).split(".")[-1] in OWN_IDS
            if is_below and below[0].islower() and (len(below) > 1 or (after is parts[-1] and "." not in below[0])):
                yield below[0]


def test_folders_of_a_round_are_named_in_one_place_only() -> None:
    jobs = {name: source for name, source in modules().items() if name.startswith(("sipas.jobs", "flows.cli"))}
    assert [(name, folder) for name, source in jobs.items() for folder in folders_in(source)] == []
    planted = 'f"{one.public_id}/loi/{batch}.xlsx", f"{round_id}/csv", f"{round_id}/a.xlsx", f"{round_id}/{CSV}/a"'
    assert list(folders_in(planted)) == ["loi", "csv"]
