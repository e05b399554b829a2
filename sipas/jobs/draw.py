"""The draw: seed from sealed hashes and a public value, cases numbered, everything an outsider needs written out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection

from sampling.errors import DataError, DesignError, Fault
from sampling.frame import canonical_csv, frame_csv
from sampling.manifest import Party, draw_csv, make_manifest, plan_of, verify
from sampling.tables import SAMPLE
from sipas.caseid import make_case_ids
from sipas.jobs.desk import Desk, Made
from sipas.jobs.pinned import Pinned
from sipas.rounds import load_round
from sipas.store.steps import StepResult
from sipas.store.workspace import Workspace

_CASE_COLUMNS = ("case_id", "conductor_id", "stratum_id", "draw_order", "is_reserve", "frame_unit_id")


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


def draw_sample(ws: Workspace, round_id: str) -> DrawReport:
    """Draw the sample of the round by its plan and number the cases.

    Writes outputs/<round>/chon-mau: manifest.json, frame.csv (public, pseudonyms only), draw.csv, verify_draw.py,
    and cases.csv (case ids by conductor, pseudonyms only).
    Raises StoreError `jobs.step_first`, `store.round_state`, what `make_manifest` raises.
    """
    desk = Desk(ws, round_id)
    result = desk.result("draw") if desk.is_drawn else _draw(desk)
    folder = _publish(ws, round_id, result.outputs)
    facts = json.loads(ws.snapshots.read_bytes(result.outputs["manifest.json"]))
    sample = ws.snapshots.read_frame(result.outputs["sample"])
    n_reserve = int(sample["is_reserve"].sum())
    hashes = (facts["seed"], facts["frame_hash"], facts["plan_hash"])
    return DrawReport(*hashes, len(sample) - n_reserve, n_reserve, folder, result.is_new)


def _draw(desk: Desk) -> StepResult:
    ws, round_id, parts = desk.ws, desk.round_id, desk.parts
    made: dict[str, pd.DataFrame] = {}

    def make() -> Made:
        _refuse_used_numbers(desk)
        frame = desk.table("frame", "frame")
        public = frame_csv(frame)
        rules = parts.survey_round.draw
        manifest, drawn = make_manifest(
            round_id,
            _plan(parts, desk.table("plan", "allocation")),
            public,
            [Party(one.name, one.nonce) for one in rules.parties],
            rules.public_value.model_dump(),
        )
        made["sample"] = _numbered(drawn, frame, parts)
        made["cases"] = _cases(made["sample"], frame)
        return {
            "manifest.json": manifest.to_json().encode("utf-8"),
            "frame.csv": public,
            "draw.csv": draw_csv(drawn),
            "cases.csv": canonical_csv(made["sample"], _CASE_COLUMNS, "case_id"),
            "sample": SAMPLE.arrow(made["sample"]),
        }

    def record(connection: Connection, outputs: Mapping[str, str]) -> None:
        ws.rounds.require(connection, round_id, "new", "committed")
        ws.cases.add(connection, round_id, made["cases"])
        # The round file holds the opened numbers, so sealing and drawing are one act in the log.
        ws.rounds.set_state(connection, round_id, "committed")
        ws.rounds.set_state(connection, round_id, "drawn")

    return desk.run("draw", make, record)


def _refuse_used_numbers(desk: Desk) -> None:
    """Numbers copied from another round file are known to everybody: who knows them could foresee the draw."""
    own = {one.nonce for one in desk.parts.survey_round.draw.parties}
    for other in desk.ws.methodology.ids("round"):
        if other == desk.round_id:
            continue
        facts = load_round(desk.ws.methodology.folder("round", other)).draw
        if own & {one.nonce for one in facts.parties}:
            raise DesignError("jobs.used_nonce", where="round.toml", got=other)


def verify_files(manifest_path: Path, frame_path: Path) -> tuple[dict[str, object], list[Fault]]:
    """Check a manifest against a frame file, as an outsider would; needs no workspace. Empty list: it agrees.

    Raises DataError `verify.no_file`, `verify.not_json`.
    """
    for path in (manifest_path, frame_path):
        if not path.is_file():
            raise DataError("verify.no_file", where=path.name)
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError("verify.not_json", where=manifest_path.name) from error
    if not isinstance(manifest, dict):
        raise DataError("verify.not_json", where=manifest_path.name)
    return manifest, verify(manifest, frame_path.read_bytes())


def _plan(parts: Pinned, allocation: pd.DataFrame) -> dict[str, object]:
    rules = parts.survey_round
    return plan_of(
        rules.plan.stratum_parts,
        allocation,
        target=rules.plan.target,
        method=rules.plan.method,
        window_start=rules.fieldwork.window_start,
        window_end=rules.fieldwork.window_end,
        public_source=rules.draw.public_value.source,
        public_at=rules.draw.public_value.at,
    )


def _numbered(drawn: pd.DataFrame, frame: pd.DataFrame, parts: Pinned) -> pd.DataFrame:
    """The Sample table: cases numbered within their unit in draw order, with the conductor who hands the forms out."""
    unit = frame.set_index("frame_unit_id")["unit_id"].reindex(drawn["frame_unit_id"]).reset_index(drop=True)
    groups = {one.unit_id: one.unit_group for one in parts.rated_units()}
    rows = drawn.assign(unit_id=unit).sort_values(["unit_id", "stratum_id", "draw_order"], ignore_index=True)
    number = rows.groupby("unit_id").cumcount() + 1
    case_id = make_case_ids(parts.case_code, rows["unit_id"], number)
    conductors = {group: parts.survey_round.conductor_of(group) for group in set(groups.values())}
    conductor = rows["unit_id"].map(groups).map(conductors).astype("str")
    numbered = rows.assign(case_id=case_id, conductor_id=conductor)
    return SAMPLE.check(numbered[SAMPLE.names()])


def _cases(sample: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The cases as the ledger keeps them."""
    unit = frame.set_index("frame_unit_id")["unit_id"].reindex(sample["frame_unit_id"]).to_numpy()
    columns = sample[["case_id", "stratum_id", "is_reserve"]]
    return columns.assign(unit_id=pd.Series(unit, dtype="str"), is_issued=~sample["is_reserve"])


def _publish(ws: Workspace, round_id: str, outputs: Mapping[str, str]) -> Path:
    folder = f"{round_id}/chon-mau"
    for name in ("frame.csv", "draw.csv", "cases.csv", "manifest.json"):
        path = ws.outputs.write_bytes(f"{folder}/{name}", ws.snapshots.read_bytes(outputs[name]))
    verifier = resources.files("sampling").joinpath("verify_draw.py").read_bytes()
    ws.outputs.write_bytes(f"{folder}/verify_draw.py", verifier)
    return path.parent
