"""Contacts follow the frame in force, whatever was imported before and whatever was broken off."""

from pathlib import Path

import pandas as pd
import pytest
from sampled import first_of
from small_round import ROUND, Office, seal_and_draw, survey

from errors import StoreError
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.stepruns import current_run

pytestmark = pytest.mark.full


def part_of(whole: Path) -> Path:
    """The same list without its first 2,000 rows."""
    lines = whole.read_bytes().split(b"\r\n")
    part = whole.with_name("một phần.csv")
    part.write_bytes(b"\r\n".join([lines[0], *lines[2001:]]))
    return part


def frame_ids(office: Office) -> list[str]:
    return list(Workbench(office.ws, ROUND).table("frame", "frame")["frame_unit_id"])


def test_contacts_are_those_of_the_current_frame_and_come_again_with_it(framed: Office) -> None:
    whole = framed.frame_path()
    part = part_of(whole)
    ids = frame_ids(framed)
    before = framed.ws.field.contacts.read(survey(framed.ws, ROUND), ids)
    assert before["frame_unit_id"].tolist() == ids
    import_frame(framed.ws, ROUND, part)
    assert len(frame_ids(framed)) < len(ids)
    assert set(framed.ws.field.contacts.read(survey(framed.ws, ROUND), ids)["frame_unit_id"]) == set(frame_ids(framed))
    import_frame(framed.ws, ROUND, whole)
    pd.testing.assert_frame_equal(framed.ws.field.contacts.read(survey(framed.ws, ROUND), ids), before)


def test_corrected_contacts_of_the_same_people_are_stored(framed: Office) -> None:
    whole = framed.frame_path()
    ids = frame_ids(framed)
    old = framed.ws.field.contacts.read(survey(framed.ws, ROUND), ids)
    phone, mended = old.loc[old["phone"] != "", "phone"].iloc[0], "0987000111"
    path = whole.with_name("đã sửa.csv")
    path.write_bytes(whole.read_bytes().replace(phone.encode(), mended.encode()))
    import_frame(framed.ws, ROUND, path)
    assert frame_ids(framed) == ids
    assert (
        framed.ws.field.contacts.read(survey(framed.ws, ROUND), ids)["phone"].tolist()
        == old["phone"].replace(phone, mended).tolist()
    )


def test_an_erased_person_does_not_come_back_with_a_file(framed: Office) -> None:
    whole = framed.frame_path()
    ids = frame_ids(framed)
    assert framed.ws.field.contacts.erase([ids[-1]]) == 1
    for path in (whole, part_of(whole), whole):
        import_frame(framed.ws, ROUND, path)
        assert framed.ws.field.contacts.read(survey(framed.ws, ROUND), [ids[-1]]).empty
    assert len(framed.ws.field.contacts.read(survey(framed.ws, ROUND), ids)) == len(ids) - 1


@pytest.mark.parametrize(
    ("method", "again"),
    first_of(
        1,
        [
            ("save", "the same"),
            ("files.enter", "drawn"),
            ("files.sweep", "the earlier"),
            ("save", "drawn"),
            ("save", "the earlier"),
            ("files.enter", "the same"),
            ("files.enter", "the earlier"),
            ("files.sweep", "the same"),
            ("files.sweep", "drawn"),
        ],
    ),
)
def test_people_who_left_the_list_are_forgotten_whatever_was_killed(
    framed: Office, monkeypatch: pytest.MonkeyPatch, method: str, again: str
) -> None:
    whole = framed.frame_path()
    part = part_of(whole)
    ids = frame_ids(framed)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        part_name, _, name = method.rpartition(".")
        contacts = framed.ws.field.contacts
        patched.setattr(contacts.files if part_name else contacts, name, killed)
        with pytest.raises(KeyboardInterrupt):
            import_frame(framed.ws, ROUND, part)
    if again == "drawn":
        make_plan(framed.ws, ROUND)
        seal_and_draw(framed.ws)
    import_frame(framed.ws, ROUND, whole if again == "the earlier" else part)
    assert set(framed.ws.field.contacts.read(survey(framed.ws, ROUND), ids)["frame_unit_id"]) == set(frame_ids(framed))
    assert len(list((framed.ws.root / "contacts" / ROUND).iterdir())) == 1


def test_an_earlier_list_does_not_become_the_frame_of_a_drawn_round(office: Office) -> None:
    whole = office.frame_path()
    import_frame(office.ws, ROUND, part_of(whole))
    import_frame(office.ws, ROUND, whole)
    make_plan(office.ws, ROUND)
    seal_and_draw(office.ws)
    before = current_run(office.ws, Workbench(office.ws, ROUND).place("frame"))
    with pytest.raises(StoreError) as caught:
        import_frame(office.ws, ROUND, part_of(whole))
    assert caught.value.rule == "store.round_state"
    assert current_run(office.ws, Workbench(office.ws, ROUND).place("frame")) == before
    assert len(office.ws.field.contacts.read(survey(office.ws, ROUND), frame_ids(office))) == len(frame_ids(office))
