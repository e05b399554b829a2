"""Seeds and digests: the only source of chance in a draw (docs/methods.md, section 3)."""

from __future__ import annotations

import re

import pandas as pd

from errors import DesignError
from sampling.frame import check_ids
from sampling.numbers import sha256_hex


def check_seed(seed: str) -> None:
    """A seed is 64 characters 0-9a-f, hashed as text. Raises DesignError `draw.seed`."""
    if not isinstance(seed, str) or not re.fullmatch(r"[0-9a-f]{64}", seed):
        raise DesignError("draw.seed", got=f"{len(str(seed))} characters", expected="64 characters 0-9a-f")


def check_start(start: str) -> None:
    """The start C_r of a coordinated round is 16 characters 0-9a-f. Raises DesignError `draw.start`."""
    if not re.fullmatch(r"[0-9a-f]{16}", start):
        raise DesignError("draw.start", got=f"{len(start)} characters", expected="16 characters 0-9a-f")


def derived_seed(seed: str, purpose: str) -> str:
    """Seed for another use: hex SHA-256(utf8(seed + "|" + purpose)). Raises DesignError `draw.seed`."""
    check_seed(seed)
    return sha256_hex(f"{seed}|{purpose}")


def word_of(digest: str) -> int:
    """U: the first 16 hex digits of a digest as an unsigned integer, 0 <= U < 2^64."""
    return int(digest[:16], 16)


def digests_of(ids: list[str], seed: str) -> list[str]:
    """hex SHA-256(utf8(seed + "|" + id)) of every id, in the order given; nothing is checked."""
    prefix = seed + "|"
    return [sha256_hex(prefix + unit_id) for unit_id in ids]


def permanent_random_numbers(ids: pd.Series, seed: str) -> pd.Series:
    """Digest of every id: hex SHA-256(utf8(seed + "|" + id)); ascending order of the hex text is the draw order.

    ids: NFC text, unique. Returns text of 64 characters, same index. Raises FrameError `frame.bad_id`,
    `frame.duplicate_id`, DesignError `draw.seed`.

    >>> import pandas as pd
    >>> permanent_random_numbers(pd.Series(["dossier-1"]), seed="5eed" * 16).str[:8].tolist()
    ['12cd4f36']
    """
    check_seed(seed)
    check_ids(ids)
    return pd.Series(digests_of(ids.astype("str").tolist(), seed), index=ids.index, dtype="str", name="prn")
