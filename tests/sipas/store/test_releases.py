"""A release is a draft of known snapshots that another person signed."""

from __future__ import annotations

import pytest

from errors import StoreError
from sipas.store.office.signing import Signature

BINH = Signature(person_id="binh", passphrase="mật khẩu của Bình")
AN = Signature(person_id="an", passphrase="mật khẩu của An")


def draft(ws, **outputs: str):
    with ws.ledger.write() as connection:
        return ws.office.releases.draft(connection, "r1", outputs)


def release(ws, number: int, signature: Signature):
    with ws.ledger.write() as connection:
        return ws.office.releases.release(connection, "r1", number, signature)


def test_a_draft_becomes_a_release_by_another_person(people, round_id):
    workbook = people.files.snapshots.put_bytes("workbook.xlsx", round_id, b"PK").sha256
    made = draft(people, workbook=workbook)
    assert (made.release_no, made.state, made.proposer, made.log_head) == (1, "draft", "an", "")
    assert draft(people, workbook=workbook) == made
    with pytest.raises(StoreError) as caught:
        release(people, 1, AN)
    assert caught.value.rule == "store.same_person"
    head = people.log.head()
    done = release(people, 1, BINH)
    assert (done.state, done.approver, done.log_head) == ("released", "binh", head)
    assert dict(done.outputs) == {"workbook": workbook}
    assert release(people, 1, BINH) == done
    assert draft(people, workbook=workbook) == done
    assert people.office.releases.find(round_id) == (done,)
    assert people.log.verify(done.log_head) == []


def test_only_the_newest_draft_of_known_snapshots_is_released(people, round_id):
    refs = [people.files.snapshots.put_bytes("workbook.xlsx", round_id, data).sha256 for data in (b"1", b"2")]
    draft(people, workbook=refs[0])
    assert draft(people, workbook=refs[1]).release_no == 2
    for number, expected in ((1, "store.release_old"), (3, "store.no_release")):
        with pytest.raises(StoreError) as caught:
            release(people, number, BINH)
        assert caught.value.rule == expected
    with pytest.raises(StoreError) as caught:
        draft(people, workbook="f" * 64)
    assert (caught.value.rule, caught.value.where) == ("store.snapshot_unknown", "workbook")
