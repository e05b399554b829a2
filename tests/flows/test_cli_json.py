"""`--json` of every command: one JSON value on stdout, whatever the command found, did, asked or refused."""

import decimal
from pathlib import Path

import click
import pandas as pd
import pytest
from command import commands, sipas, strict
from small_round import COMMITTED_AT, NUMBERS, OPENED_AT, ROUND, VALUE, new_office

from flows.cli.base import WITHOUT_JSON
from flows.cli.machine import plain
from sipas.jobs.stepruns.pinned import pinned
from sipas.store.workspace import open_workspace

PASSPHRASE = "mật khẩu thử 2026"
TABLE = "Đơn vị,Điểm,Tối đa,Chỉ số (%),Xếp hạng\nXã A,8,10,80,1\nXã B,7,10,71,2\n"
WORKERS = "Mã điều tra viên;Họ và tên;Điện thoại;Đơn vị chủ trì\nDTV01;Canary An;;BD\nDTV02;Canary Ba;;SNV\n"
FOCAL = "Mã đơn vị;Họ và tên;Điện thoại;Thư điện tử\nS01;Canary Hà;;ha@vi-du.example\n"
REFUSED = {"raters", "values template", "values check", "values import", "round cancel"}  # by a round of returned forms


def leaves() -> dict[str, click.Command]:
    return {name: command for name, command in commands().items() if not isinstance(command, click.Group)}


def test_every_command_takes_json_and_answers() -> None:
    with_json = {name for name, command in leaves().items() if any("--json" in param.opts for param in command.params)}
    assert set(leaves()) - with_json == WITHOUT_JSON
    answers = {name for name in with_json if leaves()[name].callback.__annotations__["return"] == "Answer"}
    assert answers == with_json


@pytest.mark.parametrize("name", sorted(WITHOUT_JSON))
def test_a_command_without_json_says_so(name: str, tmp_path: Path) -> None:
    done = sipas(name, "--json", folder=tmp_path)
    assert (done.returncode, strict(done.stdout)["rule"]) == (2, "cli.usage")
    assert "--json" in done.stderr


