"""`sipas round cancel` and `reopen` as a person meets them, and what flows see of a cancelled instrument."""

import json
from pathlib import Path

from command import sipas, strict
from joint_round import DELEGATES, SIPAS, joint_office
from small_round import ROUND, new_office

from flows.inbox import inbox_places
from flows.workplace import instrument_ids, only_instrument
from sipas.jobs.prepare.rounds import new_round
from sipas.store.workspace import open_workspace
from sipas.words.numbers import format_day


def test_an_instrument_is_cancelled_with_what_it_leaves_open(tmp_path: Path) -> None:
    office = joint_office(tmp_path, DELEGATES)
    new_round(office.ws, ROUND)
    root = office.ws.root
    office.ws.close()

    def run(*arguments: str):
        return sipas("-w", root, "round", *arguments, folder=tmp_path)

    unnamed = run("cancel", "--reason", "thử")
    assert (unnamed.returncode, "sipas, dai-bieu" in unnamed.stderr) == (1, True)
    both = run("cancel", "--reason", "thử", "--instrument", DELEGATES, "--whole-round")
    assert (both.returncode, "không cả hai" in both.stderr) == (1, True)
    done = run("cancel", "--reason", "đang bầu lại", "--instrument", DELEGATES)
    assert (done.returncode, done.stderr) == (0, "")
    assert "dai-bieu đã hủy." in done.stdout and "thu/xa/8.3" in done.stdout
    assert "đã hủy từ trước" in run("cancel", "--reason", "đang bầu lại", "--instrument", DELEGATES).stdout
    facts = strict(run("cancel", "--reason", "đang bầu lại", "--instrument", DELEGATES, "--json").stdout)
    assert not facts["is_new"] and facts["instrument_id"] == DELEGATES
    last = run("cancel", "--reason", "thử", "--instrument", SIPAS)
    assert (last.returncode, "--whole-round" in last.stderr) == (1, True)
    status = run("status").stdout
    assert "đã hủy: đang bầu lại" in status
    with open_workspace(root, {"SIPAS_ACTOR": "lan"}) as ws:
        assert instrument_ids(ws, ROUND) == (SIPAS,)
        assert only_instrument(ws, ROUND, "") == SIPAS
        assert not [one for one in inbox_places(ws) if one.endswith(DELEGATES)]
    assert "đã hủy cả đợt" in run("cancel", "--reason", "mở nhầm", "--whole-round").stdout
    told = run("status", "--round", ROUND).stdout
    assert "Đã hủy cả đợt: mở nhầm" in told


def test_reopening_says_until_when(tmp_path: Path) -> None:
    office = new_office(tmp_path, "returned")
    root, today = office.ws.root, office.ws.today()
    office.ws.close()

    def run(*arguments: str):
        return sipas("-w", root, "round", *arguments, folder=tmp_path)

    assert run("close").returncode == 0
    without = run("reopen", "--round", ROUND, "--reason", "thư thất lạc")
    assert without.returncode != 0 and "--until" in without.stderr
    wrong = run("reopen", "--round", ROUND, "--reason", "thư thất lạc", "--until", "20/11")
    assert (wrong.returncode, "rounds.reopen_day" in wrong.stderr or "Viết ngày như" in wrong.stderr) == (1, True)
    past = run("reopen", "--round", ROUND, "--reason", "thư thất lạc", "--until", "2026-01-01")
    assert (past.returncode, today in past.stderr) == (1, True)
    done = run("reopen", "--round", ROUND, "--reason", "thư thất lạc", "--until", today)
    assert (done.returncode, f"đến hết {format_day(today)}" in done.stdout) == (0, True)
    assert f"nhận phiếu đến hết {format_day(today)}: thư thất lạc" in run("status").stdout
    assert json.loads(run("status", "--json").stdout)["reopenings"][0]["counts_until"] == today


def test_a_reason_of_marks_alone_is_no_reason(tmp_path: Path) -> None:
    sipas("init", folder=tmp_path)
    sipas("round", "new", "thu-2026", "--from", "made-up-gia-dinh-2026", folder=tmp_path)
    done = sipas("round", "cancel", "--instrument", "dai-bieu", "--reason", "...", folder=tmp_path)
    assert done.returncode == 1
    assert sipas("round", "cancel", "--instrument", "dai-bieu", "--reason", "gộp", folder=tmp_path).returncode == 0


def test_a_mistyped_head_says_nothing_of_the_log(tmp_path: Path) -> None:
    sipas("init", folder=tmp_path)
    done = sipas("log", "verify", "--head", "abc", folder=tmp_path)
    assert done.returncode == 2
    assert "KHÔNG NGUYÊN VẸN" not in done.stdout + done.stderr
