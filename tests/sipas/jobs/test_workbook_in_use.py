"""A workbook that somebody holds open is never half replaced, and the message says what to do."""

import os

import pytest
from small_round import ROUND, Office

from errors import StoreError
from errors.messages import load_messages
from errors.templates import data_folder
from sipas.jobs.results.workbook import make_workbook


def test_a_workbook_held_open_elsewhere_gives_a_plain_message(copied: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    path = copied.ws.files.outputs.path(f"{ROUND}/ket-qua-{ROUND}.xlsx")
    original = path.read_bytes()
    path.write_bytes(b"another content, as if edited")

    def held(*_: object) -> None:
        raise PermissionError(13, "being used by another process")

    monkeypatch.setattr(os, "replace", held)
    with pytest.raises(StoreError) as caught:
        make_workbook(copied.ws, ROUND)
    assert caught.value.rule == "store.output_in_use"
    assert "đóng" in load_messages(data_folder() / "messages").render(caught.value).lower()
    monkeypatch.undo()
    assert make_workbook(copied.ws, ROUND).path.read_bytes() == original
    assert not [one for one in path.parent.iterdir() if one.suffix == ".part"]
