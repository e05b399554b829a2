"""Methodology read from pinned copies: parsed once in a process, held against its hash when it is."""

from unittest import mock

import pytest
from small_round import ROUND, Office

from errors import StoreError
from sipas.jobs.stepruns import pinned as pinned_copies
from sipas.jobs.stepruns.pinned import pinned
from sipas.store.files.methodology import Methodology


def test_a_pinned_copy_is_opened_once_in_a_process(framed: Office) -> None:
    first = pinned(framed.ws, ROUND)
    with mock.patch.object(Methodology, "open_pin", side_effect=AssertionError):
        assert pinned(framed.ws, ROUND).rulebooks is first.rulebooks


def test_a_damaged_copy_is_refused_when_it_is_opened(framed: Office) -> None:
    sha256 = next(pin.sha256 for pin in framed.ws.rounds.pins(ROUND) if pin.kind == "round")
    kept = next(path for path in (framed.ws.root / "snapshots").rglob(f"{sha256}*"))
    kept.chmod(0o600)
    kept.write_bytes(kept.read_bytes().replace(b"2026", b"2027", 1))
    pinned_copies._loaded.cache_clear()
    with pytest.raises(StoreError) as caught:
        pinned(framed.ws, ROUND)
    assert caught.value.rule == "store.snapshot_changed"
