"""The hash chain of the audit log: each entry carries the hash of the one before it.

hash = SHA-256(canonical JSON of [prev_hash, seq, at, actor, action, subject, body]), lower-case hex. A chain proves
order; that nothing was cut off at the end or written anew from the start is proved by a head printed elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from errors import Fault
from sampling.numbers import canonical_json

GENESIS: Final = "0" * 64
_PLACE: Final = "audit_log"
_HEAD: Final = re.compile(r"(?:([0-9]+)-)?([0-9a-f]{16,64})")


@dataclass(frozen=True)
class Entry:
    """One entry of the log. `body` is canonical JSON text, `at` UTC text, hashes are 64 hex characters."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    body: str
    prev_hash: str
    hash: str


def entry_hash(prev_hash: str, seq: int, at: str, actor: str, action: str, subject: str, body_json: str) -> str:
    """SHA-256 of one entry as lower-case hex; the parts are fenced by JSON, so none can flow into the next."""
    parts = canonical_json([prev_hash, seq, at, actor, action, subject, body_json])
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def head_text(entry: Entry | None) -> str:
    """What is printed on minutes and releases: number and first 16 characters, "42-9f86d081884c7d65"."""
    return f"{entry.seq}-{entry.hash[:16]}" if entry else ""


def dated_back(rows: Iterable[Entry]) -> list[Fault]:
    """`log.dated_back` for every entry that is dated before the one before it, by number; `got` and `expected` are the
    two times (UTC). A clock that was set back, or a time that was made up: the order of a log is that of its chain."""
    entries = sorted(rows, key=lambda entry: entry.seq)
    return [
        Fault("log.dated_back", _PLACE, row=entry.seq, got=entry.at, expected=before.at)
        for before, entry in pairwise(entries)
        if entry.at < before.at
    ]


def verify_chain(rows: Iterable[Entry], head: str | None = None) -> list[Fault]:
    """Faults of a log in the order of its entries; `row` of a fault is the number of the entry.

    `log.gap` (entries missing), `log.link` (an entry does not follow the one before it), `log.changed` (an entry's
    content is not what was hashed). With a printed `head` ("42-9f86..." or the bare characters) also `log.tail_cut`,
    `log.rewritten`, `log.head_unknown`, `log.head_format`. Empty list: nothing found.
    """
    entries = sorted(rows, key=lambda entry: entry.seq)
    faults: list[Fault] = []
    seq, last = 0, GENESIS
    for entry in entries:
        if entry.seq != seq + 1:
            faults.append(Fault("log.gap", _PLACE, row=entry.seq, got=str(entry.seq), expected=str(seq + 1)))
        elif entry.prev_hash != last:
            faults.append(Fault("log.link", _PLACE, row=entry.seq, got=entry.prev_hash[:16], expected=last[:16]))
        content = entry_hash(entry.prev_hash, entry.seq, entry.at, entry.actor, entry.action, entry.subject, entry.body)
        if content != entry.hash:
            faults.append(Fault("log.changed", _PLACE, row=entry.seq, got=content[:16], expected=entry.hash[:16]))
        seq, last = entry.seq, entry.hash
    return faults if head is None else faults + _check_head(entries, head)


def _check_head(entries: Sequence[Entry], head: str) -> list[Fault]:
    parsed = _HEAD.fullmatch(head.strip().lower())
    if parsed is None:
        return [Fault("log.head_format", _PLACE, got=head[:80], expected="42-9f86d081884c7d65")]
    number, printed = parsed.groups()
    end = entries[-1].seq if entries else 0
    if number is None:
        is_listed = any(entry.hash.startswith(printed) for entry in entries)
        return [] if is_listed else [Fault("log.head_unknown", _PLACE, row=end, got=str(end), expected=printed[:16])]
    seq = int(number)
    if seq > end:
        return [Fault("log.tail_cut", _PLACE, row=end, got=str(end), expected=str(seq))]
    hash_at_seq = next((entry.hash for entry in entries if entry.seq == seq), "")
    if hash_at_seq.startswith(printed):
        return []
    return [Fault("log.rewritten", _PLACE, row=seq, got=hash_at_seq[:16], expected=printed[:16])]
