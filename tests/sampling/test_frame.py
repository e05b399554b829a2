"""The canonical frame: what is refused, and that order of rows and columns changes no byte."""

import pandas as pd
import pytest

from errors import FrameError
from sampling.frame import canonical_csv, check_frame, frame_hash


def small_frame(rows: int = 60, units: int = 3) -> pd.DataFrame:
    unit = [f"U{i % units}" for i in range(rows)]
    frame = pd.DataFrame({"frame_unit_id": [f"hồ sơ-{i:03d}" for i in range(rows)], "unit_id": unit})
    return frame.assign(
        unit_id_at_event=unit,
        psu_id=[f"p{i}" for i in range(rows)],
        person_key=[f"p{i}" for i in range(rows)],
        event_date="2026-01-05",
        size=1,
        has_contact=True,
        result_status=["done", 'a "quote", comma'] * (rows // 2),
    )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda f: f.assign(frame_unit_id=["x", *f["frame_unit_id"][1:-1], "x"]), "frame.duplicate_id"),
        (lambda f: f.assign(frame_unit_id=["e\u0301", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(frame_unit_id=[" a", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(frame_unit_id=["a\tb", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(frame_unit_id=["", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(unit_id=["a\x00b", *f["unit_id"][1:]]), "frame.control_character"),
        (lambda f: f.iloc[:0], "frame.empty"),
    ],
)
def test_a_frame_that_cannot_be_drawn_from_is_refused(change, rule: str) -> None:
    with pytest.raises(FrameError) as caught:
        check_frame(change(small_frame()))
    assert caught.value.rule == rule


def test_canonical_csv_is_minimal_rfc4180_by_id_bytes() -> None:
    frame = pd.DataFrame({"id": ["Đ", "b", "a"], "x": ["1,2", 'say "hi"', "z"], "f": [True, False, True]})
    assert canonical_csv(frame, ["id", "x", "f"], "id") == 'id,x,f\na,z,1\nb,"say ""hi""",0\nĐ,"1,2",1\n'.encode()


def test_frame_hash_does_not_depend_on_order_of_rows_or_columns() -> None:
    frame = check_frame(small_frame())
    assert frame_hash(frame) == frame_hash(frame.sample(frac=1, random_state=1)[list(frame.columns[::-1])])
