"""The packaged joint round: two instruments, each with its own survey, one set of units and rulebooks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from joint_folders import DATA, JOINT, edited, folders

from errors import FaultsFound
from sampling.manifest import Party
from sipas.rounds import ONLY_INSTRUMENT
from sipas.rounds.parts import RoundParts, load_parts

OLD = DATA / "rounds" / "made-up-xhh-2026"
NUMBERS = {  # published on purpose: the example's parties do not exist
    "sipas": ("7f0c1d6e-so-noi-vu-gia-dinh", "c4b2a913-mat-tran-gia-dinh"),
    "dai-bieu": ("5d2e8f17-so-noi-vu-dai-bieu", "91b6c0a4-thuong-truc-hdnd-dai-bieu"),
}


def faults_of(tmp_path: Path, old: str, new: str) -> list[tuple[str, str]]:
    """Faults of the joint round with one change of its file."""
    folder = tmp_path / JOINT.name
    shutil.copytree(JOINT, folder)
    edited(folder, "round.toml", old, new)
    with pytest.raises(FaultsFound) as caught:
        load_parts(folders(folder))
    return [(one.rule, one.got) for one in caught.value.faults]


@pytest.fixture(scope="module")
def parts() -> RoundParts:
    return load_parts(folders(JOINT))


def test_two_instruments_of_one_round(parts: RoundParts) -> None:
    first, second = parts.surveys()
    assert parts.survey_round.instrument_ids() == ("sipas", "dai-bieu")
    assert [one.case_code for one in (first, second)] == ["GD26", "DB26"]
    assert first.rules.public_id == "made-up-gia-dinh-2026"
    assert second.rules.public_id == "made-up-gia-dinh-2026/dai-bieu"
    assert [len(one.rated_units()) for one in (first, second)] == [78, 60]
    assert {unit.unit_group for unit in second.units_at_draw()} == {"xa"}
    assert first.rules.units == parts.survey_round.head.units
    assert second.rules.units.groups == {"xa": "xã, phường, đặc khu"}
    assert [one.rules.conductor_of("xa") for one in (first, second)] == ["BD", "SNV"]


def test_a_criterion_of_the_communes_takes_the_value_of_the_delegates(parts: RoundParts) -> None:
    leaf = parts.rulebook_of("made-up-gia-dinh/2026-xa").criterion("8.3")
    assert leaf.link is not None and leaf.form == "linear"
    behind = parts.of_index(leaf.link.index_id)
    assert behind.rules.id == "dai-bieu"
    assert leaf.link.node_code in {node.node_code for node in behind.index.nodes}
    others = {one.link.index_id for book in parts.rulebooks for one in book.linked_leaves() if one.link is not None}
    assert others == {"sipas", "made-up-dai-bieu"}


def test_an_option_earns_what_it_earned_when_counts_were_typed_in(parts: RoundParts) -> None:
    delegates = parts.of_instrument("dai-bieu")
    scale = delegates.questionnaire.scale("DB1")
    full = delegates.index.full_code
    assert full is not None
    earned = {one.label_vi: 100 * int(one.answer_code) / full for one in scale if not one.missing_kind}
    assert earned == {"A. Tốt": 100, "B. Khá": 60, "C. Trung bình": 20, "D. Chưa tốt": 0}


def test_the_numbers_of_the_parties_are_those_they_promised(parts: RoundParts) -> None:
    for one in parts.survey_round.instruments:
        opened = zip(one.draw.parties, NUMBERS[one.id], strict=True)
        assert [party.commitment for party in one.draw.parties] == [Party(own.name, n).commitment for own, n in opened]


def test_a_group_that_the_round_does_not_rank(tmp_path: Path) -> None:
    found = faults_of(tmp_path, 'unit_groups = ["xa"]            # only', 'unit_groups = ["xa", "huyen"]   # only')
    assert found == [("rounds.instrument_group", "huyen")]


def test_a_group_that_is_rated_needs_a_conductor(tmp_path: Path) -> None:
    found = faults_of(tmp_path, 'unit_groups = ["xa"]            # only', 'unit_groups = ["so", "xa"]      # only')
    assert found == [("rounds.conductor", "")]


def test_no_criterion_of_a_group_that_the_instrument_does_not_rate(tmp_path: Path) -> None:
    book = tmp_path / "2026-so"
    shutil.copytree(DATA / "rulebooks" / "made-up-gia-dinh" / "2026-so", book)
    edited(book, "survey_links.csv", "8.1,sipas,SIPAS,", "8.1,made-up-dai-bieu,DBHD,")
    with pytest.raises(FaultsFound) as caught:
        load_parts(folders(JOINT, {("rulebook", "made-up-gia-dinh/2026-so"): book}))
    assert [(one.rule, one.column, one.expected) for one in caught.value.faults] == [("rounds.link_group", "8.1", "xa")]


def test_an_instrument_taken_out_leaves_a_criterion_without_a_value(tmp_path: Path) -> None:
    folder = tmp_path / JOINT.name
    shutil.copytree(JOINT, folder)
    text = (folder / "round.toml").read_text(encoding="utf-8")
    first, _, _ = text.rpartition("[[instruments]]")
    (folder / "round.toml").write_text(first, encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        load_parts(folders(folder))
    assert [(one.rule, one.column, one.got) for one in caught.value.faults] == [
        ("rounds.link_index", "8.3", "made-up-dai-bieu")
    ]


def test_the_older_form_is_one_instrument_of_all_groups() -> None:
    old = load_parts(folders(OLD))
    [only] = old.surveys()
    assert (only.rules.id, only.rules.public_id) == (ONLY_INSTRUMENT, "made-up-xhh-2026")
    assert only.rules.unit_groups == ()
    assert only.rated_units() == old.rated_units()
