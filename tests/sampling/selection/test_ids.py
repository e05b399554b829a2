"""The id rules on whole arrays say the same as one id at a time in plain Python."""

import re
import unicodedata

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sampling.frame import bad_ids, check_ids

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
BLANKS = [chr(one) for one in range(0x110000) if chr(one).isspace()]


def is_bad(one: str | None) -> bool:
    if not one:
        return True
    return one != one.strip() or CONTROL.search(one) is not None or not unicodedata.is_normalized("NFC", one)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ids = st.lists(st.one_of(st.none(), texts, st.text("abc ", max_size=3), st.text("aô\u0302\u00a0\u3000", max_size=3)))


@settings(max_examples=300)
@given(values=ids, start=st.integers(0, 3))
@example(values=["a", "b ", "c"], start=0)
@example(values=["a", "", "c"], start=0)
def test_any_text(values: list[str | None], start: int) -> None:
    found = bad_ids(pa.array(values, type=pa.large_string()).slice(start))
    assert found.tolist() == [place for place, one in enumerate(values[start:]) if is_bad(one)]


def test_every_blank_and_control_character_inside_and_outside() -> None:
    strange = [*BLANKS, *map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\ufeff"]
    values = [text for one in strange for text in (f"{one}a", f"a{one}", f"a{one}b", f"{one}ê", f"ê{one}", f"ê{one}ê")]
    found = bad_ids(pa.array(values, type=pa.large_string()))
    assert found.tolist() == np.flatnonzero([is_bad(one) for one in values]).tolist()
    assert [one for one in strange if not is_bad(f"a{one}b")] == [
        one for one in BLANKS if not CONTROL.match(one) and unicodedata.is_normalized("NFC", one)
    ]


def test_sound_vietnamese_ids_pass_as_object_or_text_column() -> None:
    values = ["Đặng", "hồ sơ 12", "Ủy ban", "a b"]
    check_ids(pd.Series(values, dtype=object))
    check_ids(pd.Series(values, dtype="str"))
