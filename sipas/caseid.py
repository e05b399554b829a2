"""Case ids that betray a typing slip, and pseudonyms that need a key.

A case id is ROUND-UNIT-ORDER-CC, for example "GD26-X07-0042-K3". The check value of the part before the last dash is

    c = (((1 w + v_1) w + v_2) w + ... + v_n) mod p,  p = 1021 (prime), w = 37,

with v = 0..9 for digits, 10..35 for A..Z and 36 for the dash; it is written as two characters of base 32 without
I, L, O, U. Because p is prime and larger than any difference of values, every single wrong character and every swap
of two neighbours (indeed of any two) is found; the idea is that of the pure systems of ISO 7064.
"""

from __future__ import annotations

import hmac
import unicodedata
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from errors import DataError

_PRIME: Final = 1021
_WEIGHT: Final = 37
_CHECK: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-")}
_CODE: Final = r"[0-9A-Z]+(?:-[0-9A-Z]+)*"
_CASE_ID: Final = rf"{_CODE}-{_CODE}-[0-9]{{4,9}}-[{_CHECK}]{{2}}"
_MAX_LENGTH: Final = 64
TRAINING_MARK: Final = "0"
_BITS: Final = np.array([16, 8, 4, 2, 1], dtype=np.uint8)
_BLOCK: Final = 1 << 18
_LOOKUP: Final = np.zeros(128, dtype=np.int64)
for _character, _value in _VALUES.items():
    _LOOKUP[ord(_character)] = _value


def make_case_ids(round_code: str, unit_codes: pd.Series, order_no: pd.Series) -> pd.Series:
    """Case ids of drawn cases: `order_no` (from 1 within a unit) is written with at least four digits.

    Codes hold only 0-9, A-Z and inner dashes, so that an id can be read out over the phone. Result: text, index of
    `unit_codes`. Raises DataError `caseid.code` (a round or unit code with other characters, or an id of more than
    64 characters) and `caseid.order_no` (not a whole number from 1 to 999,999,999).
    """
    units = unit_codes.astype("str")
    numbers = pd.to_numeric(order_no, errors="coerce").to_numpy(dtype="float64")
    wrong = ~((numbers >= 1) & (numbers <= 999_999_999) & (numbers == np.floor(numbers)))
    if wrong.any():
        got = order_no.iloc[int(wrong.argmax())]
        raise DataError("caseid.order_no", where="order_no", got=got, expected="1..999999999")
    orders = pd.Series(numbers.astype(np.int64), index=units.index).astype("str").str.zfill(4)
    bodies = round_code + "-" + units + "-" + orders
    bad = ~(bodies.str.fullmatch(rf"{_CODE}-{_CODE}-[0-9]+").fillna(False) & (bodies.str.len() <= _MAX_LENGTH - 3))
    if bad.any():
        raise DataError(
            "caseid.code", where="unit_id", got=f"{round_code} / {units[bad].iloc[0]}", expected="0-9 A-Z -"
        )
    checks = _check_values(bodies)
    alphabet = np.array(list(_CHECK))
    pairs = np.char.add(alphabet[checks // 32], alphabet[checks % 32])
    return (bodies + "-" + pd.Series(pairs, index=bodies.index, dtype="str")).rename("case_id")


def training_code(round_code: str) -> str:
    """Round code on the forms of a training round: with a leading 0, which no real round code has.

    An id that lost its 0 fails its check characters: both ways differ by w^n (w - 1) mod p, never 0.
    """
    return TRAINING_MARK + round_code


def is_training_id(case_ids: pd.Series) -> pd.Series:
    """True for ids of training rounds (in canonical form); their forms are never counted."""
    return case_ids.astype("str").str.startswith(TRAINING_MARK)


def canonical_case_ids(values: pd.Series) -> pd.Series:
    """Case ids as people type them in canonical form: outer blanks off, upper case, any dash a plain dash."""
    text = values.astype("str").str.strip().str.upper()
    return text.str.replace("[\u2010-\u2015\u2212]", "-", regex=True)


def check_case_id(values: pd.Series) -> pd.Series:
    """True where the text is a case id in canonical form and its check characters fit. Null is False."""
    text = values.astype("str")
    shaped = (text.str.len() <= _MAX_LENGTH) & text.str.fullmatch(_CASE_ID).fillna(False).astype(bool)
    result = pd.Series(False, index=values.index)
    ids = text[shaped]
    if len(ids):
        given = ids.str[-2].map(_CHECK.index) * 32 + ids.str[-1].map(_CHECK.index)
        result[shaped] = given.to_numpy() == _check_values(ids.str[:-3])
    return result


def keyed_id(values: pd.Series, key: bytes, purpose: str, length: int = 20) -> pd.Series:
    """Pseudonyms: the first `length` (16..51) base32 characters of HMAC-SHA-256(key, purpose, 0, NFC(value)).

    Five bits a character: the default keeps 100. Without the key nobody can test a guessed phone number. Another
    `purpose` gives unrelated pseudonyms. Null stays null and blank text becomes "", never a person of their own.
    """
    if not 16 <= length <= 51:
        raise ValueError(f"length {length}: 16..51 characters")
    if len(key) < 16:
        raise ValueError("key: at least 16 bytes")
    codes, distinct = pd.factorize(values.astype("str"))
    blocks = [
        _tokens(distinct[start : start + _BLOCK], key, purpose.encode() + b"\0", length)
        for start in range(0, len(distinct), _BLOCK)
    ]
    tokens = np.concatenate([*blocks, np.array([""])])
    return pd.Series(tokens[codes], index=values.index, dtype="str", name=values.name).where(codes >= 0)


def _tokens(distinct: pd.Index, key: bytes, prefix: bytes, length: int) -> npt.NDArray[np.str_]:
    digests = b"".join(
        hmac.digest(key, prefix + unicodedata.normalize("NFC", value).encode(), "sha256") for value in distinct
    )
    tokens = _base32(np.frombuffer(digests, dtype=np.uint8).reshape(-1, 32), length)
    tokens[[not value.strip() for value in distinct]] = ""
    return tokens


def _base32(digests: npt.NDArray[np.uint8], length: int) -> npt.NDArray[np.str_]:
    """First `length` characters of each row of bytes in lower-case base32 (RFC 4648), shape (n,)."""
    n_bytes = -(-5 * length // 8)
    bits = np.unpackbits(digests[:, :n_bytes], axis=1)[:, : 5 * length].reshape(len(digests), length, 5)
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype=np.uint8)[bits @ _BITS]
    words: npt.NDArray[np.str_] = letters.astype(np.uint32).view(f"U{length}").reshape(-1)
    return words


def _check_values(bodies: pd.Series) -> npt.NDArray[np.int64]:
    """Check value of each text, shape (n,): one step of Horner's rule for every position, all rows at once."""
    texts = bodies.to_numpy(dtype="U")
    if not len(texts):
        return np.zeros(0, dtype=np.int64)
    letters = texts.view(np.uint32).reshape(len(texts), -1)
    lengths = np.char.str_len(texts)
    checks = np.ones(len(texts), dtype=np.int64)
    for position in range(letters.shape[1]):
        step = (checks * _WEIGHT + _LOOKUP[letters[:, position]]) % _PRIME
        checks = np.where(position < lengths, step, checks)
    return checks
