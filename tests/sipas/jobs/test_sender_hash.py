"""A delivery is held against the hash its sender gave before anything of it is kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from command import asked
from small_round import ROUND, new_office

from errors import StoreError
from flows.inbox import names_in
from sipas.jobs.field.receive import receive

DAY = "2026-09-01"


def kept(root: Path) -> list[Path]:
    return sorted(path for path in (root / "received").rglob("*") if path.is_file())


def test_a_changed_file_is_not_kept_and_the_right_one_is(tmp_path: Path) -> None:
    office = new_office(tmp_path, "drawn")
    ws, path = office.ws, office.returned_paths()[0]
    sent = hashlib.sha256(path.read_bytes()).hexdigest()
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    before = ws.log.head(), kept(ws.root)
    with pytest.raises(StoreError) as caught:
        receive(ws, ROUND, path, received_on=DAY, sha256=sent)
    assert caught.value.rule == "store.other_hash"
    assert (ws.log.head(), kept(ws.root)) == before
    path.write_bytes(whole)
    assert receive(ws, ROUND, path, received_on=DAY, sha256=sent).is_hash_checked
    assert not receive(ws, ROUND, path, received_on=DAY).is_hash_checked
    (path.parent / "sha256sums.txt").write_text(f"{sent}  {path.name}\n", encoding="utf-8")
    assert "do bên gửi cung cấp: khớp" in asked(ws.root, "receive", path, "--received-on", DAY).output


def test_one_hash_is_of_one_file(tmp_path: Path) -> None:
    done = asked(tmp_path, "receive", "a.csv", "b.csv", "--sha256", "0" * 64)
    assert done.exit_code == 2 and "sha256sums.txt" in done.output


def test_lists_of_hashes_are_no_deliveries(tmp_path: Path) -> None:
    ws = new_office(tmp_path).ws
    place = ws.root / "inbox" / "returns"
    place.mkdir(parents=True)
    for name in ("phiếu.csv", "phiếu.csv.sha256", "SHA256SUMS"):
        (place / name).write_bytes(b"x")
    assert names_in(ws, "inbox", "returns") == ("phiếu.csv",)
