"""Commands on a released round: the release or the present state, counted again, closed and opened again."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from command import asked
from small_round import ROUND, Office, new_office

import sipas.jobs.results.trace
from sipas.jobs.results.publish import draft_release, release
from sipas.jobs.results.trace import Traced
from sipas.store.office.signing import Signature
from sipas.store.stepruns import Place
from sipas.words import word

pytestmark = pytest.mark.full

ADDRESS = f"{ROUND}/X07/thu/xa/8.1"
PASSPHRASE = "mật khẩu của Minh"
UNTIL = "2099-12-31"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished round, released by two people; the tests before the last only read."""
    office: Office = new_office(tmp_path_factory.mktemp("released"), "finished")
    for person in ("lan", "minh"):
        office.ws.office.people.add(person, person, PASSPHRASE)
    release(office.ws, ROUND, draft_release(office.ws, ROUND).release_no, Signature("minh", PASSPHRASE))
    office.ws.close()
    return office.ws.root


def screen(root: Path, *words: str) -> str:
    done: Result = asked(root, *words)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_trace_of_the_release_and_of_today(root: Path) -> None:
    released, working = screen(root, "trace", ADDRESS), screen(root, "trace", ADDRESS, "--working")
    assert "BẢN ĐÃ CÔNG BỐ lần 1" in released and "BẢN ĐÃ CÔNG BỐ" not in working
    for text in (released, working):
        assert "Tính lại: KHỚP" in text and "Định nghĩa chỉ số" in text
        assert "questionnaire/" not in text and "index/" not in text


@pytest.mark.parametrize("options", [[], ["--working"]])
def test_a_trace_in_english(root: Path, options: list[str]) -> None:
    """Of the release by the methodology that it froze."""
    text = screen(root, "--lang", "en", "trace", ADDRESS, *options)
    shown = (
        "8.1 Overall satisfaction (SIPAS)",
        "Value / 100 × 10, at most 10",
        "Satisfaction index",
        "Official: without weights, all respondents",
        "policy information complete and clear",
    )
    assert [one for one in shown if one not in text] == []
    own = ("Article", "Rulebook ", "Public value", "File ")
    lines = [one for one in text.splitlines() if not one.startswith(own)]
    assert [one for one in lines if re.search("[À-ÖØ-öø-ỹ]", one)] == []


def test_the_index_in_english(root: Path) -> None:
    text = screen(root, "--lang", "en", "score")
    assert "Official: without weights, all respondents" in text and "SIPAS satisfaction index" in text


def test_a_recount_is_told_in_words(root: Path) -> None:
    text = screen(root, "trace", ADDRESS, "--recount")
    assert "Kết quả: trùng hoàn toàn." in text
    shown = {
        word("input", one) for one in ("control_totals", "joined.json", "weighted_cases", "index_scores", "results")
    }
    assert [one for one in shown if one not in text] == []
    assert [one for one in ("control_totals", "joined.json", "weighted_cases", "khao-sat") if one in text] == []
    assert asked(root, "trace", ADDRESS, "--recount", "--working").exit_code == 2


def test_a_note_names_the_step_and_the_instrument_in_words(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explained = sipas.jobs.results.trace.trace

    def noted(*given: object, **options: bool) -> Traced:
        return replace(
            explained(*given, **options), notes=(Place(ROUND, "dai-bieu", "weight"), Place(ROUND, "", "merge"))
        )

    monkeypatch.setattr(sipas.jobs.results.trace, "trace", noted)
    monkeypatch.setattr("flows.names.short_names", lambda *_: {"sipas": "SIPAS", "dai-bieu": "Đại biểu HĐND xã"})
    text = screen(root, "trace", ADDRESS)
    assert "Ghi chú: kết quả bước Quyền số (Đại biểu HĐND xã) do phiên bản khác của chương trình tính." in text
    assert "Ghi chú: kết quả bước Tổng hợp và xếp hạng do phiên bản khác" in text


def test_export_and_returns_of_the_release_and_of_today(root: Path) -> None:
    for words in (["export"], ["export", "--to", "csv"], ["returns"]):
        assert "bản công bố lần 1" in screen(root, *words), words
        assert "bản công bố lần 1" not in screen(root, *words, "--working"), words


@pytest.mark.parametrize("words", [["returns"], ["score"]])
def test_codes_have_their_names_and_fit_on_a_screen_of_80(
    root: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.cli.lines.terminal_width", lambda *, error=False: 80)
    text = screen(root, *words)
    assert max(map(len, text.splitlines())) <= 80 and "nan" not in text.lower().split()
    wanted = {"returns": ("X07", "Phường", "Bưu điện", "Sở Nội vụ"), "score": ("II Cung ứng", "SIPAS Chỉ số")}
    assert [one for one in wanted[words[0]] if one not in text] == []


def test_a_variant_that_is_not_there_is_named(root: Path) -> None:
    for options in ([], ["--working"]):
        wrong = asked(root, "trace", f"{ROUND}/X07/sipas/SIPAS/khac", *options).exception
        assert (wrong.rule, wrong.got) == ("trace.unknown_variant", "khac")
        assert asked(root, "trace", f"{ADDRESS}/official", *options).exception.rule == "trace.no_variants"


def test_a_closed_round_is_opened_again_for_returns(root: Path) -> None:
    assert (
        asked(root, "round", "reopen", "--reason", "phiếu lũ", "--until", UNTIL).exception.rule == "store.round_state"
    )
    assert "đã khóa" in screen(root, "round", "close")
    refused = asked(root, "weight", "--round", ROUND).exception
    assert (refused.rule, refused.got) == ("store.round_state", "closed")
    assert "đã mở lại lần 1, chỉ để nhận phiếu" in screen(
        root, "round", "reopen", "--round", ROUND, "--reason", "phiếu lũ", "--until", UNTIL
    )
    assert word("round_state", "reopened") in screen(root, "round", "status")
