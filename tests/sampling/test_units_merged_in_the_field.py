"""Khánh Hòa 2023 (published: 24,670 forms, 24,270 after five polyclinics merged; 8,150 by one conductor, 16,120 by the
others): forms withdrawn from the end of the draw order lose no case and leave every probability known."""

import pandas as pd
import pytest

from sampling.allocation import allocate
from sampling.selection import after_release, draw

SEED = "5e" * 32
# Forms by block after the merger: the conductor's blocks as published, the clinics as what is left of 8,150; the split
# of the 16,120 over units and the population sizes are made up.
SNV = {"so": 1220, "trung-uong": 2660, "huyen": 1350, "dat-dai": 540, "benh-vien": 1660}
CLINICS = {f"phong-kham-{number}": 144 for number in range(1, 6)}  # 5 x 144 = 720 = 8,150 - 7,430
WITHDRAWN = 80  # a clinic: 5 x 80 = 400
OTHERS = {f"xa-{number}": 124 for number in range(1, 131)}  # 130 x 124 = 16,120


@pytest.fixture(scope="module")
def drawn() -> tuple[pd.DataFrame, pd.DataFrame]:
    issued = {**SNV, **{name: n + WITHDRAWN for name, n in CLINICS.items()}, **OTHERS}
    pop = {name: 3 * n + 7 for name, n in issued.items()}
    strata = pd.DataFrame({"stratum_id": list(pop), "pop_size": list(pop.values())})
    allocation = allocate(strata, sum(issued.values()), "fixed", fixed=issued)
    ids = [f"{name}/{number}" for name, n in pop.items() for number in range(n)]
    frame = pd.DataFrame({"frame_unit_id": ids, "psu_id": ids, "stratum_id": [one.split("/")[0] for one in ids]})
    return allocation, draw(frame, allocation, SEED)


def test_forms_before_and_after_the_merger(drawn) -> None:
    allocation, sample = drawn
    assert len(sample) == 24_670
    issued = dict(zip(allocation["stratum_id"], allocation["sample_size"], strict=True))
    issued |= {name: int(issued[name]) - WITHDRAWN for name in CLINICS}
    after = after_release(sample, allocation, issued)
    kept = after[after["design_weight"].notna()]
    assert len(kept) == 24_270
    by_conductor = kept["stratum_id"].isin([*SNV, *CLINICS]).value_counts()
    assert (by_conductor[True], by_conductor[False]) == (8_150, 16_120)
    assert len(after) == len(sample)  # a withdrawn case stays on the list
    sums = kept.groupby("stratum_id")["design_weight"].sum()
    assert (sums - allocation.set_index("stratum_id")["pop_size"][sums.index]).abs().max() < 1e-6
    planned = sample.set_index("frame_unit_id")["planned_inclusion_prob"]
    same = after.set_index("frame_unit_id")["planned_inclusion_prob"]
    assert (planned == same[planned.index]).all()


def test_the_merged_unit_is_a_domain_over_its_old_strata(drawn) -> None:
    allocation, sample = drawn
    own = sample[sample["stratum_id"].isin(CLINICS)]
    pop = allocation.set_index("stratum_id")["pop_size"][list(CLINICS)].sum()
    assert own["design_weight"].sum() == pytest.approx(pop, rel=1e-12)
    assert own["stratum_id"].nunique() == len(CLINICS)
