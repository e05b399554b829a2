"""All communes of the country in one group: a rulebook with every rule form, entries, survey values."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from sipas.appraisal import CRITERION_INPUTS
from sipas.rulebook import Band, Criterion, Level, Link, Rulebook, check_rulebook, load_rulebook
from sipas.units import Unit

EXAMPLE = Path(__file__).parents[2] / "data" / "rulebooks" / "made-up-gia-dinh" / "2026-xa"
COMMUNES = 3_321
LEVELS = tuple(
    Level(level_code=code, name_vi=code, points=Decimal(p)) for code, p in (("A", 1), ("B", "0.5"), ("C", 0))
)
BANDS = (
    Band(start=Decimal(90), points=Decimal(1)),
    Band(start=Decimal(70), start_inclusive=True, end=Decimal(90), end_inclusive=True, points=Decimal("0.5")),
    Band(end=Decimal(70), points=Decimal(0)),
)
FORMS: tuple[dict[str, object], ...] = (
    {"rule": "choice", "levels": LEVELS},
    {"rule": "band", "bands": BANDS},
    {"rule": "ratio"},
    {"rule": "linear"},
    {"rule": "linear_between", "low": "60", "high": "95"},
    {"rule": "index_link", "link": Link(index_id="sipas", node_code="SIPAS", transform="linear")},
)


def criterion(code: str, parent: str, points: str, **parts: object) -> Criterion:
    level = ("area", "criterion")[bool(parent)]
    source = {"sum": "", "index_link": "index"}.get(str(parts["rule"]), "appraisal")
    texts = {"owner": "Sở Nội vụ", "article": "1", "name_vi": f"Tiêu chí {code}", "score_source": source}
    return Criterion.model_validate(
        {"code": code, "parent": parent, "level": level, "max_points": points, **texts, **parts}
    )


def large_rulebook() -> Rulebook:
    """120 criteria: 20 areas of five leaves of one point, every rule form in turn; out of 100."""
    criteria = []
    for area in range(1, 21):
        criteria.append(criterion(str(area), "", "5", rule="sum"))
        criteria += [
            criterion(f"{area}.{leaf}", str(area), "1", **FORMS[(5 * area + leaf) % len(FORMS)]) for leaf in range(1, 6)
        ]
    settings = {"rank_on": "index_unrounded", "bonus_cap": Decimal(0), "penalty_cap": Decimal(0), "cases": ()}
    rulebook = load_rulebook(EXAMPLE).model_copy(update={"criteria": tuple(criteria), **settings})
    assert (len(rulebook.criteria), check_rulebook(rulebook)) == (120, [])
    return rulebook


def entered(rulebook: Rulebook, ids: list[str], random: np.random.Generator) -> pd.DataFrame:
    """CRITERION_INPUTS of every unit and entered leaf; about one ratio in a hundred does not apply."""
    parts = []
    for leaf in rulebook.leaves():
        rows = pd.DataFrame({"unit_id": ids, "criterion_code": leaf.code, "appraisal_stage": "first"})
        if leaf.rule == "choice":
            rows["choice_code"] = random.choice(["A", "B", "C"], len(ids))
        elif leaf.rule == "ratio":
            rows["numerator"] = random.integers(0, 500, len(ids)).astype(str)
            rows["denominator"] = random.integers(1, 900, len(ids)).astype(str)
            left_out = random.uniform(size=len(ids)) < 0.01
            rows.loc[left_out, ["numerator", "denominator"]] = None
            rows.loc[left_out, "leaf_status"] = "not_applicable"
        elif leaf.link is None:
            rows["value"] = [f"{value:.2f}" for value in random.uniform(0, 100, len(ids))]
        else:
            continue
        parts.append(rows)
    inputs = pd.concat(parts, ignore_index=True)
    return CRITERION_INPUTS.check(inputs.reindex(columns=CRITERION_INPUTS.names()))


def surveyed(ids: list[str], random: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit_id": ids,
            "index_id": "sipas",
            "node_code": "SIPAS",
            "variant": "official",
            "value_pct": random.uniform(60, 99, len(ids)),
            "std_error": 1.0,
            "definition_id": "share_4_5/items/none/all",
        }
    )


def communes(rulebook: Rulebook) -> list[Unit]:
    return [
        Unit(unit_id=one, name_vi=f"Xã {one}", kind="xa", unit_group=rulebook.unit_group, valid_from="2025-07-01")
        for one in (f"X{number:04d}" for number in range(COMMUNES))
    ]
