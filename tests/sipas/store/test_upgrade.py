"""Workspaces of versions 2 and 3, made by the program of their time, open: upgraded wholly, or not at all."""

from __future__ import annotations

import json
import logging
import random
import shutil
import sqlite3
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from sampled import first_of
from sqlalchemy import Connection, event

from errors import FaultsFound, StoreError
from sipas.rounds import ONLY_INSTRUMENT
from sipas.store.field.contacts import COLUMNS
from sipas.store.ledger import schema, seals, triggers, upgrade, version2
from sipas.store.ledger.engine import Ledger, make_engine
from sipas.store.ledger.triggers import folded
from sipas.store.workspace import Workspace, init_workspace, open_workspace
from tests.helpers.smuggled import smuggle

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FACTS = "facts.json"
ROUND = "thu-2026"
RATERS = "made-up-xhh-2026"
NOW = "2027-01-05T00:00:00.000000Z"


def clock() -> str:
    return NOW


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The old workspace with its key and facts; copied, never opened itself."""
    return unpack(2, tmp_path_factory.mktemp("version 2"))


def unpack(version: int, folder: Path) -> Path:
    with tarfile.open(FIXTURES / f"workspace-{version}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    settings = folder / "workspace" / "sipas.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("KEY_FILE", (folder / "khoa.key").as_posix()), encoding="utf-8")
    return folder


@pytest.fixture
def old(unpacked: Path, tmp_path: Path) -> Path:
    """Ledger and settings of the old workspace, to be opened."""
    return copy_of(unpacked, tmp_path / "ws")


@pytest.fixture(scope="module")
def upgraded(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, upgraded; only read."""
    root = copy_of(unpacked, tmp_path_factory.mktemp("upgraded") / "ws")
    opened(root).close()
    return root


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger that was never of another version."""
    path = tmp_path_factory.mktemp("fresh") / "sipas.db"
    Ledger.create(path, "0" * 16, NOW).close()
    return path


def copy_of(unpacked: Path, root: Path) -> Path:
    root.mkdir()
    for name in ("sipas.db", "sipas.toml"):
        shutil.copyfile(unpacked / "workspace" / name, root / name)
    return root


def opened(root: Path) -> Workspace:
    return open_workspace(root, {"SIPAS_ACTOR": "an"}, clock=clock)


def dump(path: Path) -> list[str]:
    """Everything in a ledger: tables, triggers, rows."""
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.iterdump())


def files_of(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def run(root: Path, *statements: str) -> None:
    """Another hand at the ledger: triggers away, statements, triggers back."""
    with closing(sqlite3.connect(root / "sipas.db", isolation_level=None)) as connection:
        kept = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in kept:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for name, sql in kept:
            if any(name.startswith(f"{table}_") for table in names):
                connection.execute(sql)


@pytest.mark.full
def test_it_opens_whole_with_all_it_held(unpacked, tmp_path, caplog):
    root = tmp_path / "Tỉnh Giả Định"
    shutil.copytree(unpacked / "workspace", root)
    facts = json.loads((unpacked / FACTS).read_text(encoding="utf-8"))
    caplog.set_level(logging.INFO)
    with opened(root) as ws:
        assert (ws.upgraded.from_version, ws.upgraded.to_version) == (2, 4)
        assert ws.upgraded.backup.name in caplog.text
        assert ws.log.verify(facts["log_head"]) == []
        entries = ws.log.entries()
        assert (len(entries), entries[-1].action) == (facts["entries"] + 1, "store.migrated")
        survey, raters = ws.rounds.instrument(ROUND), ws.rounds.instrument(RATERS)
        assert (survey.instrument_id, survey.position, survey.public_id) == ("khao-sat", 1, ROUND)
        assert ws.field.received.rows(survey)["row_state"].value_counts().to_dict() == facts["row_states"]
        assert (
            len(ws.field.received.counted(raters)) == facts["reader"]["accepted"] == len(ws.field.received.rows(raters))
        )
        (release,) = ws.office.releases.find(ROUND)
        assert (dict(release.outputs), release.contents, release.log_seq) == (facts["release"]["outputs"], "", 0)
        assert all(ws.files.snapshots.is_there(sha256) for sha256 in release.outputs.values())
        assert [one.state for one in ws.rounds.all()] == ["open", "open"]
        assert len(ws.field.cases.read(survey)) == 1307
        assert len(ws.field.draws.records(survey)) == 1
        assert len(ws.field.draws.opened(survey, 1)) == 2
        assert [(one.stratum_id, one.change_no) for one in ws.field.reserves.carried_out(survey)] == [
            ("X07", 1),
            ("X10", 2),
        ]
        assert ws.field.contacts.read(survey, ["none"]).empty
        ws.office.people.verify("lan", "mật khẩu của Lan")
    with opened(root) as again:
        assert again.upgraded is None
        assert len(again.log.entries()) == len(entries)


def test_decisions_bear_the_number_of_their_batchs_entry(upgraded):
    with opened(upgraded) as ws:
        told = {
            json.loads(one.body)["batch_id"]: one.seq for one in ws.log.entries() if one.action == "received.record"
        }
        for round_id in (ROUND, RATERS):
            found = ws.field.received.decisions(ws.rounds.instrument(round_id))
            assert set(found["decision_no"]) == {1}
            assert (found["log_seq"] == found["batch_id"].map(told)).all()


def test_runs_belong_to_the_survey_or_the_round(upgraded):
    with closing(sqlite3.connect(upgraded / "sipas.db")) as connection:
        for table in ("job_runs", "current_runs"):
            found = set(connection.execute(f"SELECT step, instrument_id FROM {table}"))
            own = {step for step, instrument_id in found if not instrument_id}
            assert own == {"merge", "workbook"}
            assert {instrument_id for step, instrument_id in found if step not in own} == {"khao-sat"}


def test_the_backup_is_the_ledger_as_it_was_and_readable_by_its_owner_only(unpacked, old):
    before = dump(old / "sipas.db")
    with opened(old) as ws:
        backup = ws.upgraded.backup
        body = json.loads(ws.log.entries()[-1].body)
    assert [path.name for path in (old / "backups").iterdir()] == [backup.name]
    assert body["backup_sha256"].startswith(backup.stem.rpartition("-")[2])
    assert sys.platform == "win32" or backup.stat().st_mode & 0o777 == 0o600
    assert dump(backup) == before


def schema_of(path: Path) -> dict[tuple[str, str], str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(kind, name): folded(sql) for kind, name, sql in rows}


def test_tables_indexes_and_triggers_are_those_of_a_ledger_made_today(upgraded, fresh):
    made, wanted = schema_of(upgraded / "sipas.db"), schema_of(fresh)
    assert made == wanted
    assert len([name for kind, name in made if kind == "trigger"]) == 3 * len(triggers.APPEND_ONLY) + 1


def test_a_lost_marker_does_not_hide_the_version(unpacked, old):
    (old / "sipas.toml").unlink()
    with init_workspace(old, key_file=unpacked / "khoa.key") as ws:
        assert ws.upgraded.from_version == 2
        assert ws.log.verify() == []


# Not upgraded, nothing touched


@pytest.mark.parametrize(("key", "rule"), [("none.key", "store.no_key"), ("other.key", "store.wrong_key")])
def test_without_its_key_nothing_is_changed(old, tmp_path, key, rule):
    (tmp_path / "other.key").write_text("cd" * 32, encoding="ascii")
    settings = old / "sipas.toml"
    lines = settings.read_text(encoding="utf-8").splitlines()
    place = f'key_file = "{(tmp_path / key).as_posix()}"'
    settings.write_text("\n".join(place if "key_file" in line else line for line in lines), encoding="utf-8")
    before = files_of(old)
    with pytest.raises(StoreError) as caught:
        opened(old)
    assert caught.value.rule == rule
    assert files_of(old) == before


DAMAGES = {
    "newer": ("store.schema_newer", ["UPDATE schema_version SET version = 5"]),
    "much newer": ("store.schema_newer", ["UPDATE schema_version SET version = 99"]),
    "too old": ("store.schema_version", ["UPDATE schema_version SET version = 1"]),
    "says it is new": ("store.schema_damaged", ["UPDATE schema_version SET version = 3"]),
    "says nothing": ("store.schema_damaged", ["DELETE FROM schema_version"]),
    "says two things": ("store.schema_damaged", ["INSERT INTO schema_version VALUES (3, 'x', 'x')"]),
    "table gone": ("store.schema_damaged", ["DROP TABLE reserve_changes"]),
    "column more": ("store.schema_damaged", ["ALTER TABLE cases ADD COLUMN instrument_id TEXT NOT NULL DEFAULT ''"]),
    "column less": ("store.schema_damaged", ["ALTER TABLE faults DROP COLUMN sheet"]),
    "renamed half-way": ("store.schema_damaged", ["ALTER TABLE row_states RENAME TO old_row_states"]),
    "a new table": ("store.schema_damaged", ["CREATE TABLE instruments (round_id TEXT)"]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_of_another_version_or_of_none_it_is_refused(old, damage):
    rule, statements = DAMAGES[damage]
    run(old, *statements)
    before = files_of(old)
    with pytest.raises(StoreError) as caught:
        opened(old)
    assert caught.value.rule == rule
    assert files_of(old) == before


TAMPERED = {
    "row": ("log.rows_changed", ["UPDATE cases SET is_issued = 1 - is_issued WHERE unit_id = 'X07'"]),
    "state of a round": ("log.rows_changed", [f"UPDATE rounds SET state = 'closed' WHERE round_id = '{ROUND}'"]),
    "state of a row": ("log.rows_changed", ["UPDATE row_states SET row_state = 'late' WHERE row_no = 2"]),
    "log": ("log.changed", ["UPDATE audit_log SET actor = 'x' WHERE seq = 7"]),
    "no batch in the log": (
        "log.batch_unknown",
        ["UPDATE audit_log SET action = 'x' WHERE action = 'received.record'"],
    ),
    "no body in the log": ("log.changed", ["UPDATE audit_log SET body = '[' WHERE action = 'received.record'"]),
    "a row more": (
        "log.rows_unnamed",
        [
            "INSERT INTO publications SELECT round_id, 9, state, outputs, log_head, proposer, approver, document_id, "
            "created, released_at FROM publications"
        ],
    ),
    "a person more": (
        "log.rows_unnamed",
        ["INSERT INTO people SELECT 'x', name, salt, passphrase_hash, is_active, created FROM people LIMIT 1"],
    ),
    "orphan": ("log.row_without_parent", ["INSERT INTO unit_events VALUES ('x', 'u', '', '', 'd', 'c')"]),
    "trigger": ("log.trigger_missing", ["CREATE TABLE none (a)", "DROP TABLE none"]),
}


@pytest.mark.full
@pytest.mark.parametrize("tampered", TAMPERED)
def test_what_does_not_verify_is_not_upgraded(old, tampered):
    rule, statements = TAMPERED[tampered]
    run(old, *statements)
    if tampered == "trigger":
        with closing(sqlite3.connect(old / "sipas.db")) as connection:
            connection.execute("DROP TRIGGER pins_no_update")
    before = dump(old / "sipas.db")
    with pytest.raises(FaultsFound) as caught:
        opened(old)
    assert caught.value.rule == "store.upgrade_failed"
    assert rule in {fault.rule for fault in caught.value.faults}
    assert dump(old / "sipas.db") == before


# Broken off


class Broken(Exception):
    """Raised in the middle of a migration."""


@pytest.fixture
def break_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], list[str]]]:
    """Make the migration fail before its n-th statement, commit included; gives the list of the statements run."""

    def set_up(number: int) -> list[str]:
        seen: list[str] = []

        def count(what: str) -> None:
            seen.append(what)
            if len(seen) == number:
                raise Broken

        def engine(*parts):
            made = make_engine(*parts)
            event.listen(made, "before_cursor_execute", lambda _c, _cursor, statement, *_: count(statement))
            event.listen(made, "commit", lambda _connection: count("COMMIT"))
            return made

        monkeypatch.setattr(upgrade, "make_engine", engine)
        return seen

    yield set_up
    monkeypatch.undo()


@pytest.mark.full
@pytest.mark.parametrize(("writes", "reads"), [(0.03, 0.003), pytest.param(1, 0.1, marks=pytest.mark.slow)])
def test_failing_at_any_statement_changes_nothing_and_repeated_it_gives_the_same(
    unpacked, old, upgraded, break_at, tmp_path, writes, reads
):
    seen, root = break_at(0), copy_of(unpacked, tmp_path / "counted")
    opened(root).close()
    before, wanted = (old / "sipas.db").read_bytes(), dump(upgraded / "sipas.db")
    assert dump(root / "sipas.db") == wanted
    assert seen[-1] == "COMMIT"
    drawn = random.Random(3)
    shares = [reads if what.startswith("SELECT") else writes for what in seen]
    tried = [number for number, share in enumerate(shares, start=1) if drawn.random() < share]
    for number in [*tried, len(seen)]:
        break_at(number)
        with pytest.raises(Broken):
            opened(old)
        assert (old / "sipas.db").read_bytes() == before, seen[number - 1]
    break_at(0)
    opened(old).close()
    assert dump(old / "sipas.db") == wanted


KILLED = """
import os
from pathlib import Path
from sqlalchemy import event
from sipas.store.ledger import upgrade
from sipas.store.workspace import open_workspace

