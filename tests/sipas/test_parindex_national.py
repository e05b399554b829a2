"""All communes of the country in one group: scored exactly, ranked and classed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from national import COMMUNES, communes, entered, large_rulebook, surveyed

from sipas.parindex import par_index, unit_sheet
from sipas.ranking import rank


@pytest.mark.slow
def test_all_communes_of_the_country() -> None:
    random = np.random.Generator(np.random.PCG64(3321))
    rulebook = large_rulebook()
    units = communes(rulebook)
    ids = [one.unit_id for one in units]
    sheet = unit_sheet(rulebook, units, entered(rulebook, ids, random), surveyed(ids, random))
    result = rank(par_index(sheet, rulebook), rulebook)

    assert len(sheet) == COMMUNES * 120
    leaves = sheet[sheet["criterion_code"].str.contains(".", regex=False)]
    counted = leaves[leaves["points"].notna()].groupby("unit_id")
    points = {unit: sum(map(Fraction, column), Fraction(0)) for unit, column in counted["points"]}
    maxima = {unit: sum(map(Fraction, column), Fraction(0)) for unit, column in counted["max_points"]}
    index = {unit: points[unit] / maxima[unit] for unit in ids}
    order = sorted(index.values(), reverse=True)
    by_unit = result.set_index("unit_id")
    assert len(set(maxima.values())) > 1
    for unit in ids[::97]:
        assert by_unit.loc[unit, "rank"] == order.index(index[unit]) + 1
