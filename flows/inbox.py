"""The folder where files arrive: what lies in it, and which instrument each file belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from errors import StoreError
from flows.names import command_line
from flows.params import FolderParams
from flows.workplace import for_instrument, instrument_ids
from sipas.files.checksums import is_hash_list
from sipas.store.workspace import Workspace

KINDS: Final = ("returns", "appraisals", "frame")
_COMMANDS: Final = {"returns": "receive", "frame": "frame import"}  # entries of appraisers are the round's


@dataclass(frozen=True)
class Arrived:
    """A file of the inbox: its name below the folder of its kind, and its instrument ("" where nobody can tell)."""

    file: str
    instrument_id: str


def arrived(ws: Workspace, round_id: str, folder: str, kind: str) -> tuple[Arrived, ...]:
    """Files of <folder>/<kind> in name order, none when there is no such folder.

    A file right in the folder belongs to the only instrument of the round; with several, to the one whose id its
    subfolder bears. Raises StoreError `flows.folder_outside`.
    """
    instruments = instrument_ids(ws, round_id)
    place = place_of(ws, folder, kind)
    arrivals = [Arrived(path.name, instruments[0] if len(instruments) == 1 else "") for path in _files(place)]
    for below in sorted(path for path in place.glob("*") if path.is_dir() and not _is_hidden(path)):
        owner = below.name if below.name in instruments else ""
        arrivals += [Arrived(f"{below.name}/{path.name}", owner) for path in _files(below)]
    return tuple(arrivals)


def names_in(ws: Workspace, folder: str, kind: str) -> tuple[str, ...]:
    """Names of the files right in <folder>/<kind>. Raises StoreError `flows.folder_outside`."""
    return tuple(path.name for path in _files(place_of(ws, folder, kind)))


def place_of(ws: Workspace, folder: str, kind: str) -> Path:
    """<workspace>/<folder>/<kind>. Raises StoreError `flows.folder_outside`."""
    place = (ws.root / folder / kind).resolve()
    if not place.is_relative_to(ws.root.resolve()):
        raise StoreError("flows.folder_outside", got=folder)
    return place


def whose(ws: Workspace, params: FolderParams, kind: str, file: str) -> StoreError:
    """What is asked about a file that lies where nobody can tell which instrument it belongs to."""
    round_id = params.round_id or ws.rounds.default()
    return StoreError(
        "flows.which_instrument",
        where=file,
        got=f"{params.folder}/{kind}",
        expected=", ".join(instrument_ids(ws, round_id)),
        command=take_in_command(ws, for_instrument(params, ""), kind, file),
    )


def take_in_command(ws: Workspace, params: FolderParams, kind: str, file: str) -> str:
    """The command that takes in a file of the inbox, as it is typed in the workspace's own folder."""
    round_id = params.round_id or ws.rounds.default()
    return command_line(
        _COMMANDS[kind],
        f"{params.folder}/{kind}/{file}",
        workspace=".",
        round=round_id,
        instrument=params.instrument_id if len(instrument_ids(ws, round_id)) > 1 else "",
        received_on=params.received_on if kind == "returns" else "",
    )


def inbox_places(ws: Workspace) -> tuple[str, ...]:
    """Folders of the inbox: one for each kind of file, and one for each instrument of a round that holds several."""
    places = list(KINDS)
    for survey_round in ws.rounds.all():
        instruments = instrument_ids(ws, survey_round.round_id)
        if len(instruments) > 1 and survey_round.state not in ("closed", "cancelled"):
            places += [f"{kind}/{instrument_id}" for kind in _COMMANDS for instrument_id in instruments]
    return tuple(places)


def _files(place: Path) -> Iterable[Path]:
    files = (path for path in sorted(place.glob("*")) if path.is_file() and not _is_hidden(path))
    return (path for path in files if not is_hash_list(path))


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(("~", "."))
