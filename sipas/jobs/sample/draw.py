"""The draw: seed from what was sealed and a public value, cases numbered, everything an outsider needs written out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from errors import DesignError
from sipas.foldernames import DRAW_FOLDER
from sipas.jobs.sample.commit import is_past, sealed
from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps.draw import DRAW
from sipas.store.ledger.engine import Transaction
from sipas.store.stepruns import Run
from sipas.store.workspace import Workspace

_FILES = ("frame.csv", "draw.csv", "cases.csv", "pairs.csv", "manifest.json")


@dataclass(frozen=True)
class DrawReport:
    """What was drawn and where the files for outsiders are."""

    seed: str
    frame_hash: str
    plan_hash: str
    n_main: int
    n_reserve: int
    folder: Path
    is_new: bool


def is_to_draw(ws: Workspace, round_id: str, value: str = "", instrument_id: str = "") -> bool:
    """True where all is there for a draw with this value, False where the instrument is drawn with it; draws nothing.

    Raises what `draw_sample` does, but for what `make_manifest` finds, before a person is asked to confirm the value.
    """
    bench = Workbench(ws, round_id, instrument_id)
    if bench.is_drawn:
        _refuse_other_value(bench, _manifest_facts(bench, bench.result("draw")), value)
        return False
    _require_ready(bench)
    return True


def draw_sample(ws: Workspace, round_id: str, value: str = "", instrument_id: str = "") -> DrawReport:
    """Draw the sample of a sealed instrument with the public value, and number the cases.

    value: what was published at the source and time that the plan names. An instrument that is drawn stays as it is.
    Writes outputs/<public id>/chon-mau: manifest.json, frame.csv (public, pseudonyms only), draw.csv, verify_draw.py,
    and cases.csv (case ids by conductor, pseudonyms only).
    Raises StoreError `jobs.step_first`, `store.round_state`; DesignError `jobs.not_committed`, `jobs.commit_stale`,
    `jobs.drawn_early`, `draw.nonces`, `jobs.other_value`, what `make_manifest` raises.
    """
    bench = Workbench(ws, round_id, instrument_id)
    result = bench.result("draw") if bench.is_drawn else _draw(bench, value)
    facts = _manifest_facts(bench, result)
    _refuse_other_value(bench, facts, value)
    folder = _publish(bench, result.outputs)
    sample = ws.files.snapshots.read_frame(result.outputs["sample"])
    n_reserve = int(sample["is_reserve"].sum())
    hashes = (facts["seed"], facts["frame_hash"], facts["plan_hash"])
    return DrawReport(*hashes, len(sample) - n_reserve, n_reserve, folder, result.is_new)


def _draw(bench: Workbench, value: str) -> Run:
    ws, instrument = bench.ws, bench.instrument
    _require_ready(bench)

    def add_cases(connection: Transaction, cases: pd.DataFrame) -> None:
        ws.rounds.require(connection, instrument, "committed")
        ws.field.cases.add(connection, instrument, cases)
        ws.rounds.set_state(connection, instrument, "drawn")

    return bench.run(DRAW, {"value": value}, record=add_cases).run


def _require_ready(bench: Workbench) -> None:
    """Sealed and unchanged since, the public value known by the clock, every number opened."""
    ws, instrument = bench.ws, bench.instrument
    record = sealed(bench)
    with ws.ledger.read() as connection:
        ws.rounds.require(connection, instrument, "committed")
    if not bench.parts.rules.made_up and not is_past(ws, record["public_value"]["at"]):
        raise DesignError("jobs.drawn_early", where=instrument.public_id, expected=record["public_value"]["at"])
    opened = {opening.party for opening in ws.field.draws.opened(instrument, record["commit_no"])}
    promised = [party["name"] for party in record["parties"]]
    missing = [name for name in promised if name not in opened]
    if missing:
        got = len(promised) - len(missing)
        raise DesignError("draw.nonces", where=", ".join(missing), got=got, expected=len(promised))


def _manifest_facts(bench: Workbench, drawn: Run) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(bench.ws.files.snapshots.read_bytes(drawn.outputs["manifest.json"]))
    return facts


def _refuse_other_value(bench: Workbench, facts: Mapping[str, Any], value: str) -> None:
    """DesignError `jobs.other_value` when a draw was made with another value than this one."""
    if value and value != facts["public_value"]["value"]:
        where = bench.instrument.public_id
        raise DesignError("jobs.other_value", where=where, got=value, expected=facts["public_value"]["value"])


def _publish(bench: Workbench, outputs: Mapping[str, str]) -> Path:
    ws, folder = bench.ws, f"{bench.instrument.public_id}/{DRAW_FOLDER}"
    for name in (name for name in _FILES if name in outputs):
        path = ws.files.outputs.write_bytes(f"{folder}/{name}", ws.files.snapshots.read_bytes(outputs[name]))
    verifier = resources.files("sampling").joinpath("verify_draw.py").read_bytes()
    ws.files.outputs.write_bytes(f"{folder}/verify_draw.py", verifier)
    return path.parent
