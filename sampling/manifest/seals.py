"""Promises and what follows from them: commitments, the hash of a commit record, the seed; which patterns are safe."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from errors import DesignError
from sampling.manifest.shapes import FORMAT
from sampling.numbers import canonical_json, sha256_hex

_MOST_REPEATS = 4
_LONGEST = 100
_REPEATS = re.compile(r"[*+?]|\{[0-9]*,")


@dataclass(frozen=True)
class Party:
    """One of the two who seal the frame with a secret number (nonce) and open it before the public value exists."""

    name: str
    nonce: str

    @property
    def commitment(self) -> str:
        """SHA-256("party|nonce"), published with the commit."""
        return sha256_hex(f"{self.name}|{self.nonce}")


@dataclass(frozen=True)
class Opening:
    """A secret number laid open, and when (ISO time with offset)."""

    name: str
    nonce: str
    opened_at: str


def commit_hash(record: Mapping[str, Any]) -> str:
    """SHA-256 of the commit record as canonical JSON: what is printed, and what the next commit names."""
    return sha256_hex(canonical_json(record))


def seed_of(round_id: str, frame_hash: str, plan_hash: str, nonces: Sequence[str], public_value: str) -> str:
    """hex SHA-256 of the lines prn1, round_id, frame_hash, plan_hash, nonce_1, nonce_2, public_value, each ended by LF.

    Raises DesignError `draw.nonces` unless two nonces are opened, `draw.public_value` when it is empty,
    `draw.line_break`.
    """
    if len(nonces) != 2 or not all(nonces):
        raise DesignError("draw.nonces", got=len([one for one in nonces if one]), expected=2)
    if not public_value:
        raise DesignError(
            "draw.public_value",
        )
    return _hash_of_lines([FORMAT, round_id, frame_hash, plan_hash, *nonces, public_value])


def programme_seed(programme: str) -> str:
    """Seed of mode `coordinated`: hex SHA-256 of the lines prn1, coordinated, programme. Known to all."""
    return _hash_of_lines([FORMAT, "coordinated", programme])


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: NFC, case and blanks do not tell people apart."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def fits(value: str, pattern: str) -> bool:
    """Whether the whole value matches the pattern: a regular expression without groups and with few repeats.

    A pattern comes with the manifest, so it could be built to keep a verifier busy for years: no parentheses, at most
    four of `* + ? {m,n}`, at most 100 characters each. A pattern beyond that matches nothing.
    """
    if not is_safe(pattern) or len(value) > _LONGEST:
        return False
    return re.fullmatch(pattern, value, re.ASCII) is not None


def is_safe(pattern: str) -> bool:
    """Whether a pattern is a regular expression that is checked in no time."""
    if len(pattern) > _LONGEST or "(" in pattern or len(_REPEATS.findall(pattern)) > _MOST_REPEATS:
        return False
    try:
        re.compile(pattern, re.ASCII)
    except (re.error, OverflowError):
        return False
    return True


def _hash_of_lines(lines: Sequence[str]) -> str:
    if any("\n" in line for line in lines):
        raise DesignError("draw.line_break")
    return sha256_hex("".join(line + "\n" for line in lines))
