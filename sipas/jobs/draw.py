"""The draw: seed from what was sealed and a public value, cases numbered, everything an outsider needs written out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection

from sampling.errors import DesignError
from sampling.frame import canonical_csv, frame_csv
from sampling.manifest import Opening, draw_csv, make_manifest
from sampling.tables import RATED_PAIRS, SAMPLE
from sipas.caseid import make_case_ids
from sipas.framekinds import UNIT_SEPARATOR
from sipas.jobs.commit import is_past, sealed, sealed_plan
from sipas.jobs.desk import Desk, Made
from sipas.jobs.pinned import Pinned
from sipas.jobs.raters import draw_raters
from sipas.store.steps import StepResult
from sipas.store.workspace import Workspace

_FILES = ("frame.csv", "draw.csv", "cases.csv", "pairs.csv", "manifest.json")
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


def draw_sample(ws: Workspace, round_id: str, value: str = "") -> DrawReport:
    """Draw the sample of a sealed round with the public value, and number the cases.

    value: what was published at the source and time that the plan names. A round that is drawn stays as it is. Writes
    outputs/<round>/chon-mau: manifest.json, frame.csv (public, pseudonyms only), draw.csv, verify_draw.py,
    and cases.csv (case ids by conductor, pseudonyms only).
    Raises StoreError `jobs.step_first`, `store.round_state`; DesignError `jobs.not_committed`, `jobs.commit_stale`,
    `jobs.drawn_early`, `jobs.other_value`, what `make_manifest` raises.
    """
    desk = Desk(ws, round_id)
    result = desk.result("draw") if desk.is_drawn else _draw(desk, value)
    facts = json.loads(ws.snapshots.read_bytes(result.outputs["manifest.json"]))
    if value and value != facts["public_value"]["value"]:
        raise DesignError("jobs.other_value", where=round_id, got=value, expected=facts["public_value"]["value"])
    folder = _publish(ws, round_id, result.outputs)
    sample = ws.snapshots.read_frame(result.outputs["sample"])
    n_reserve = int(sample["is_reserve"].sum())
    hashes = (facts["seed"], facts["frame_hash"], facts["plan_hash"])
    return DrawReport(*hashes, len(sample) - n_reserve, n_reserve, folder, result.is_new)


def _draw(desk: Desk, value: str) -> StepResult:
    ws, round_id, parts = desk.ws, desk.round_id, desk.parts
    record = sealed(desk)
    if not parts.survey_round.made_up and not is_past(ws, record["public_value"]["at"]):
        raise DesignError("jobs.drawn_early", where=round_id, expected=record["public_value"]["at"])
    opened = [Opening(*one) for one in ws.draws.opened(round_id, record["commit_no"])]
    made: dict[str, pd.DataFrame] = {}

    def make() -> Made:
        frame = desk.table("frame", "frame")
        public = frame_csv(frame)
        manifest, drawn = make_manifest(sealed_plan(desk), public, ws.draws.records(round_id), opened, value)
        proof = {"manifest.json": manifest.to_json().encode("utf-8"), "frame.csv": public, "draw.csv": draw_csv(drawn)}
        if parts.survey_round.quotas:
            raters = draw_raters(desk, manifest.seed, manifest.pairs_hash)
            made["cases"] = raters.cases
            return {**proof, **raters.outputs}
        sample = _numbered(drawn, frame, parts)
        made["cases"] = _cases(sample, frame)
        cases = canonical_csv(sample, _CASE_COLUMNS, "case_id")
        found = {**proof, "cases.csv": cases, "sample": SAMPLE.arrow(sample)}
        if "rated_units" in frame.columns:
            found["pairs"] = RATED_PAIRS.arrow(_pairs(sample, frame))
        return found

    def add_cases(connection: Connection, outputs: Mapping[str, str]) -> None:
        ws.rounds.require(connection, round_id, "committed")
        ws.cases.add(connection, round_id, made["cases"])
        ws.rounds.set_state(connection, round_id, "drawn")

    return desk.run("draw", make, add_cases, needs=desk.draw_needs(value))


def _numbered(drawn: pd.DataFrame, frame: pd.DataFrame, parts: Pinned) -> pd.DataFrame:
    """The Sample table: cases numbered within their unit in draw order, with the conductor who hands the forms out."""
    unit = frame.set_index("frame_unit_id")["unit_id"].reindex(drawn["frame_unit_id"]).reset_index(drop=True)
    groups = {one.unit_id: one.unit_group for one in parts.rated_units()}
    rows = drawn.assign(unit_id=unit).sort_values(["unit_id", "stratum_id", "draw_order"], ignore_index=True)
    number = rows.groupby("unit_id").cumcount() + 1
    case_id = make_case_ids(parts.case_code, rows["unit_id"], number)
    conductors = {group: parts.survey_round.conductor_of(group) for group in set(groups.values())}
    somebody = parts.survey_round.conductors[0].conductor_id
    conductor = rows["unit_id"].map(groups).map(conductors).fillna(somebody).astype("str")
    numbered = rows.assign(case_id=case_id, conductor_id=conductor)
    return SAMPLE.check(numbered[SAMPLE.names()])


def _pairs(sample: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """A firm rates every rated unit that it dealt with; the probability of the pair is that of the firm.

    Planned: a reserve has none and bears 0, and later releases are not written back here.
    """
    units = frame.set_index("frame_unit_id")["rated_units"].reindex(sample["frame_unit_id"]).str.split(UNIT_SEPARATOR)
    pairs = sample[["case_id"]].assign(
        rated_unit_id=units.to_numpy(), rater_group="", pair_prob=sample["inclusion_prob"].fillna(0.0)
    )
    return pairs.explode("rated_unit_id")


def _cases(sample: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The cases as the ledger keeps them."""
    unit = frame.set_index("frame_unit_id")["unit_id"].reindex(sample["frame_unit_id"]).to_numpy()
    columns = sample[["case_id", "stratum_id", "is_reserve"]]
    return columns.assign(unit_id=pd.Series(unit, dtype="str"), is_issued=~sample["is_reserve"])


def _publish(ws: Workspace, round_id: str, outputs: Mapping[str, str]) -> Path:
    folder = f"{round_id}/chon-mau"
    for name in (one for one in _FILES if one in outputs):
        path = ws.outputs.write_bytes(f"{folder}/{name}", ws.snapshots.read_bytes(outputs[name]))
    verifier = resources.files("sampling").joinpath("verify_draw.py").read_bytes()
    ws.outputs.write_bytes(f"{folder}/verify_draw.py", verifier)
    return path.parent
