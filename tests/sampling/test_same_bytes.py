"""Row order, names, chunks and partitions change no byte of a table, and the tables are what is declared."""

from pathlib import Path

import pandas as pd
import pytest
from calibrating import by_hand
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy import sparse

from errors import DataError, DesignError
from sampling.design import CalibrationStep, Design, parquet_designs
from sampling.estimation import mean, mean_table, share, share_table, total, total_table
from sampling.sums import totals
from sampling.tables import ESTIMATES

pytestmark = pytest.mark.full

FOLDER = Path(__file__).parents[1] / "reference" / "designs"
ROWS = pd.read_csv(FOLDER / "two_stage.csv")
OK, PPS = ROWS[ROWS["stratum"] != 4].reset_index(drop=True), ROWS[ROWS["stratum"] <= 2].reset_index(drop=True)
TWO = {"stratum": "stratum", "psu": ["psu", "household"], "pop_size": ["n_psu_pop", "n_hh_pop"]}


def assert_same_bytes(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left, right, check_exact=True)
    for name in left.columns:
        if left[name].dtype.kind == "f":
            assert left[name].to_numpy().tobytes() == right[name].to_numpy().tobytes()


def everything(design: Design | list[Design]) -> list[pd.DataFrame]:
    sums = totals(design, ["top", "y", "x", "half"], "domain")
    return [mean_table(sums), total_table(sums), share_table(totals(design, ["top"], "domain"))]


def with_gaps(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(half=data["top"].where(data["y"] > 2.0))


@pytest.mark.parametrize("kind", ["two stages", "rows", "pps", "calibrated"])
@settings(max_examples=12, phases=[Phase.generate])
@given(st.randoms(use_true_random=False), st.integers(2, 5))
def test_row_order_names_and_chunks_change_no_byte(kind: str, random: object, chunks: int) -> None:
    data = with_gaps(PPS if kind == "pps" else OK)
    order = list(range(len(data)))
    random.shuffle(order)
    columns: dict[str, object] = {"weight": "w", **TWO}
    steps: tuple[CalibrationStep, ...] = ()
    if kind == "rows":
        columns = {"weight": "w", "stratum": "stratum"}
    if kind == "pps":
        columns = {**columns, "pop_size": None, "inclusion_prob": ["pi", "pi2"]}
    if kind == "calibrated":
        x = sparse.csr_matrix(pd.get_dummies(data["household"]).to_numpy(dtype=float))
        data = data.assign(row=range(len(data)))
        steps = (by_hand("households", x, data["w"].to_numpy() * 0.9, data["w"].to_numpy(), data["row"]),)
        columns = {**columns, "id": "row"}

    def design(rows: list[int], names: dict[str, object] = columns, table: pd.DataFrame = data) -> Design:
        part = table.iloc[rows].reset_index(drop=True)
        own = tuple(
            by_hand(one.name, one.x[rows], one.weight_before[rows], one.weight_after[rows], part["row"])
            for one in steps
        )
        return Design(part, **names, adjustments=own)

    expected = everything(design(list(range(len(data)))))
    parts = [order[start::chunks] for start in range(chunks)]
    names = random.sample(range(10_000), 400)
    renamed = data.assign(
        stratum=data["stratum"].map(lambda one: f"s{names[one]}"),
        psu=data["psu"].map(lambda one: f"p{names[one % 400]}"),
        household=data["household"].map(lambda one: names[one]),
    )
    variants = [design(order), [design(one) for one in parts], design(order, table=renamed)]
    for variant in variants[: 2 if kind == "calibrated" else 3]:
        for left, right in zip(expected, everything(variant), strict=True):
            assert_same_bytes(left, right)


def test_tables_are_what_the_declared_table_makes_of_them() -> None:
    data = OK.assign(unit=(OK["psu"] % 11).astype(int), b=OK["top"].where(OK["psu"] != 301))
    for statistic in (share, mean, total):
        table = statistic(Design(data, "w", "stratum", "psu", "n_psu_pop"), ["top", "b"], "unit")
        assert_same_bytes(table, ESTIMATES.check(table))
        assert table.dtypes.tolist() == ESTIMATES.check(table).dtypes.tolist()
    twice = pd.DataFrame({"y": [1.0, 0.0], "w": 1.0, "d": ["x | y", "x"], "e": ["z", "y | z"]})
    with pytest.raises(DataError) as caught:
        mean(Design(twice, "w"), ["y"], ["d", "e"])
    assert caught.value.rule == "table.key"


def test_partitions_of_parquet_are_the_whole(tmp_path: Path) -> None:
    data = with_gaps(OK)
    places = []
    for number, (_, part) in enumerate(data.groupby("domain")):
        places.append(tmp_path / f"phần {number}.parquet")
        part.to_parquet(places[-1])
    made = totals(
        parquet_designs(places, ["top", "y", "half", "domain"], rows=7, weight="w", **TWO),
        ["top", "y", "half"],
        "domain",
    )
    whole = totals(Design(data, "w", **TWO), ["top", "y", "half"], "domain")
    assert_same_bytes(mean_table(made), mean_table(whole))
    plain = totals(parquet_designs(places, ["y"], rows=7, weight="w", **TWO, fpc="none"), ["y"])
    assert_same_bytes(mean_table(plain), mean_table(totals(Design(data, "w", **TWO, fpc="none"), ["y"])))
    with pytest.raises(DesignError) as caught:
        totals([Design(data, "w", **TWO), Design(data, "w")], ["y"])
    assert caught.value.rule == "totals.parts"
    with pytest.raises(DesignError) as caught:
        totals(iter([]), ["y"])
    assert caught.value.rule == "totals.parts"
