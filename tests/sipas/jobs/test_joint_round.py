"""A joint round at work: an instrument is cancelled, raters are asked beside SIPAS, persons of the first are spared."""

import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from joint_round import DELEGATES, RATERS, SIPAS, draw, folder_of, joint_office, link, peopled, raters_list, score_sipas
from small_round import ROUND, Office

from errors import DataError, FaultsFound, StoreError
from sipas.jobs.field.lists import Selection, make_lists
from sipas.jobs.field.receive import receive
from sipas.jobs.field.returns import all_returns
from sipas.jobs.field.unitevents import end_units
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.raters import pairs_of
from sipas.jobs.prepare.rounds import amend_round, new_round
from sipas.jobs.prepare.status import round_status
from sipas.jobs.results.closing import cancel_instrument, cancel_round, close_round
from sipas.jobs.results.export import export_csv
from sipas.jobs.results.merge import merge
from sipas.jobs.results.publish import draft_release, release
from sipas.jobs.results.read import table_of
from sipas.jobs.results.trace import trace
from sipas.jobs.results.weight import weight
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.stepruns.earlier import earlier_respondents
from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.office.signing import Signature

REASON = "Hội đồng nhân dân các xã đang bầu lại"


def refused(rule: str, call, *arguments: object) -> StoreError:
    with pytest.raises((StoreError, DataError)) as caught:
        call(*arguments)
    assert caught.value.rule == rule
    return caught.value


def faults(call, *arguments: object) -> list[tuple[str, str, str, str]]:
    with pytest.raises(FaultsFound) as caught:
        call(*arguments)
    return [(one.rule, one.file, one.column, one.got) for one in caught.value.faults]


def edit(office: Office, old: str, new: str) -> None:
    path = folder_of(office) / "round.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.slow
def test_a_round_goes_on_without_an_instrument_that_was_cancelled(tmp_path: Path) -> None:
    made = joint_office(tmp_path, DELEGATES)
    new_round(made.ws, ROUND)
    office, ws = peopled(made), made.ws
    import_frame(ws, ROUND, delegates_list(office, ["001"]), DELEGATES)  # from here on it cannot be amended away
    refused("store.which_instrument", cancel_instrument, ws, ROUND, REASON)
    refused("store.no_reason", cancel_instrument, ws, ROUND, " ", DELEGATES)
    done = cancel_instrument(ws, ROUND, REASON, DELEGATES)
    assert (done.instrument_id, done.is_new, done.criteria) == (DELEGATES, True, ("thu/xa/8.3",))
    assert not cancel_instrument(ws, ROUND, REASON, DELEGATES).is_new
    refused("rounds.cancel_last", cancel_instrument, ws, ROUND, REASON, SIPAS)
    refused("store.round_state", import_frame, ws, ROUND, delegates_list(office, ["002"]), DELEGATES)
    refused("jobs.cancelled", all_returns, ws, ROUND, DELEGATES)

    with pytest.raises(FaultsFound) as caught:
        office.run_all()  # no command needs --instrument any more
    assert caught.value.rule == "parindex.unlinked"
    assert [(one.file, one.column, one.got) for one in caught.value.faults] == [("thu/xa", "8.3", "made-up-dai-bieu")]
    link(office, "8.3,sipas,II,")
    amend_round(ws, ROUND, "không lấy ý kiến đại biểu")
    merge(ws, ROUND)
    book = openpyxl.load_workbook(make_workbook(ws, ROUND).path, read_only=True)
    said = [str(cell.value) for row in book["Phương pháp"].iter_rows() for cell in row]
    assert any(REASON in one for one in said)
    status = round_status(ws, ROUND)
    assert [(one.state, one.cancelled_for) for one in status.instruments] == [("open", ""), ("cancelled", REASON)]
    assert {(one.instrument_id, one.state) for one in status.steps} == {(SIPAS, "current"), ("", "current")}
    assert [one.instrument_id for one in all_returns(ws, ROUND)] == [SIPAS]
    assert trace(ws, f"{ROUND}/X07/thu/xa/8.3").report.agrees
    refused("jobs.cancelled", make_lists, ws, ROUND, "field", Selection(), DELEGATES)
    ws.office.people.add("lan", "Lan", "mật khẩu của Lan")
    ws.office.people.add("minh", "Minh", "mật khẩu của Minh")
    made_draft = draft_release(ws, ROUND)
    assert [name for name in made_draft.outputs if name.startswith("index_scores")] == [f"index_scores/{SIPAS}"]
    release(ws, ROUND, made_draft.release_no, Signature(person_id="minh", passphrase="mật khẩu của Minh"))
    assert trace(ws, f"{ROUND}/X07/thu/xa/8.3").release_no == 1
    assert export_csv(ws, ROUND).release_no == 1
    assert close_round(ws, ROUND)
    assert ws.log.verify() == []


def test_a_round_is_cancelled_whole_only_by_name(office: Office) -> None:
    """A round of one survey: what is cancelled with it is the round."""
    ws = office.ws
    assert refused("rounds.cancel_last", cancel_instrument, ws, ROUND, "thử").got == "khao-sat"
    assert round_status(ws, ROUND).state == "new"
    assert [cancel_round(ws, ROUND, "mở nhầm"), cancel_round(ws, ROUND, "mở nhầm")] == [True, False]
    status = round_status(ws, ROUND)
    assert (status.state, status.instruments[0].cancelled_for, status.steps) == (
        "cancelled", "mở nhầm", tuple(one for one in status.steps if not one.instrument_id),
    )  # fmt: skip
    refused("store.round_state", import_frame, ws, ROUND, office.frame_path())
    refused("store.round_state", merge, ws, ROUND)
    assert ws.rounds.default() == ROUND
    assert not cancel_instrument(ws, ROUND, "thử").is_new


