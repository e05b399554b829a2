"""Two pairs of eyes: who proposes does not approve, by passphrase or by paper."""

from __future__ import annotations

import pytest

from errors import StoreError
from sipas.store.office.signing import Document, Signature
from sipas.store.workspace import open_workspace

BINH = Signature(person_id="binh", passphrase="mật khẩu của Bình")
AN = Signature(person_id="an", passphrase="mật khẩu của An")
PAPER = Document("cv-12", "12/QĐ-SNV", "2026-03-01", "Phê duyệt điều chỉnh", "Lê Văn Cường", "a" * 64)


def propose(ws, payload: str = "p" * 64, action: str = "reserves.release"):
    with ws.ledger.write() as connection:
        return ws.office.approvals.propose(connection, "r1", action, "s1", payload)


def approve(ws, number: int, signature: Signature):
    with ws.ledger.write() as connection:
        return ws.office.approvals.approve(connection, number, signature)


def use(ws, payload: str = "p" * 64, action: str = "reserves.release", subject: str = "s1"):
    with ws.ledger.write() as connection:
        return ws.office.approvals.use(connection, "r1", action, subject, payload)


def test_another_person_approves_and_it_is_used_once(people, round_id):
    made = propose(people)
    assert (made.state, made.proposer, made.approver) == ("proposed", "an", "")
    with pytest.raises(StoreError) as caught:
        use(people)
    assert (caught.value.rule, caught.value.got) == ("store.not_approved", "proposed")
    approved = approve(people, made.approval_no, BINH)
    assert (approved.state, approved.approver) == ("approved", "binh")
    assert approve(people, made.approval_no, BINH) == approved
    assert use(people).state == "used"
    with pytest.raises(StoreError) as caught:
        use(people)
    assert caught.value.rule == "store.not_approved"
    assert propose(people).approval_no == 2
    assert people.office.approvals.find(round_id, "used")[0].approval_no == 1
    assert len(people.office.approvals.find(round_id)) == 2
    assert people.log.verify() == []


def test_the_same_proposal_again_is_the_same(people, round_id):
    made = propose(people)
    head = people.log.head()
    assert propose(people) == made
    assert people.log.head() == head
    assert propose(people, "q" * 64).approval_no == 2


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (AN, "store.same_person"),
        (Signature(person_id="binh", passphrase="sai mật khẩu rồi"), "store.bad_passphrase"),
        (Signature(person_id="nobody", passphrase="mật khẩu của Bình"), "store.bad_passphrase"),
        (Signature(), "store.signature"),
        (Signature("binh", "mật khẩu của Bình", "cv-12"), "store.signature"),
        (Signature(document_id="cv-99"), "store.no_document"),
    ],
)
def test_signatures_that_do_not_count(people, round_id, signature, expected):
    made = propose(people)
    with pytest.raises(StoreError) as caught:
        approve(people, made.approval_no, signature)
    assert caught.value.rule == expected
    assert people.office.approvals.find(round_id)[0].state == "proposed"


def register(ws, document: Document) -> bool:
    with ws.ledger.write() as connection:
        return ws.office.documents.add(connection, document)


def test_a_registered_document_signs_for_who_signed_it(people, round_id):
    assert register(people, PAPER)
    assert not register(people, PAPER)
    assert people.office.documents.get("cv-12") == PAPER
    approved = approve(people, propose(people).approval_no, Signature(document_id="cv-12"))
    assert (approved.approver, approved.document_id) == ("Lê Văn Cường", "cv-12")


@pytest.mark.parametrize("signed_by", ["an", "  nguyễn  văn an ", "Nguye\u0302\u0303n Văn An"])
def test_a_document_signed_by_the_proposer_does_not_count(people, round_id, signed_by):
    register(people, Document("cv-1", "1", "2026-03-01", "x", signed_by))
    with pytest.raises(StoreError) as caught:
        approve(people, propose(people).approval_no, Signature(document_id="cv-1"))
    assert caught.value.rule == "store.same_person"


def test_a_name_with_the_letter_that_looks_like_d_with_stroke_is_the_same_name(ws, round_id):
    ws.office.people.add("an", "Đỗ An", "mật khẩu của An")
    register(ws, Document("cv-1", "1", "2026-03-01", "x", "\u00d0ỗ An"))
    with pytest.raises(StoreError) as caught:
        approve(ws, propose(ws).approval_no, Signature(document_id="cv-1"))
    assert caught.value.rule == "store.same_person"


def test_documents_are_whole_and_never_overwritten(ws):
    with pytest.raises(StoreError) as caught:
        register(ws, Document("x", "1", "2026-03-01", "t", " "))
    assert caught.value.rule == "store.document_blank"
    register(ws, PAPER)
    with pytest.raises(StoreError) as caught:
        register(ws, Document("cv-12", "13/QĐ-SNV", "2026-03-01", "x", "y"))
    assert caught.value.rule == "store.document_exists"


def test_only_registered_people_propose(people, round_id):
    with open_workspace(people.root, {"SIPAS_ACTOR": "stranger"}) as other, pytest.raises(StoreError) as caught:
        propose(other)
    assert caught.value.rule == "store.no_person"
    people.office.people.deactivate("an")
    with pytest.raises(StoreError) as caught:
        propose(people)
    assert caught.value.rule == "store.no_person"


def test_rejected_proposals_stay_and_may_be_made_anew(people, round_id):
    made = propose(people)
    with people.ledger.write() as connection:
        with pytest.raises(StoreError) as caught:
            people.office.approvals.reject(connection, made.approval_no, BINH, " ")
        assert caught.value.rule == "store.no_reason"
        assert people.office.approvals.reject(connection, made.approval_no, BINH, "chưa đủ hồ sơ").state == "rejected"
    with pytest.raises(StoreError) as caught:
        approve(people, made.approval_no, BINH)
    assert caught.value.rule == "store.approval_decided"
    assert propose(people).approval_no == 2
    with pytest.raises(StoreError) as caught:
        approve(people, 99, BINH)
    assert caught.value.rule == "store.no_approval"
