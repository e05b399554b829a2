"""The fieldwork room: replaced whole, sealed, what the log names counts, forgotten when gone."""

import pandas as pd
import pytest

from errors import StoreError
from sipas.store.rounds.instruments import Instrument

SURVEY = Instrument("r1", "sipas", 1, "r1", "open")
OTHER = Instrument("r1", "dai-bieu", 2, "r1/dai-bieu", "open")


def people(*names: str) -> pd.DataFrame:
    rows = [(f"D{place}", name, "0912345678901", "BD", "") for place, name in enumerate(names)]
    return pd.DataFrame(rows, columns=["fieldworker_id", "name", "phone", "conductor_id", "unit_ids"], dtype="str")


def sealed_files(ws) -> list:
    return sorted((ws.root / "fieldwork" / "r1").iterdir())


def test_saved_tables_come_back_and_the_same_again_adds_nothing(ws):
    assert ws.field.fieldwork.read(SURVEY, "fieldworkers").empty
    assert ws.field.fieldwork.save(SURVEY, "fieldworkers", people("Canary An", "Ba"))
    head = ws.log.head()
    assert not ws.field.fieldwork.save(SURVEY, "fieldworkers", people("Canary An", "Ba").iloc[::-1])
    assert ws.log.head() == head
    assert ws.field.fieldwork.read(SURVEY, "fieldworkers")["name"].tolist() == ["Canary An", "Ba"]
    assert ws.field.fieldwork.read(OTHER, "fieldworkers").empty


def test_whoever_is_replaced_is_forgotten_and_nobody_is_in_clear(ws):
    ws.field.fieldwork.save(SURVEY, "fieldworkers", people("Canary An", "Ba"))
    ws.field.fieldwork.save(SURVEY, "fieldworkers", people("Canary Bình"))
    assert len(sealed_files(ws)) == 1
    found = b"".join(path.read_bytes() for path in ws.root.rglob("*") if path.is_file())
    assert b"Canary" not in found and b"0912345678901" not in found


def test_a_save_killed_before_its_log_entry_leaves_the_earlier_table(ws, monkeypatch):
    ws.field.fieldwork.save(SURVEY, "fieldworkers", people("An"))

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ws.log, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            ws.field.fieldwork.save(SURVEY, "fieldworkers", people("Ba"))
    assert ws.field.fieldwork.read(SURVEY, "fieldworkers")["name"].tolist() == ["An"]
    assert ws.field.fieldwork.save(SURVEY, "fieldworkers", people("Ba"))
    assert len(sealed_files(ws)) == 1


def test_a_table_put_in_the_place_of_another_is_not_read(ws):
    ws.field.fieldwork.save(SURVEY, "fieldworkers", people("An"))
    earlier = sealed_files(ws)[0].read_bytes()
    ws.field.fieldwork.save(SURVEY, "fieldworkers", people("Ba"))
    sealed_files(ws)[0].write_bytes(earlier)
    with pytest.raises(StoreError) as caught:
        ws.field.fieldwork.read(SURVEY, "fieldworkers")
    assert caught.value.rule == "store.sealed_damaged"
    sealed_files(ws)[0].unlink()
    with pytest.raises(StoreError) as caught:
        ws.field.fieldwork.read(SURVEY, "fieldworkers")
    assert caught.value.rule == "store.sealed_damaged"


def test_other_columns_are_refused(ws):
    with pytest.raises(StoreError) as caught:
        ws.field.fieldwork.save(SURVEY, "assignments", people("An"))
    assert caught.value.rule == "store.fieldwork_columns"


def test_the_second_instrument_has_a_folder_of_its_own(ws):
    ws.field.fieldwork.save(SURVEY, "fieldworkers", people("An"))
    ws.field.fieldwork.save(OTHER, "fieldworkers", people("Ba"))
    ws.field.fieldwork.save(SURVEY, "fieldworkers", people("Cam"))
    assert ws.field.fieldwork.read(OTHER, "fieldworkers")["name"].tolist() == ["Ba"]
    assert [path.name for path in sealed_files(ws) if path.is_dir()] == ["dai-bieu"]
    assert [entry.subject for entry in ws.log.entries("r1/dai-bieu")] == ["r1/dai-bieu"]