seen = 0
make_engine = upgrade.make_engine

def count(*_):
    global seen
    seen += 1
    if seen == number:
        os._exit(9)

def engine(*parts):
    made = make_engine(*parts)
    event.listen(made, "before_cursor_execute", count)
    event.listen(made, "commit", count)
    return made

upgrade.make_engine = engine
with open_workspace(Path(root), {"SIPAS_ACTOR": "an"}, clock=lambda: now) as ws:
    os._exit(0 if ws.upgraded else 1)
"""


@pytest.mark.parametrize(
    "number", [1, *first_of(0, [2, 30, 75]), *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 700, 35))]
)
def test_killed_and_opened_again_it_is_the_same(old, upgraded, start_process, number):
    process = start_process(KILLED, root=str(old), number=number, now=NOW)
    process.join(120)
    assert process.exitcode in (9, 0)
    opened(old).close()
    assert dump(old / "sipas.db") == dump(upgraded / "sipas.db")
    assert len(list((old / "backups").iterdir())) == 1


OPENER = """
import os, time
from pathlib import Path
from sipas.store.workspace import open_workspace
while time.time() < start:
    pass
with open_workspace(Path(root), {}) as ws:
    assert ws.log.verify() == []
    code = 3 if ws.upgraded else 4
os._exit(code)
"""


@pytest.mark.full
def test_of_several_that_open_it_at_once_one_upgrades_it(old, start_process):
    import time

    start = time.time() + 3
    processes = [start_process(OPENER, root=str(old), start=start) for _ in range(3)]
    for process in processes:
        process.join(300)
    assert sorted(process.exitcode for process in processes) == [3, 4, 4]
    with opened(old) as ws:
        assert [one.action for one in ws.log.entries()].count("store.migrated") == 1


# Tampered afterwards

LOG_FIELDS = ("at", "actor", "action", "subject", "body", "prev_hash", "hash")


def change(connection: Connection, drawn: random.Random, table: str) -> str:
    """Change one cell of one row, delete the row or put another one in; gives what was done."""
    run_ = connection.exec_driver_sql
    number = run_(f"SELECT count(*) FROM {table}").scalar()
    if not number or drawn.random() < 0.3:
        return smuggle(connection, drawn, table)
    columns = run_(f"SELECT name, type FROM pragma_table_info('{table}')").all()
    keys = [row[0] for row in run_(f"SELECT name FROM pragma_table_info('{table}') WHERE pk ORDER BY pk")]
    number = drawn.randrange(number)
    row = run_(f"SELECT {', '.join(keys)} FROM {table} ORDER BY {', '.join(keys)} LIMIT 1 OFFSET {number}").one()
    where = " AND ".join(f"{key} = ?" for key in keys)
    if table != "audit_log" and drawn.random() < 0.3:
        run_(f"DELETE FROM {table} WHERE {where}", tuple(row))
        return f"{table} {number} deleted"
    name, kind = drawn.choice([one for one in columns if table != "audit_log" or one[0] in LOG_FIELDS])
    new = {"INTEGER": f'1 - "{name}"', "BLOB": f"CAST(\"{name}\" || x'00' AS BLOB)"}.get(
        kind, f"coalesce(\"{name}\", '') || 'x'"
    )
    run_(f'UPDATE {table} SET "{name}" = {new} WHERE {where}', tuple(row))
    return f"{table} {number} {name}"


@pytest.mark.full
@pytest.mark.parametrize("trials", [20, pytest.param(400, marks=pytest.mark.slow)])
def test_random_tamperings_of_an_upgraded_ledger_are_all_found(upgraded, trials):
    """Each in a transaction that is undone; which row of which table, which cell, is drawn with a fixed seed."""
    drawn, missed = random.Random(trials), []
    tables = sorted(set(schema.metadata.tables) - {"schema_version"})
    with opened(upgraded) as ws:
        engine = make_engine(ws.ledger.path, "BEGIN", ("PRAGMA foreign_keys = OFF",))
        for trial in range(trials):
            with engine.connect() as connection:
                triggers.drop(connection)
                done = change(connection, drawn, tables[trial % len(tables)])
                triggers.create(connection)
                if not ws.log.verify_in(connection):
                    missed.append(done)
                connection.rollback()
        engine.dispose()
        assert ws.log.verify() == []
    assert missed == []


@pytest.mark.full
@pytest.mark.parametrize("table", sorted(set(schema.metadata.tables) - {"schema_version"}))
def test_a_row_put_into_any_table_is_found(upgraded, table):
    with opened(upgraded) as ws:
        engine = make_engine(ws.ledger.path, "BEGIN", ("PRAGMA foreign_keys = OFF",))
        with engine.connect() as connection:
            triggers.drop(connection)
            smuggle(connection, random.Random(table), table)
            triggers.create(connection)
            found = ws.log.verify_in(connection)
            connection.rollback()
        engine.dispose()
    assert table in {fault.sheet or "audit_log" for fault in found}


def test_the_one_survey_of_then_is_the_one_survey_of_an_old_round_file():
    assert version2.FIRST == ONLY_INSTRUMENT


def test_seals_of_version_2_are_read_with_its_columns():
    assert {table.seal for table in version2.tables().values()} - {""} <= set(seals.SEALED)
    assert version2.key_now("cases", {"round_id": "r"}) == {"round_id": "r", "instrument_id": "khao-sat"}
    assert version2.key_now("current", {"round_id": "r", "step": "merge"})["instrument_id"] == ""
    assert version2.key_now("current", {"round_id": "r", "step": "weight"})["instrument_id"] == "khao-sat"
    assert version2.key_now("run", {"step_key": "k"}) == {"step_key": "k"}


# Version 3: tables say which encrypted file counts and who is erased, which until then only the log told.


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return unpack(3, tmp_path) / "workspace"


def test_version_3_opens_with_its_contacts_and_its_fieldwork(three):
    facts = json.loads((three.parent / FACTS).read_text(encoding="utf-8"))
    with opened(three) as ws:
        assert (ws.upgraded.from_version, ws.upgraded.to_version) == (3, 4)
        assert ws.log.verify(facts["log_head"]) == []
        entries = ws.log.entries()
        assert (len(entries), entries[-1].action) == (facts["entries"] + 1, "store.migrated")
        assert {one["of"] for one in json.loads(entries[-1].body)["seals"]} == {"erased", "personal"}
        survey, delegates = ws.rounds.instruments("gia-dinh-2026")
        contacts = ws.field.contacts
        for one in (survey, delegates):
            assert (
                list(contacts.read(one, ["f1", "f2", "f3", "f4"])["frame_unit_id"]) == facts["contacts"][one.public_id]
            )
            assert contacts.is_kept(one, facts["sources"][one.public_id])
        for place, n_rows in facts["fieldwork"].items():
            public_id, what = place.split(" ")
            assert len(ws.field.fieldwork.read(ws.rounds.by_public_id(public_id), what)) == n_rows
        assert contacts.erase(["f1", "f3"], instrument=survey) == 1
        everybody = pd.DataFrame([(f"f{n}", "x", "", "") for n in range(1, 5)], columns=list(COLUMNS), dtype="str")
        for one, left in ((survey, ["f4"]), (delegates, ["f1", "f2", "f4"])):
            assert contacts.save(one, everybody, "khung 3")
            assert list(contacts.read(one, [*everybody["frame_unit_id"]])["frame_unit_id"]) == left
        assert ws.log.verify() == []


def test_rows_of_version_3_say_how_many_were_erased_from_which_file(three):
    opened(three).close()
    with closing(sqlite3.connect(three / "sipas.db")) as connection:
        found = connection.execute("SELECT public_id, kind, log_seq, n_rows, n_erased FROM personal_files").fetchall()
        erased = connection.execute("SELECT public_id, log_seq FROM erased_contacts ORDER BY log_seq").fetchall()
    survey, delegates = "gia-dinh-2026", "gia-dinh-2026/dai-bieu"
    assert sorted(found, key=lambda row: row[2]) == [
        (survey, "contacts", 6, 4, 0),
        (delegates, "contacts", 7, 4, 0),
        (survey, "contacts", 9, 3, 1),
        (survey, "contacts", 10, 3, 0),
        (survey, "contacts", 12, 2, 1),
        (delegates, "contacts", 13, 3, 1),
        (survey, "fieldworkers", 14, 1, 0),
        (survey, "fieldworkers", 15, 2, 0),
        (survey, "assignments", 16, 1, 0),
        (delegates, "focal_points", 17, 1, 0),
    ]
    assert erased == [(survey, 8), ("", 11)]


def test_version_3_becomes_what_is_made_today(three, fresh):
    opened(three).close()
    assert schema_of(three / "sipas.db") == schema_of(fresh)


def test_version_3_failing_at_any_statement_is_as_it_was(three, break_at):
    before, statements = (three / "sipas.db").read_bytes(), break_at(0)
    opened(copy_of(three.parent, three.parent / "counted")).close()
    assert statements[-1] == "COMMIT"
    for number in [*range(1, len(statements), 25), len(statements)]:
        break_at(number)
        with pytest.raises(Broken):
            opened(three)
        assert (three / "sipas.db").read_bytes() == before, statements[number - 1]


VERSION_3_TAMPERED = {
    "body": ("log.changed", "UPDATE audit_log SET body = '[' WHERE action = 'contacts.save'"),
    "mark": ("log.changed", "UPDATE audit_log SET body = replace(body, '2aa651', '000000') WHERE seq = 10"),
    "row": ("log.rows_changed", "UPDATE cases SET is_issued = 0"),
    "row more": (
        "log.rows_unnamed",
        "INSERT INTO people SELECT 'x', name, salt, passphrase_hash, 1, created FROM people",
    ),
}


@pytest.mark.parametrize("tampered", VERSION_3_TAMPERED)
def test_version_3_that_does_not_verify_is_not_upgraded(three, tampered):
    rule, statement = VERSION_3_TAMPERED[tampered]
    run(three, f"{statement} LIMIT 1" if "SELECT" in statement else statement)
    before = dump(three / "sipas.db")
    with pytest.raises(FaultsFound) as caught:
        opened(three)
    assert rule in {fault.rule for fault in caught.value.faults}
    assert dump(three / "sipas.db") == before


def test_version_3_with_a_table_of_version_4_is_refused(three):
    run(three, "CREATE TABLE personal_files (a)")
    with pytest.raises(StoreError) as caught:
        opened(three)
    assert caught.value.rule == "store.schema_damaged"
