"""Published sample sizes (data/sampling) recomputed by the allocation."""

import csv
import re
from pathlib import Path

import pandas as pd
import pytest

from sampling.allocation import allocate
from sampling.size import yamane

DATA = Path(__file__).parents[1] / "data" / "sampling"


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(cell: str) -> int:
    """The number a cell begins with ("48 (solved if ...)")."""
    return int(re.match(r"\d+", cell)[0])


def planned(counts: dict[str, int], numbers: dict[str, int]) -> pd.DataFrame:
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    strata = pd.DataFrame({"stratum_id": [f"u{i:03d}" for i in range(len(kinds))], "pop_size": 20_000, "kind": kinds})
    table = allocate(
        strata, None, "fixed", fixed=dict(zip(strata["stratum_id"], strata["kind"].map(numbers), strict=True))
    )
    return table.assign(kind=strata["kind"])


def test_binh_duong_2018_fixed_numbers_per_kind_of_commune() -> None:
    rows = [
        row for row in rows_of("sipas_sample_sizes.csv") if row["unit_type"] in ("commune (xa)", "ward or township")
    ]
    counts = {row["unit_type"]: number(row["units"]) for row in rows}
    numbers = {row["unit_type"]: number(row["forms_per_unit"]) for row in rows}
    table = planned(counts, numbers)
    assert table.groupby("kind")["sample_size"].sum().to_dict() == {"commune (xa)": 7_200, "ward or township": 8_600}
    assert int(table["sample_size"].sum()) == number(rows[-1]["forms_total"]) == 15_800
    assert sum(counts.values()) == 91


def test_binh_duong_2018_districts_and_towns() -> None:
    rows = [
        row for row in rows_of("sipas_sample_sizes.csv") if row["unit_type"] in ("district (huyen)", "town or city")
    ]
    counts = {row["unit_type"]: int(row["units"]) for row in rows}
    table = planned(counts, {row["unit_type"]: int(row["forms_per_unit"]) for row in rows})
    assert int(table["sample_size"].sum()) == number(rows[-1]["forms_total"]) == 5_000


def test_papi_sizes_by_type_of_province_and_in_all() -> None:
    rows = rows_of("papi_sampling.csv")
    stages = ("districts", "communes_per_district", "villages_per_commune", "target_per_village")
    numbers = {}
    for row in rows:
        numbers[row["province_type"]] = 1
        for stage in stages:
            numbers[row["province_type"]] *= int(row[stage])
        assert numbers[row["province_type"]] == int(row["n_per_province_derived"])
    assert numbers == {"large": 576, "medium": 384, "small": 192}
    counts = {row["province_type"]: int(row["provinces"]) for row in rows}
    assert counts == {"large": 2, "medium": 4, "small": 57}
    assert int(planned(counts, numbers)["sample_size"].sum()) == 13_632


@pytest.mark.parametrize(("year", "who"), [("2022", "thành phố Hà Nội"), ("2024", "Bộ Nội vụ, toàn quốc")])
def test_forms_per_unit_times_units_give_the_printed_total(year: str, who: str) -> None:
    row = next(
        row
        for row in rows_of("sipas_sample_sizes.csv")
        if (row["year"], row["who"]) == (year, who) and row["forms_per_unit"]
    )
    table = planned({"unit": int(row["units"])}, {"unit": number(row["forms_per_unit"].lstrip("~"))})
    assert int(table["sample_size"].sum()) == pytest.approx(int(row["forms_total"]), rel=0.001)


def test_400_forms_are_the_limit_of_yamane_at_five_percent() -> None:
    row = next(row for row in rows_of("sipas_sample_sizes.csv") if row["who"] == "Bộ Nội vụ tại Kiên Giang")
    assert int(row["forms_per_unit"]) == yamane(10**9, 0.05)
