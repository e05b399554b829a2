"""Declared tables: what they refuse, canonical order and bytes, and keys that fit surveys to come."""

import io
from decimal import Decimal

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DataError, Fault, FaultsFound, shape_of
from sampling.tables import RATED_PAIRS, SAMPLING_FRAME, WEIGHTED_CASES, Column, Table

SMALL = Table(
    "Small",
    ("a",),
    (
        Column("a", "text"),
        Column("b", "decimal", nullable=True),
        Column("c", "int", nullable=True),
        Column("d", "text", nullable=True, choices=("x", "y")),
        Column("e", "bool"),
        Column("f", "float", nullable=True),
    ),
)


def small() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "a": ["2", "1", "10"],
            "b": [Decimal("1.5"), None, Decimal(2)],
            "c": [1, None, 3],
            "d": ["x", None, "y"],
            "e": [True, False, True],
            "f": [0.1, None, 2],
        }
    )


def test_rows_and_columns_come_back_in_declared_order_with_declared_types() -> None:
    checked = SMALL.check(small()[["f", "e", "d", "c", "b", "a"]])
    assert list(checked.columns) == list("abcdef")
    assert checked["a"].tolist() == ["1", "10", "2"]  # by text, as bytes are
    assert str(checked["c"].dtype) == "Int64"
    assert checked["b"].tolist()[2] == Decimal("1.5")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda f: f.drop(columns="e"), "table.columns"),
        (lambda f: f.assign(z=1), "table.columns"),
        (lambda f: f.assign(a=["1", "1", "2"]), "table.key"),
        (lambda f: f.assign(a=["1", None, "2"]), "table.null"),
        (lambda f: f.assign(a=[1, 2, 3]), "table.type"),
        (lambda f: f.assign(b=[1.5, 2.5, 3.5]), "table.type"),
        (lambda f: f.assign(c=[1.5, 2.0, 3.0]), "table.type"),
        (lambda f: f.assign(d=["x", "z", "y"]), "table.choice"),
        (lambda f: f.assign(e=["yes", "no", "no"]), "table.type"),
        (lambda f: f.assign(f=["0.1", "0.2", "0.3"]), "table.type"),
    ],
)
def test_every_breach_is_named(change, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        SMALL.check(change(small()))
    assert caught.value.rule == rule
    assert caught.value.where.startswith("Small")


@given(st.permutations(range(3)))
def test_row_order_never_changes_the_bytes(order: list[int]) -> None:
    def parquet(frame: pd.DataFrame) -> bytes:
        sink = io.BytesIO()
        pq.write_table(SMALL.arrow(frame), sink)
        return sink.getvalue()

    assert parquet(small().iloc[list(order)]) == parquet(small())


def test_a_table_survives_arrow_and_back() -> None:
    back = SMALL.check(SMALL.arrow(small()).to_pandas())
    assert back["b"].tolist()[0] is None or pd.isna(back["b"].tolist()[0])
    assert back["c"].tolist()[2] == 1
    assert SMALL.arrow(SMALL.empty()).num_rows == 0


def test_one_form_may_rate_many_units_and_every_pair_stands_once() -> None:
    """A delegate's form rates three units: three pairs of one case, weights and answers keyed by the pair."""
    pairs = pd.DataFrame(
        {
            "case_id": ["D1", "D1", "D1", "D2"],
            "rated_unit_id": ["X01", "X02", "X03", "X01"],
            "rater_group": "đại biểu HĐND",
            "pair_prob": 0.25,
        }
    )
    assert len(RATED_PAIRS.check(pairs)) == 4
    with pytest.raises(DataError) as caught:
        RATED_PAIRS.check(pd.concat([pairs, pairs.iloc[:1]]))
    assert (caught.value.rule, caught.value.got) == ("table.key", "D1 / X01")
    assert WEIGHTED_CASES.key == RATED_PAIRS.key == ("case_id", "rated_unit_id")


def test_frame_takes_stratum_parts_as_text_only() -> None:
    columns = {name: ["x"] for name in ("frame_unit_id", "unit_id", "unit_id_at_event", "psu_id", "person_key")}
    frame = pd.DataFrame({**columns, "event_date": ["2026-01-01"], "size": [1], "has_contact": [True], "part": ["a"]})
    assert "part" in SAMPLING_FRAME.check(frame)
    with pytest.raises(DataError):
        SAMPLING_FRAME.check(frame.assign(part=[1]))


def test_a_cell_is_shown_by_its_shape() -> None:
    assert shape_of("6") == "6"
    assert shape_of("0912345678") == "10 digits"
    assert shape_of("Nguyễn Văn A") == "12 characters"


def test_faults_are_sorted_and_placed() -> None:
    faults = [Fault("b.x", "b.csv", row=2), Fault("a.x", "a.csv", "Trang", 3, "cột")]
    error = FaultsFound("room.file", faults, where="a.csv")
    assert [one.rule for one in error.faults] == ["a.x", "b.x"]
    assert error.faults[0].where == "a.csv, Trang, row 3, cột"
    assert error.got == "2"
