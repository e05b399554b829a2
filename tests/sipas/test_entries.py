"""The hash chain: every change of a log is found, and where."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.numbers import canonical_json
from sipas.entries import GENESIS, Entry, dated_back, entry_hash, head_text, verify_chain


def chain(n: int, *, salt: str = "") -> list[Entry]:
    """A log of n entries."""
    entries: list[Entry] = []
    last = GENESIS
    for seq in range(1, n + 1):
        parts = (seq, f"2026-03-01T00:00:{seq % 60:02d}Z", "an", "cases.add", f"r{seq}", f'{{"n":"{seq}{salt}"}}')
        last_hash = entry_hash(last, *parts)
        entries.append(Entry(*parts, last, last_hash))
        last = last_hash
    return entries


def rules(faults) -> list[tuple[str, int]]:
    return [(fault.rule, fault.row) for fault in faults]


def test_hash_is_sha256_of_a_json_list_written_by_hand():
    text = f'["{GENESIS}",1,"2026-03-01T00:00:00Z","an","init","đợt","{{\\"a\\":1}}"]'
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert entry_hash(GENESIS, 1, "2026-03-01T00:00:00Z", "an", "init", "đợt", '{"a":1}') == expected


def test_parts_cannot_flow_into_each_other():
    first = entry_hash(GENESIS, 1, "t", "ab", "c", "s", "{}")
    assert first != entry_hash(GENESIS, 1, "t", "a", "bc", "s", "{}")


def test_canonical_json_sorts_and_refuses_nan():
    assert canonical_json({"b": 1, "a": "Đà"}) == '{"a":"Đà","b":1}'
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


def test_whole_log_has_no_faults_in_any_order_of_rows():
    entries = chain(20)
    assert verify_chain(entries) == []
    assert verify_chain(reversed(entries), head_text(entries[-1])) == []
    assert verify_chain(entries, head_text(entries[4])) == []
    assert verify_chain(entries, entries[4].hash[:16]) == []
    assert verify_chain([]) == []


@given(
    seq=st.integers(1, 30),
    field=st.sampled_from(["at", "actor", "action", "subject", "body", "hash", "prev_hash"]),
    character=st.integers(0, 200),
)
def test_any_changed_field_is_located(seq, field, character):
    entries = chain(30)
    value = getattr(entries[seq - 1], field)
    place = character % len(value)
    changed = value[:place] + ("x" if value[place] != "x" else "y") + value[place + 1 :]
    entries[seq - 1] = replace(entries[seq - 1], **{field: changed})
    found = verify_chain(entries)
    assert found
    assert {fault.row for fault in found} <= {seq, seq + 1}


@given(seq=st.integers(1, 29))
def test_deleted_entry_is_a_gap_before_the_next(seq):
    entries = chain(30)
    del entries[seq - 1]
    assert rules(verify_chain(entries)) == [("log.gap", seq + 1)]


@given(seq=st.integers(1, 29))
def test_swapped_content_with_mended_hash_breaks_the_next_link(seq):
    entries = chain(30)
    old = entries[seq - 1]
    body = '{"n":"other"}'
    mended = entry_hash(old.prev_hash, old.seq, old.at, old.actor, old.action, old.subject, body)
    entries[seq - 1] = replace(old, body=body, hash=mended)
    assert rules(verify_chain(entries)) == [("log.link", seq + 1)]


def test_repeated_number_is_a_gap():
    entries = chain(5)
    assert rules(verify_chain([*entries, entries[2]])) == [("log.gap", 3)]


def test_cut_tail_needs_the_printed_head():
    entries = chain(10)
    head = head_text(entries[-1])
    assert verify_chain(entries[:7]) == []
    assert rules(verify_chain(entries[:7], head)) == [("log.tail_cut", 7)]
    assert rules(verify_chain(entries[:7], entries[-1].hash[:16])) == [("log.head_unknown", 7)]
    assert rules(verify_chain([], head)) == [("log.tail_cut", 0)]


def test_full_rewrite_needs_the_printed_head():
    printed = head_text(chain(10)[5])
    forged = chain(12, salt="forged")
    assert verify_chain(forged) == []
    assert rules(verify_chain(forged, printed)) == [("log.rewritten", 6)]


def test_head_that_is_no_head():
    assert rules(verify_chain(chain(2), "2-abc")) == [("log.head_format", 0)]
    assert head_text(None) == ""


def test_an_entry_dated_before_the_one_before_it_is_pointed_out():
    entries = chain(5)
    assert dated_back(reversed(entries)) == []
    entries[3] = replace(entries[3], at="2024-03-01T00:00:00Z")
    faults = dated_back(entries)
    assert rules(faults) == [("log.dated_back", 4)]
    assert (faults[0].got, faults[0].expected) == ("2024-03-01T00:00:00Z", entries[2].at)
