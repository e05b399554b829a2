"""A made-up round as plain tables, of any size: a weighted survey, an unweighted one, an index from outside."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sipas.example.appraisals import appraisal_inputs
from sipas.indices import IndexDefinition, SurveyData, index_scores, load_index
from sipas.parindex import par_index, unit_sheet
from sipas.ranking import rank
from sipas.rulebook import load_rulebook
from sipas.trace import FormTables, InstrumentTables, TraceInputs
from sipas.units import Unit

DATA = Path(__file__).parents[2] / "data"
ROUND, YEAR, PROVINCE, SEED = "thu-2026", 2026, "tinh", 7
REASONS = ("returns.late", "returns.wrong_unit")


def made_up_round(n_units: int, forms_a_unit: int) -> TraceInputs:
    """Units X0001 ... of one rulebook, whose criterion 8.3 is linked to the second survey, the others to the first.

    The second unit has no user of services, so that its values of that variant are absent.
    """
    units = tuple(
        Unit(unit_id=f"X{number:04d}", name_vi=f"Xã số {number}", kind="xa", unit_group="xa", valid_from="2025-07-01")
        for number in range(1, n_units + 1)
    )
    named = ("sipas", "made-up-dai-bieu", "sipas-2022")
    sipas, delegates, outside = (load_index(DATA / "indices" / one) for one in named)
    first = _surveyed(sipas, units, forms_a_unit, "weighted")
    second = _surveyed(delegates, units, max(forms_a_unit // 2, 4), "plain")
    scores = first.scores[first.scores["variant"] == "official"].assign(index_id=outside.id)
    scores = scores[scores["node_code"].isin([node.node_code for node in outside.nodes])]
    third = InstrumentTables(outside, scores.reset_index(drop=True), {"index_scores": _sha("outside")}, None)
    book = load_rulebook(DATA / "rulebooks" / "made-up-gia-dinh" / "2026-xa")
    entries = appraisal_inputs(book, units, SEED)
    survey = pd.concat([first.scores, second.scores], ignore_index=True)
    sheet = unit_sheet(book, units, entries, survey)
    return TraceInputs(
        round_id=ROUND,
        year=YEAR,
        province_id=PROVINCE,
        units=units,
        rulebooks=(book,),
        unit_sheets=sheet,
        results=rank(par_index(sheet, book), book),
        entries={book.id: entries},
        pins={f"rulebook/{book.id}": _sha(book.id)},
        instruments=(first, second, third),
    )


def _surveyed(index: IndexDefinition, units: tuple[Unit, ...], forms_a_unit: int, weights: str) -> InstrumentTables:
    """One survey: everybody who was asked answered, but for a tenth that came late or named another unit."""
    rng = np.random.default_rng(SEED + len(index.nodes))
    asked = pd.DataFrame({"unit_id": np.repeat([unit.unit_id for unit in units], forms_a_unit)})
    order = [f"{number:03d}" for number in range(forms_a_unit)] * len(units)
    asked["case_id"] = index.id.upper() + "-" + asked["unit_id"] + "-" + pd.Series(order, dtype="str")
    is_valid = (np.arange(len(asked)) % 10) < 9
    cases = _cases(index, asked[is_valid].reset_index(drop=True), rng, weights)
    is_user = (rng.random(len(cases)) < 0.7) & (cases["rated_unit_id"] != "X0002").to_numpy()
    data = SurveyData(cases, is_user, (), "adjust", PROVINCE)
    reason = pd.Series(np.where(is_valid, "", np.resize(REASONS, len(asked))), dtype="str")
    outcome = pd.Series(np.where(is_valid, "valid", "rejected"), dtype="str")
    batch = pd.Series(np.resize(["B1", "B2", "B3"], len(asked)), dtype="str")
    forms = FormTables(
        data=data,
        outcomes=asked.assign(stratum_id=asked["unit_id"], outcome=outcome, reason=reason),
        batches=pd.DataFrame({"batch_id": ["B1", "B2", "B3"], "file_name": ["a.csv", "b.xlsx", "c.sav"]}).assign(
            sha256=[_sha(one) for one in "abc"]
        ),
        case_batches=asked[["case_id"]].assign(batch_id=batch),
        manifest=_manifest(units, forms_a_unit),
    )
    hashes = {name: _sha(index.id + name) for name in ("frame", "sample", "weighted_cases", "index_scores")}
    return InstrumentTables(index, index_scores(data, index, YEAR), hashes, forms)


def _cases(index: IndexDefinition, asked: pd.DataFrame, rng: np.random.Generator, weights: str) -> pd.DataFrame:
    """WeightedCases with item values; a twentieth of the answers is missing."""
    size = len(asked)
    final = rng.uniform(1, 9, size) if weights == "weighted" else np.ones(size)
    cases = pd.DataFrame(
        {
            "case_id": asked["case_id"],
            "rated_unit_id": asked["unit_id"],
            "stratum_id": asked["unit_id"],
            "psu_id": asked["case_id"],
            "pop_size": 5_000,
            "design_weight": final / 1.1,
            "eligibility_factor": 1.0,
            "nonresponse_factor": 1.1,
            "calibration_factor": 1.0,
            "final_weight": final,
            "response_class": asked["unit_id"],
        }
    )
    answers = (rng.random((size, len(index.item_codes()))) < 0.8).astype(float)
    answers[rng.random(answers.shape) < 0.05] = np.nan
    items = pd.DataFrame(answers, columns=list(index.item_codes()))
    return pd.concat([cases, items], axis=1).sort_values(["case_id", "rated_unit_id"], ignore_index=True)


def _manifest(units: tuple[Unit, ...], n: int) -> dict[str, Any]:
    allocation = [
        {"stratum_id": unit.unit_id, "pop_size": 5_000, "sample_size": n, "reserve_size": 0} for unit in units
    ]
    return {
        "seed": _sha("seed"),
        "frame_hash": _sha("frame"),
        "plan_hash": _sha("plan"),
        "public_value": {"value": "48207", "source": "xổ số (giả định)", "at": "2026-07-16T18:30:00+07:00"},
        "plan": {"stages": [{"allocation": allocation}]},
    }


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