def test_what_has_come_back_is_not_cancelled(copied: Office) -> None:
    refused("store.cancel_returned", cancel_round, copied.ws, ROUND, "thử")
    assert round_status(copied.ws, ROUND).state == "open"


@pytest.mark.full
def test_sipas_is_merged_while_raters_are_asked(tmp_path: Path) -> None:
    made = joint_office(tmp_path, RATERS)
    link(made, "8.3,made-up-xhh,XHH,")
    assert faults(new_round, made.ws, ROUND) == [("rounds.link_unscored", "thu/xa", "8.3", "made-up-xhh")]
    link(made, "8.3,sipas,II,")
    new_round(made.ws, ROUND)
    office, ws = peopled(made), made.ws
    link(office, "8.3,made-up-xhh,XHH,")
    assert [one[0] for one in faults(amend_round, ws, ROUND, "thử")] == ["rounds.link_unscored"]
    link(office, "8.3,sipas,II,")

    draw(office, SIPAS, office.frame_path())
    draw(office, RATERS, raters_list(office))
    score_sipas(office)
    refused("jobs.rater_weights", weight, ws, ROUND, RATERS)
    merge(ws, ROUND)
    make_workbook(ws, ROUND)
    before = table_of(ws, ROUND, "merge", "results")
    assert trace(ws, f"{ROUND}/X07/thu/xa/8.3").report.agrees
    assert ("weight", RATERS) not in {(one.step, one.instrument_id) for one in round_status(ws, ROUND).steps}

    pairs = pairs_of(Workbench(ws, ROUND, RATERS))
    both = pairs[pairs["rated_unit_id"].isin(["X07", "X08"])]
    end_units(ws, ROUND, ["X08"], into="X07", on="2026-08-01", decision="1/QĐ (giả định)")
    assert forms(office, both).counts["accepted"] == len(both)
    [returned] = all_returns(ws, ROUND, RATERS)
    counts = returned.report.by_unit.set_index("unit_id")
    assert counts.loc["X07", "n_valid"] == counts.loc["X07", "n_issued"] == len(both)
    assert "X08" not in counts.index
    weight(ws, ROUND, SIPAS)
    office_of = Workbench(ws, ROUND, SIPAS)
    assert not (office_of.table("weight", "weighted_cases")["rated_unit_id"] == "X08").any()
    assert len(before) == 78


def forms(office: Office, pairs: pd.DataFrame):
    """Forms of raters for these pairs."""
    path = office.inbox / "phiếu cán bộ.csv"
    facts = {"Mã phiếu": pairs["case_id"], "Mã đơn vị": pairs["rated_unit_id"]}
    answers = dict.fromkeys(("XH1", "XH2", "XH3", "XH4"), "4")
    pd.DataFrame({**facts, **answers}).to_csv(path, index=False)
    return receive(office.ws, ROUND, path, RATERS, received_on="2026-09-01")


def delegates_list(office: Office, numbers: list[str]) -> Path:
    """A list of delegates of one commune."""
    path = office.inbox / f"đại biểu {numbers[0]}.csv"
    sink = io.StringIO()
    table = csv.writer(sink)
    table.writerow(["Số định danh", "Mã xã", "Họ và tên", "Số điện thoại"])
    table.writerows([number, "X07", f"Đại biểu {at}", ""] for at, number in enumerate(numbers))
    path.write_text(sink.getvalue(), encoding="utf-8")
    return path


@pytest.mark.full
def test_the_second_instrument_spares_the_persons_of_the_first(tmp_path: Path) -> None:
    made = joint_office(tmp_path, DELEGATES)
    for own in (f"{ROUND}/{DELEGATES}", f"{ROUND}/khac"):
        edit(made, 'frame_kind = "person"', f'frame_kind = "person"\nspare_round = "{own}"')
        rule = "rounds.spare_unknown" if own.endswith("khac") else "rounds.spare_itself"
        column = f"instruments.{DELEGATES}.plan.spare_round"
        assert faults(new_round, made.ws, ROUND) == [(rule, "round.toml", column, own)]
        edit(made, f'\nspare_round = "{own}"', "")
    edit(made, 'frame_kind = "person"', f'frame_kind = "person"\nspare_round = "{ROUND}"')
    edit(made, 'target = "transaction"', f'target = "transaction"\nspare_round = "{ROUND}/{DELEGATES}"')
    assert [one[0] for one in faults(new_round, made.ws, ROUND)] == [
        "rounds.spare_itself"
    ] * 2  # each waits for the other
    edit(made, f'\nspare_round = "{ROUND}/{DELEGATES}"', "")
    new_round(made.ws, ROUND)
    office, ws = peopled(made), made.ws
    rows = office.frame.rows
    path = delegates_list(office, [*rows["Số định danh"].unique()[:400]])
    assert refused("frames.spare_not_drawn", import_frame, ws, ROUND, path, DELEGATES).got == ROUND
    draw(office, SIPAS, office.frame_path())
    asked = set(earlier_respondents(ws, ROUND))
    report = import_frame(ws, ROUND, path, DELEGATES)
    frame = table_of(ws, ROUND, "frame", "frame", DELEGATES)
    assert report.n_asked == frame["person_key"].isin(asked).sum() == (frame["asked_before"] == "asked").sum()
    assert 0 < report.n_asked < len(frame)
