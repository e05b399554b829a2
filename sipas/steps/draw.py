"""Step draw: the sealed sample of an instrument, drawn with the opened numbers and the public value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from errors import DesignError
from sampling.frame import canonical_csv, frame_csv
from sampling.manifest import Manifest, Opening, draw_csv, make_manifest, plan_of
from sampling.numbers import sha256_hex
from sampling.pairs import BURDEN, RATER_LISTS, pairs_csv
from sampling.selection import StagePlan
from sampling.tables import RATED_PAIRS, SAMPLE
from sipas.caseid import make_case_ids
from sipas.framekinds import UNIT_SEPARATOR
from sipas.raters import rater_sample, sealed_raters
from sipas.rounds import InstrumentRules
from sipas.steps.declare import Reads, Step, StepResult
from sipas.steps.given import Given
from sipas.units import Unit

_CASE_COLUMNS = ("case_id", "conductor_id", "stratum_id", "draw_order", "is_reserve", "frame_unit_id")
_RATER_COLUMNS = ("case_id", "conductor_id", "stratum_id", "draw_order", "frame_unit_id")
Outputs = Mapping[str, pa.Table | bytes]


def sealed_plan(
    rules: InstrumentRules, frame: pd.DataFrame, allocation: pd.DataFrame, units: tuple[Unit, ...], id_key: str
) -> dict[str, Any]:
    """The plan as it is sealed: strata, sizes and every rule that decides who can be drawn.

    units: the rated units at the draw. id_key: fingerprint of the key behind the public ids. DesignError
    `draw.no_conductor` when a unit of the frame is in no ranked group and several conductors could take its cases.
    """
    strangers = sorted(set(frame["unit_id"]) - {unit.unit_id for unit in units})
    if strangers and len(rules.conductors) > 1 and not rules.quotas:
        conductors = ", ".join(conductor.conductor_id for conductor in rules.conductors)
        raise DesignError("draw.no_conductor", where="round.toml", got=strangers[0], expected=conductors)
    return plan_of(
        rules.plan.stratum_parts,
        [StagePlan("srs", allocation)],
        target=rules.plan.target,
        method=rules.plan.method,
        window_start=rules.fieldwork.window_start,
        window_end=rules.fieldwork.window_end,
        public_value=rules.draw.public_value.model_dump(),
        id_key=id_key,
        **sealed_raters(frame, rules, units),
    )


def fingerprint(key: bytes) -> str:
    """What a plan says of the key behind its public ids."""
    return key.hex()[:32]


def make_draw(given: Given) -> StepResult:
    """Manifest, public frame, drawn list, cases and, where a case rates many units, pairs; beside them the cases as the
    ledger keeps them. Raises what `make_manifest` and `rater_sample` raise, DesignError `verify.pairs_hash`."""
    frame, rules = given.table("frame/frame"), given.rules
    public = frame_csv(frame)
    id_key = fingerprint(given.key("dossier.fingerprint"))
    plan = sealed_plan(rules, frame, given.table("plan/allocation"), given.units_at_draw(), id_key)
    records = [json.loads(record) for record in given.ledger("commits")["record"]]
    opened = [Opening(*row) for row in given.ledger("openings").itertuples(index=False, name=None)]
    manifest, drawn = make_manifest(plan, public, records, opened, given.setting("value"))
    proof: dict[str, pa.Table | bytes] = {
        "manifest.json": manifest.to_json().encode("utf-8"),
        "frame.csv": public,
        "draw.csv": draw_csv(drawn),
    }
    if rules.quotas:
        outputs, cases = _raters(given, frame, manifest)
        return StepResult({**proof, **outputs}, cases)
    sample = _numbered(drawn, frame, given)
    proof |= {"cases.csv": canonical_csv(sample, _CASE_COLUMNS, "case_id"), "sample": SAMPLE.arrow(sample)}
    if "rated_units" in frame.columns:
        proof["pairs"] = RATED_PAIRS.arrow(_pairs(sample, frame))
    return StepResult(proof, _cases(sample, frame))


def _raters(given: Given, frame: pd.DataFrame, manifest: Manifest) -> tuple[Outputs, pd.DataFrame]:
    """The raters' part of the draw. The pairs that the sealed plan gives must be those of the lists."""
    sampled = rater_sample(frame, given.rules, given.units_at_draw(), manifest.seed, is_training=given.is_training)
    published = pairs_csv(sampled.drawn.pairs)
    if sha256_hex(published) != manifest.pairs_hash:
        raise DesignError(
            "verify.pairs_hash", where="pairs.csv", got=sha256_hex(published), expected=manifest.pairs_hash
        )
    outputs: dict[str, pa.Table | bytes] = {
        "sample": SAMPLE.arrow(sampled.sample),
        "pairs": RATED_PAIRS.arrow(sampled.pairs),
        "rater_lists": RATER_LISTS.arrow(sampled.drawn.lists),
        "rater_burden": BURDEN.arrow(sampled.drawn.burden()),
        "cases.csv": canonical_csv(sampled.sample, _RATER_COLUMNS, "case_id"),
        "pairs.csv": published,
    }
    return outputs, sampled.cases


def _numbered(drawn: pd.DataFrame, frame: pd.DataFrame, given: Given) -> pd.DataFrame:
    """The Sample table: cases numbered within their unit in draw order, with the conductor who hands the forms out.

    A case of a unit outside the ranked groups belongs to the only conductor of the instrument.
    """
    rules = given.rules
    unit = frame.set_index("frame_unit_id")["unit_id"].reindex(drawn["frame_unit_id"]).reset_index(drop=True)
    groups = {unit.unit_id: unit.unit_group for unit in given.units_at_draw()}
    rows = drawn.assign(unit_id=unit).sort_values(["unit_id", "stratum_id", "draw_order"], ignore_index=True)
    number = rows.groupby("unit_id").cumcount() + 1
    case_id = make_case_ids(rules.case_code(is_training=given.is_training), rows["unit_id"], number)
    conductors = {group: rules.conductor_of(group) for group in set(groups.values())}
    only = rules.conductors[0].conductor_id
    conductor = rows["unit_id"].map(groups).map(conductors).fillna(only).astype("str")
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


DRAW = Step(
    "draw",
    "instrument",
    make_draw,
    Reads(
        outputs=("frame/frame", "plan/allocation"),
        pins=("units",),
        ledger=("commits", "openings"),
        rules=("unit_groups", "code", "plan", "fieldwork", "draw", "quotas", "conductors"),
        head=("units",),
        keys=("dossier.fingerprint",),
    ),
    settings=("value",),
)
