"""Case ids find typing slips; pseudonyms need the key."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DataError
from sipas.caseid import (
    canonical_case_ids,
    check_case_id,
    is_training_id,
    keyed_id,
    make_case_ids,
    training_code,
)

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
KEY = bytes(range(32))


def ids(n: int = 1, round_code: str = "GD26", unit: str = "X07", first: int = 42) -> pd.Series:
    return make_case_ids(round_code, pd.Series([unit] * n), pd.Series(range(first, first + n)))


def by_hand(body: str) -> str:
    """The formula of the module, one character at a time with plain integers."""
    value = 1
    for character in body:
        value = (value * 37 + ALPHABET.index(character)) % 1021
    check = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return f"{body}-{check[value // 32]}{check[value % 32]}"


def test_ids_agree_with_the_formula_by_hand():
    made = make_case_ids("GD26", pd.Series(["X07", "S01", "A-S12"]), pd.Series([42, 1, 12345]))
    assert list(made) == [by_hand("GD26-X07-0042"), by_hand("GD26-S01-0001"), by_hand("GD26-A-S12-12345")]
    assert check_case_id(made).all()


def test_every_single_wrong_character_and_every_swap_is_found():
    whole = ids().iloc[0]
    slips = {whole[:i] + letter + whole[i + 1 :] for i in range(len(whole)) for letter in ALPHABET}
    slips |= {whole[:i] + whole[i + 1] + whole[i] + whole[i + 2 :] for i in range(len(whole) - 1)}
    slips |= {whole[:i] + whole[i + 1 :] for i in range(len(whole))}
    slips.discard(whole)
    assert len(slips) > 500
    assert not check_case_id(pd.Series(sorted(slips))).any()


@given(
    unit=st.from_regex(r"[0-9A-Z]{1,8}", fullmatch=True),
    order=st.integers(1, 99999),
    places=st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_any_two_characters_swapped_are_found(unit, order, places):
    whole = ids(unit=unit, first=order).iloc[0]
    first, second = (place % len(whole) for place in places)
    letters = list(whole)
    letters[first], letters[second] = letters[second], letters[first]
    swapped = "".join(letters)
    inside = max(first, second) < len(whole) - 3 or min(first, second) >= len(whole) - 2
    if swapped != whole and inside:
        assert not check_case_id(pd.Series([swapped])).iloc[0]


def test_a_guess_rarely_fits():
    guesses = pd.Series([f"GD26-X07-{n:04d}-{a}{b}" for n in range(1, 40) for a in "0A" for b in "0123456789ABCDEF"])
    assert check_case_id(guesses).sum() <= 8


def test_unreadable_values_are_false():
    values = pd.Series([None, "", "0912345678", "gd26-x07-0042-k3", "GD26-X07-0042", "Đ" * 20, "A-" * 5000])
    assert not check_case_id(values).any()
    assert check_case_id(pd.Series([], dtype="str")).empty


def test_typed_ids_become_canonical():
    whole = ids().iloc[0]
    typed = pd.Series([f"  {whole.lower()} ", whole.replace("-", "–"), None])
    assert list(canonical_case_ids(typed).iloc[:2]) == [whole, whole]
    assert canonical_case_ids(typed).isna().iloc[2]


def test_index_of_units_is_kept_and_many_lengths_mix():
    made = make_case_ids("GD26", pd.Series(["X1", "X0002"], index=[7, 3]), pd.Series([5, 6], index=[7, 3]))
    assert list(made.index) == [7, 3]
    assert list(made) == [by_hand("GD26-X1-0005"), by_hand("GD26-X0002-0006")]


@pytest.mark.parametrize("unit", ["x07", "Đ01", "X 07", "", "-X07", "X" * 60])
def test_codes_that_cannot_be_read_out_are_refused(unit):
    with pytest.raises(DataError) as caught:
        ids(unit=unit)
    assert caught.value.rule == "caseid.code"


@pytest.mark.parametrize("order", [0, -1, 1.5, None, 1_000_000_000])
def test_order_must_be_a_whole_number(order):
    with pytest.raises(DataError) as caught:
        make_case_ids("GD26", pd.Series(["X07"]), pd.Series([order]))
    assert caught.value.rule == "caseid.order_no"


@pytest.mark.parametrize("length", [16, 20, 51])
def test_keyed_id_is_hmac_in_base32(length):
    expected = base64.b32encode(hmac.new(KEY, b"person\x00" + "Đỗ An".encode(), hashlib.sha256).digest())
    made = keyed_id(pd.Series(["Đỗ An"]), KEY, "person", length)
    assert made.iloc[0] == expected.decode().lower()[:length]


def test_keyed_id_separates_purposes_and_keys_and_joins_nfd():
    values = pd.Series(["Đỗ An", "Đo\u0302\u0303 An", "0912345678"])
    made = keyed_id(values, KEY, "person")
    assert made.iloc[0] == made.iloc[1]
    assert made.nunique() == 2
    assert not made.isin(keyed_id(values, KEY, "dossier")).any()
    assert not made.isin(keyed_id(values, KEY[::-1], "person")).any()


def test_missing_and_blank_are_nobody():
    made = keyed_id(pd.Series([None, "", "  ", "a"], index=[9, 8, 7, 6], name="person_key"), KEY, "person")
    assert made.isna().tolist() == [True, False, False, False]
    assert made.iloc[1:3].tolist() == ["", ""]
    assert (made.name, list(made.index)) == ("person_key", [9, 8, 7, 6])
    assert keyed_id(pd.Series([], dtype="str"), KEY, "person").empty


def test_short_keys_and_short_ids_are_refused():
    with pytest.raises(ValueError, match=r"16\.\.51"):
        keyed_id(pd.Series(["a"]), KEY, "person", 8)
    with pytest.raises(ValueError, match="16 bytes"):
        keyed_id(pd.Series(["a"]), b"short", "person")


@given(code=st.from_regex(r"[A-Z][A-Z0-9]{1,7}", fullmatch=True), order=st.integers(1, 9999))
def test_a_training_id_is_told_apart_and_never_becomes_a_real_one(code, order):
    """Neither by losing its leading 0 nor by a real id gaining one."""
    real, practice = ids(round_code=code, first=order), ids(round_code=training_code(code), first=order)
    assert check_case_id(practice).all()
    assert is_training_id(practice).all()
    assert not is_training_id(real).any()
    assert not check_case_id(practice.str[1:]).any()
    assert not check_case_id("0" + real).any()
