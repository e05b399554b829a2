"""The small round with both instruments of the example, SIPAS and the delegates, drawn: for what waits for what."""

import shutil
import tomllib
from pathlib import Path

from once import built_once
from small_round import (
    COMMITTED_AT,
    INBOX,
    OPENED_AT,
    ROUND,
    VALUE,
    Office,
    copied_office,
    made_small,
    new_office,
    people,
)

from errors.templates import data_folder
from sampling.manifest import Party
from sipas.example.delegates import LIST_NAME, delegate_list
from sipas.jobs.example import make_delegate_list
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.rounds import new_round
from sipas.jobs.sample.commit import commit_draw, reveal
from sipas.jobs.sample.draw import draw_sample
from sipas.jobs.stepruns.pinned import pinned
from sipas.store.workspace import Workspace

SIPAS, DELEGATES = "sipas", "dai-bieu"
_EXAMPLE = data_folder() / "rounds" / "made-up-gia-dinh-2026"


def drawn_joint(folder: Path) -> Office:
    """Both samples drawn, nothing returned; a workspace of its own."""
    return copied_office(built_once("small-joint", _build), folder)


def _build(folder: Path) -> None:
    office = new_office(folder, "empty")
    ws = office.ws
    _make_joint(ws.root / "methodology" / "rounds" / ROUND)
    new_round(ws, ROUND)
    delegates = folder / INBOX / LIST_NAME
    delegates.write_bytes(delegate_list(make_delegate_list(ws, ROUND).rows))
    _draw(ws, {SIPAS: Office(ws, office.inbox, *people(pinned(ws, ROUND))).frame_path(), DELEGATES: delegates})
    ws.close()


def _make_joint(place: Path) -> None:
    """The round folder with both instruments, each with its own layout of the frame and numbers of its own."""
    for name in ("frame_columns.csv", "frame_codes.csv"):
        (place / name).unlink()
    for one in (SIPAS, DELEGATES):
        shutil.copytree(_EXAMPLE / one, place / one)
    text = made_small((_EXAMPLE / "round.toml").read_text(encoding="utf-8"))
    for instrument in tomllib.loads(text)["instruments"]:
        for party in instrument["draw"]["parties"]:
            own = Party(party["name"], _number(instrument["id"], party["name"])).commitment
            text = text.replace(party["commitment"], own)
    (place / "round.toml").write_text(text, encoding="utf-8")


def _number(instrument_id: str, name: str) -> str:
    return f"thu-{instrument_id}-{name}"


def _draw(ws: Workspace, frames: dict[str, Path]) -> None:
    for one in pinned(ws, ROUND).surveys():
        name = one.rules.id
        import_frame(ws, ROUND, frames[name], name)
        make_plan(ws, ROUND, name)
        commit_draw(ws, ROUND, COMMITTED_AT, name)
        for party in one.rules.draw.parties:
            reveal(ws, ROUND, party.name, _number(name, party.name), OPENED_AT, name)
        draw_sample(ws, ROUND, VALUE, name)
