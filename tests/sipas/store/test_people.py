"""People are known by their passphrase, which nobody can read."""

from __future__ import annotations

import pytest

from errors import StoreError
from sipas.store.office.people import Person
from sipas.store.office.signing import Signature


def test_people_are_known_by_passphrase(people):
    assert people.office.people.all() == (
        Person("an", "Nguyễn Văn An", True), Person("binh", "Trần Thị Bình", True),
    )  # fmt: skip
    people.office.people.verify("an", "mật khẩu của An")
    people.office.people.verify("an", "ma\u0323\u0302t khẩu của An")
    for person, passphrase in (("an", "mật khẩu của an"), ("nobody", "mật khẩu của An"), ("an", "")):
        with pytest.raises(StoreError) as caught:
            people.office.people.verify(person, passphrase)
        assert caught.value.rule == "store.bad_passphrase"


def test_adding_people_again(people):
    assert not people.office.people.add("an", "Nguyễn Văn An", "mật khẩu của An")
    for name, passphrase in (("Khác", "mật khẩu của An"), ("Nguyễn Văn An", "mật khẩu khác hẳn")):
        with pytest.raises(StoreError) as caught:
            people.office.people.add("an", name, passphrase)
        assert caught.value.rule == "store.person_exists"


@pytest.mark.parametrize("passphrase", ["", "123456789", "          x"])
def test_short_passphrases_are_refused(ws, passphrase):
    with pytest.raises(StoreError) as caught:
        ws.office.people.add("an", "An", passphrase)
    assert caught.value.rule == "store.passphrase_short"
    ws.office.people.add("an", "An", "1234567890")


@pytest.mark.parametrize("person_id", ["", " an", "a\nn"])
def test_person_ids_are_plain(ws, person_id):
    with pytest.raises(StoreError) as caught:
        ws.office.people.add(person_id, "An", "1234567890")
    assert caught.value.rule == "store.person_id"


def test_changed_passphrase_and_people_who_left(people):
    people.office.people.change_passphrase("binh", "mật khẩu của Bình", "mật khẩu mới tinh")
    with pytest.raises(StoreError):
        people.office.people.verify("binh", "mật khẩu của Bình")
    people.office.people.verify("binh", "mật khẩu mới tinh")
    with pytest.raises(StoreError) as caught:
        people.office.people.change_passphrase("binh", "sai sai sai sai", "mật khẩu mới tinh")
    assert caught.value.rule == "store.bad_passphrase"
    assert people.office.people.deactivate("binh")
    assert not people.office.people.deactivate("binh")
    with pytest.raises(StoreError) as caught:
        people.office.people.verify("binh", "mật khẩu mới tinh")
    assert caught.value.rule == "store.bad_passphrase"
    with pytest.raises(StoreError) as caught:
        people.office.people.deactivate("nobody")
    assert caught.value.rule == "store.no_person"
    assert people.log.verify() == []


def test_passphrases_are_nowhere_in_the_workspace(people):
    people.close()
    secret = "mật khẩu của Bình".encode()
    assert [path for path in people.root.rglob("*") if path.is_file() and secret in path.read_bytes()] == []
    assert "mật khẩu" not in repr(Signature("binh", "mật khẩu của Bình"))