class Chain:
    """Calls about a round, one after the other, each with --json."""

    def __init__(self, folder: Path) -> None:
        self.office = new_office(folder)
        self.folder = folder
        self.answers: dict[str, object] = {}

    def saved(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8-sig")
        return path

    def run(self, name: str, *arguments: object, typed: str = ""):
        """What a machine reads on stdout: nothing but facts, or an error with what to do."""
        call = (*name.split(), *arguments, "--json")
        done = sipas("-w", self.office.ws.root, *call, folder=self.folder, typed=typed)
        facts = self.answers[name] = strict(done.stdout)
        assert done.returncode == (1 if name in REFUSED else 0), (name, done.stdout, done.stderr)
        if name in REFUSED:
            assert facts["rule"] and facts["text"] in done.stderr and facts["action"]
        return facts


@pytest.mark.full
def test_every_command_of_a_round_gives_json(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    prepare(chain)
    draw(chain)
    collect(chain)
    publish(chain)
    change(chain)
    assert set(chain.answers) == set(leaves()) - WITHOUT_JSON
    texts = [text for text in strings(chain.answers) if "Canary" in text or PASSPHRASE in text]
    assert texts == []
    log = (chain.office.ws.root / "logs" / "sipas.log").read_text(encoding="utf-8")
    assert f"{ROUND}/khao-sat/weight made" in log and "Traceback" not in log


def prepare(chain: Chain) -> None:
    """Workspace, people, methodology, frame and plan."""
    run, frame = chain.run, chain.office.frame_path()
    assert Path(run("init")["key_file"]).is_file()
    for person in ("lan", "minh"):
        assert run("people add", person, person, typed=f"{PASSPHRASE}\n" * 2) == {
            "person_id": person,
            "name": person,
            "is_new": True,
        }
    assert [person["person_id"] for person in run("people list")["people"]] == ["lan", "minh"]
    assert not run("round new", ROUND)["is_new"]
    assert run("round status")["next"].endswith("frame import TỆP")
    assert all(group["n_in_force"] >= 0 for group in run("units check")["groups"])
    assert {book["rulebook_id"] for book in run("rulebook check")["rulebooks"]} >= {"thu/so", "thu/xa"}
    assert run("rulebook new", "thu/moi")["next"].endswith("rulebook check thu/moi")
    exported = run("rulebook export", "thu/so")["file"]
    assert run("rulebook import", exported, "thu/so", "--replace")["n_criteria"] > 0
    assert run("rulebook diff", "thu/so", "thu/xa")
    assert run("round amend", "--reason", "thử")["changed"] == ["rulebook/thu/so"]
    assert Path(run("frame template")["file"]).is_file()
    checked, imported = run("frame check", frame), run("frame import", frame)
    assert imported == checked | {"is_new": True}
    assert run("plan")["sample_size"] == 1900


def draw(chain: Chain) -> None:
    """Seal, draw, verify, minutes."""
    run = chain.run
    parties = [party.name for party in pinned(chain.office.ws, ROUND).survey_round.instruments[0].draw.parties]
    assert set(run("nonce", parties[0])) == {"party", "secret", "commitment"}
    sealed = run("commit", "--at", COMMITTED_AT)
    assert sealed["record"]["commit_no"] == 1 and " reveal " in sealed["next"]
    first, last = (run("reveal", *given, "--at", OPENED_AT) for given in zip(parties, NUMBERS, strict=True))
    assert (first["waiting"], first["next"]) == ([parties[1]], None) and " draw " in last["next"]
    drawn = run("draw", "--value", VALUE, typed=f"{VALUE}\n")
    assert drawn["is_new"] and drawn["n_main"] == 1900
    folder = Path(drawn["folder"])
    assert run("verify-draw", folder / "manifest.json", folder / "frame.csv")["agrees"]
    assert Path(run("minutes")["file"]).is_file()


def collect(chain: Chain) -> None:
    """Fieldwork, reserves, returned forms."""
    run = chain.run
    assert run("fieldworkers import", chain.saved("dtv.csv", WORKERS))["n_now"] == 2
    assert run("focal-points import", chain.saved("đầu mối.csv", FOCAL))["n_now"] == 1
    assert run("assign", "--even")["n_new"] > 0
    made = run("lists", "--kind", "field")
    assert run("lists", "--remove")["n_removed"] == made["n_files"]
    proposed = run("reserves release", "--stratum", "X07=1", "--reason", "thử", "--as", "lan")
    assert " reserves approve 1 " in proposed["next"]
    approved = run("reserves approve", 1, "--by", "minh", typed=f"{PASSPHRASE}\n")
    assert [line["state"] for line in approved["lines"]] == ["used"] and Path(approved["file"]).is_file()
    run("reserves withdraw", "--stratum", "X07=1", "--reason", "thử", "--as", "lan")
    assert run("reserves reject", 2, "--by", "minh", "--reason", "thử", typed=f"{PASSPHRASE}\n")["state"] == "rejected"
    assert len(run("reserves status")["changes"]) == 2
    received = run("receive", *chain.office.returned_paths(), "--received-on", "2026-09-01")
    assert len(received["files"]) == 4 and received["refused"] == []
    again = sipas("-w", chain.office.ws.root, "receive", chain.office.returned_paths()[0], folder=chain.folder)
    assert "đã nhận từ trước" in again.stdout
    assert run("returns")["instruments"][0]["by_unit"]
    table = chain.saved("bảng.csv", TABLE)
    run("raters")
    run("values template")
    run("values check", table)
    run("values import", table)
    run("audit", table)


def publish(chain: Chain) -> None:
    """From weights to a release."""
    run = chain.run
    assert run("weight")["is_new"]
    assert isinstance(run("score")[0]["value_pct"], float)
    assert all(
        file["n_new"] == file["n_read"] for file in run("appraisals import", *chain.office.appraisal_paths())["files"]
    )
    results = run("merge")
    assert {row["rulebook_id"] for row in results} == {"thu/so", "thu/xa"} and len(results) == 78
    assert min(row["rank"] for row in results if row["rulebook_id"] == "thu/so") == 1
    assert run("trace", f"{ROUND}/X07/thu/xa/8.1")["agrees"]
    assert all(Path(path).is_file() for path in run("export", "--to", "csv")["paths"])
    book = run("export")
    assert Path(book["path"]).is_file() and book["translated"] is None
    assert " publish --approve 1 " in run("publish", "--as", "lan")["next"]
    released = run("publish", "--approve", 1, "--by", "minh", typed=f"{PASSPHRASE}\n")
    assert (released["state"], released["approver"]) == ("released", "minh")


def change(chain: Chain) -> None:
    """Units that end, a round closed and opened again, and the log of it all."""
    run = chain.run
    document = ("--on", "2026-08-01", "--decision", "1/QĐ")
    assert len(run("units merge", "X01", "--into", "X02", *document)["events"]) == 1
    assert len(run("units close", "X03", *document)["events"]) == 2
    run("round cancel", "--reason", "thử")
    assert run("round close") == {"round_id": ROUND, "is_new": True}
    reopened = run("round reopen", "--round", ROUND, "--reason", "thử", "--until", "2099-12-31")
    assert reopened["reopen_no"] == 1 and " round close " in reopened["next"]
    verified = run("log verify")
    assert verified["is_whole"] and verified["faults"] == []
    assert run("log show")["head"] == verified["head"]
    assert run("log verify", "--head", verified["head"])["is_whole"]


def strings(value: object) -> list[str]:
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return [text for item in items for text in strings(item)]
    return [value] if isinstance(value, str) else []


def test_what_is_asked_stands_on_stderr_alone(tmp_path: Path) -> None:
    sipas("init", tmp_path / "w", folder=tmp_path)
    call = ("-w", tmp_path / "w", "people", "add", "lan", "Lan")
    done = sipas(*call, "--json", folder=tmp_path, typed=f"{PASSPHRASE}\n" * 2)
    assert strict(done.stdout)["is_new"] and "Nhập lại mật khẩu" in done.stderr
    stopped = sipas(*call, "--json", folder=tmp_path)
    assert (stopped.returncode, strict(stopped.stdout)["rule"]) == (130, "cli.stopped")
    asked = sipas(*call, folder=tmp_path, typed=f"{PASSPHRASE}\n" * 2)
    assert "mật khẩu" not in asked.stdout and "lan" in asked.stdout


@pytest.mark.full
def test_files_refused_among_others_are_one_json(tmp_path: Path) -> None:
    office = new_office(tmp_path, "drawn")
    files = ["không có.csv", *office.returned_paths()[:1], "cũng không.csv"]
    call = ("-w", office.ws.root, "receive", *files, "--received-on", "2026-09-01", "--json")
    done = sipas(*call, folder=tmp_path)
    facts = strict(done.stdout)
    assert (done.returncode, len(facts["files"]), len(facts["refused"])) == (1, 1, 2)
    assert sum(facts["files"][0]["counts"].values()) > 0
    assert all(error["rule"] and error["text"] in done.stderr for error in facts["refused"])


def test_a_log_that_is_not_whole_is_facts_too(tmp_path: Path) -> None:
    sipas("init", tmp_path / "w", folder=tmp_path)
    for head, code, is_whole in (("9999-0123456789abcdef", 1, False), ("9999", 2, None)):
        done = sipas("-w", tmp_path / "w", "log", "verify", "--head", head, "--json", folder=tmp_path)
        facts = strict(done.stdout)
        assert (done.returncode, facts["is_whole"]) == (code, is_whole)
        assert all(fault["rule"] and fault["text"] for fault in facts["faults"]) and facts["faults"]


def test_absent_numbers_are_null_and_decimals_are_texts() -> None:
    frame = pd.DataFrame({"a": [1.5, float("nan")], "b": pd.array([1, None], dtype="Int64")})
    facts = {"x": frame, "y": decimal.Decimal("8.50"), "z": float("inf"), "p": Path("a"), "s": {"b", "a"}}
    rows = [{"a": 1.5, "b": 1}, {"a": None, "b": None}]
    assert plain(facts) == {"x": rows, "y": "8.50", "z": None, "p": "a", "s": ["a", "b"]}


def test_a_wrong_call_is_json_too(tmp_path: Path) -> None:
    done = sipas("round", "status", "--json", "--nothing", folder=tmp_path)
    found = strict(done.stdout)
    assert (done.returncode, found["rule"], found["where"]) == (2, "cli.usage", "sipas round status")
    nowhere = sipas("round", "status", "--json", folder=tmp_path)
    assert (nowhere.returncode, strict(nowhere.stdout)["rule"]) == (1, "store.no_workspace")


def test_a_log_whose_times_go_back_is_whole_and_says_so(tmp_path: Path) -> None:
    root = tmp_path / "w"
    sipas("init", root, folder=tmp_path)
    with open_workspace(root, {}, clock=lambda: "2024-02-01T03:00:00Z") as ws:
        ws.office.people.add("lan", "Lan", PASSPHRASE)
    done = sipas("-w", root, "log", "verify", "--json", folder=tmp_path)
    facts = strict(done.stdout)
    assert (done.returncode, facts["is_whole"], facts["faults"]) == (0, True, [])
    assert [(fault["rule"], fault["row"]) for fault in facts["dated_back"]] == [("log.dated_back", 2)]
    told = sipas("-w", root, "log", "verify", folder=tmp_path).stdout
    assert "1 mục ghi thời điểm sớm hơn" in told and "2024-02-01T03:00:00Z" in told
