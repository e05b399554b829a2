"""Instruments without respondents in a round file: what they have, what they cannot have, where they may stand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from joint_folders import DATA, JOINT, edited, folders

from errors import FaultsFound
from sipas.rounds import InstrumentRules, SurveyRound, ValuesRules, load_round
from sipas.rounds.parts import RoundParts, load_parts, named_folders

SOURCE = "Bộ Nội vụ (giả định)"
SECTION = f"""
[[instruments]]
id = "cong-dvc"
index = "made-up-dvc"
respondents = "none"
unit_groups = ["xa"]
source_vi = "{SOURCE}"
"""
FIRST_SURVEY = "[[instruments]]                 # people and organisations"
BOOK = DATA / "rulebooks" / "made-up-gia-dinh" / "2026-xa"


def round_folder(tmp_path: Path, section: str = SECTION, *, first: bool = False) -> Path:
    """The joint round with one more instrument, behind the others or before them."""
    folder = tmp_path / JOINT.name
    shutil.copytree(JOINT, folder)
    path = folder / "round.toml"
    text = path.read_text(encoding="utf-8")
    assert FIRST_SURVEY in text
    text = text.replace(FIRST_SURVEY, section + FIRST_SURVEY, 1) if first else text + section
    path.write_text(text, encoding="utf-8")
    return folder


def linked(tmp_path: Path, folder: Path, link: str) -> RoundParts:
    """The round with criterion 8.3 of the communes linked otherwise."""
    book = tmp_path / "2026-xa"
    shutil.copytree(BOOK, book)
    edited(book, "survey_links.csv", "8.3,made-up-dai-bieu,DBHD,,", f"8.3,{link},")
    return load_parts(folders(folder, {("rulebook", "made-up-gia-dinh/2026-xa"): book}))


def load_faults(folder: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(FaultsFound) as caught:
        load_round(folder)
    assert caught.value.rule == "rounds.folder"
    return [(one.rule, one.column.removeprefix("instruments."), one.got) for one in caught.value.faults]


def test_it_needs_no_files_and_pins_no_questionnaire(tmp_path: Path) -> None:
    folder = round_folder(tmp_path)
    loaded = load_round(folder)
    assert loaded.instrument_ids() == ("sipas", "dai-bieu", "cong-dvc")
    assert [one.id for one in loaded.surveys] == ["sipas", "dai-bieu"]
    (taken,) = loaded.taken_over
    assert (taken.source_vi, taken.public_id) == (SOURCE, "made-up-gia-dinh-2026/cong-dvc")
    assert taken.title == loaded.head.title_vi
    assert [loaded.holder(one) for one in loaded.instrument_ids()] == ["survey", "survey", "values"]
    named = named_folders(loaded)
    assert ("index", "made-up-dvc") in named
    assert [name for kind, name in named if kind == "questionnaire"] == ["sipas-2024-2026", "made-up-dai-bieu"]
    parts = load_parts(folders(folder))
    assert len(parts.of_values("cong-dvc").rated_units()) == 60
    assert parts.index_of("cong-dvc").is_given
    for wrong in (lambda: parts.of_values("sipas"), lambda: parts.of_instrument("cong-dvc")):
        with pytest.raises(KeyError):
            wrong()


def test_a_survey_index_may_be_taken_over_instead_of_counted(tmp_path: Path) -> None:
    folder = round_folder(tmp_path, SECTION.replace("made-up-dvc", "sipas-2022"))
    assert load_parts(folders(folder)).index_of("cong-dvc").questionnaire == "sipas-2022"


def test_as_the_first_it_bears_the_id_of_the_round(tmp_path: Path) -> None:
    loaded = load_round(round_folder(tmp_path, first=True))
    assert [one.public_id for one in loaded.instruments] == [
        "made-up-gia-dinh-2026",
        "made-up-gia-dinh-2026/sipas",
        "made-up-gia-dinh-2026/dai-bieu",
    ]
    assert isinstance(loaded.instruments[0], ValuesRules)


def test_a_round_may_have_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / JOINT.name
    shutil.copytree(JOINT, folder)
    path = folder / "round.toml"
    head = path.read_text(encoding="utf-8").split("[[instruments]]")[0]
    path.write_text(head + SECTION, encoding="utf-8")
    loaded = load_round(folder)
    assert loaded.surveys == () and loaded.instrument_ids() == ("cong-dvc",)
    assert loaded.instruments[0].public_id == loaded.id


def test_sections_of_a_survey_are_refused_all_at_once(tmp_path: Path) -> None:
    extra = 'code = "AB26"\nquestionnaire = "sipas-2022"\nspeed = 3\n\n[instruments.plan]\ntotal = 5\n'
    faults = load_faults(round_folder(tmp_path, SECTION + extra))
    assert faults == [
        ("data.field", "cong-dvc.speed", "3"),
        ("rounds.without_respondents", "cong-dvc.code", "code"),
        ("rounds.without_respondents", "cong-dvc.plan", "plan"),
        ("rounds.without_respondents", "cong-dvc.questionnaire", "questionnaire"),
    ]


@pytest.mark.parametrize(
    "name", [name for name in InstrumentRules.model_fields if name in ("frame", "draw", "weights")]
)
def test_each_section_of_a_survey_is_named(tmp_path: Path, name: str) -> None:
    assert ("rounds.without_respondents", f"cong-dvc.{name}", name) in load_faults(
        round_folder(tmp_path, f"{SECTION}\n[instruments.{name}]\nx = 1\n")
    )


@pytest.mark.parametrize("name", ["index", "source_vi"])
def test_index_and_source_are_needed(tmp_path: Path, name: str) -> None:
    lines = [line for line in SECTION.splitlines() if not line.startswith(f"{name} = ")]
    assert load_faults(round_folder(tmp_path, "\n".join(lines) + "\n")) == [("data.field", f"cong-dvc.{name}", "")]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"made-up-dvc"', '"sipas"', ("rounds.same_index", "index", "sipas")),
        ('"cong-dvc"', '"sipas"', ("rounds.same_instrument", "id", "sipas")),
        ('["xa"]', '["xa", "huyen"]', ("rounds.instrument_group", "cong-dvc.unit_groups", "huyen")),
        (f'"{SOURCE}"', '"Bộ | Nội vụ"', ("data.field", "cong-dvc.source_vi", "Bộ | Nội vụ")),
    ],
)
def test_what_it_shares_with_every_instrument(tmp_path: Path, old: str, new: str, fault: tuple[str, str, str]) -> None:
    assert old in SECTION
    assert load_faults(round_folder(tmp_path, SECTION.replace(old, new))) == [fault]


def test_criteria_are_linked_to_its_index_as_to_any_other(tmp_path: Path) -> None:
    folder = round_folder(tmp_path)
    parts = linked(tmp_path, folder, "made-up-dvc,DVC,")
    link = parts.rulebook_of("made-up-gia-dinh/2026-xa").criterion("8.3").link
    assert link is not None and parts.of_index(link.index_id).rules.id == "cong-dvc"


@pytest.mark.parametrize(
    ("section", "link", "fault"),
    [
        (SECTION, "made-up-dvc,DVC.9,", ("rounds.link", "8.3", "DVC.9")),
        (SECTION, "khong-co,DVC,", ("rounds.link_index", "8.3", "khong-co")),
        (SECTION.replace('["xa"]', '["so"]'), "made-up-dvc,DVC,", ("rounds.link_group", "8.3", "made-up-dvc")),
        (
            SECTION.replace("made-up-dvc", "sipas-2022"),
            "sipas-2022,SIPAS,weighted",
            ("rounds.link_variant", "8.3", "weighted"),
        ),
    ],
)
def test_links_that_lead_nowhere(tmp_path: Path, section: str, link: str, fault: tuple[str, str, str]) -> None:
    with pytest.raises(FaultsFound) as caught:
        linked(tmp_path, round_folder(tmp_path, section), link)
    assert [(one.rule, one.column, one.got) for one in caught.value.faults] == [fault]


def test_a_survey_cannot_count_an_index_of_values(tmp_path: Path) -> None:
    folder = round_folder(tmp_path, "")
    edited(folder, "round.toml", 'index = "made-up-dai-bieu"', 'index = "made-up-dvc"')
    with pytest.raises(FaultsFound) as caught:
        load_parts(folders(folder))
    assert ("indices.given", "made-up-dvc") in [(one.rule, one.got) for one in caught.value.faults]


def test_a_kind_that_there_is_not_names_all_three(tmp_path: Path) -> None:
    with pytest.raises(FaultsFound) as caught:
        load_round(round_folder(tmp_path, SECTION.replace('"none"', '"không"')))
    found = [one for one in caught.value.faults if one.column == "instruments.cong-dvc.respondents"]
    assert [(one.rule, one.got, one.expected) for one in found] == [("data.field", "không", "frame | lists | none")]


def test_the_models_of_both_kinds_are_apart() -> None:
    assert set(ValuesRules.model_fields) < set(InstrumentRules.model_fields) | {"source_vi"}
    assert SurveyRound.model_fields["instruments"].annotation == tuple[InstrumentRules | ValuesRules, ...]
