"""Every methodology folder under data/ loads; every reference between them resolves; every offender is listed."""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from errors import FaultsFound
from sipas.datafiles import read_toml
from sipas.indices import check_against, coefficients, load_index
from sipas.questionnaire import load_questionnaire
from sipas.rounds import load_round
from sipas.rulebook import check_links, load_rulebook
from sipas.units import UnitRegister, load_register

DATA = Path(__file__).parents[1] / "data"
MADE_UP = "# made up for the example; no official data"
# A folder is of the kind whose file it holds.
LOADERS: dict[str, Callable[[Path], object]] = {
    "units.csv": load_register,
    "questionnaire.toml": load_questionnaire,
    "index.toml": load_index,
    "rulebook.toml": load_rulebook,
    "round.toml": load_round,
}
# messages/units.csv and texts/units.csv hold texts of the room `units`; they are no register.
TEXTS = ("messages", "texts")
FOLDERS = sorted((path.parent, name) for name in LOADERS for path in DATA.rglob(name) if path.parent.name not in TEXTS)
GIA_DINH = DATA / "units" / "made-up-gia-dinh"


def of_kind(name: str) -> list[Path]:
    return [folder for folder, kind in FOLDERS if kind == name]


def files(pattern: str) -> list[Path]:
    return sorted(DATA.rglob(pattern))


def shown(path: Path) -> str:
    return path.relative_to(DATA).as_posix()


@pytest.mark.parametrize(("folder", "kind"), FOLDERS, ids=lambda value: shown(value) if isinstance(value, Path) else "")
def test_folder_loads_without_a_fault(folder: Path, kind: str) -> None:
    try:
        LOADERS[kind](folder)
    except FaultsFound as error:
        pytest.fail("\n".join(f"{fault.where}: {fault.rule} {fault.got}" for fault in error.faults))


def test_every_kind_has_a_folder() -> None:
    assert sorted(kind for kind in LOADERS if not of_kind(kind)) == []


def test_every_folder_says_what_it_is() -> None:
    assert sorted(shown(folder) for folder, _ in FOLDERS if not (folder / "README.md").is_file()) == []


def test_text_files_are_utf8_nfc_without_bom() -> None:
    offenders = []
    for path in [*files("*.csv"), *files("*.toml"), *files("*.md")]:
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            offenders.append(f"{shown(path)}: not UTF-8")
            continue
        faults = {
            "BOM": text.startswith("\ufeff"),
            "not NFC": not unicodedata.is_normalized("NFC", text),
            "CR": "\r" in text,
            "no newline at the end": not text.endswith("\n"),
        }
        offenders += [f"{shown(path)}: {name}" for name, is_so in faults.items() if is_so]
    assert sorted(offenders) == []


def test_csv_rows_have_the_width_of_their_header() -> None:
    offenders = []
    for path in files("*.csv"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        widths = {len(row) for row in csv.reader(lines)}
        if len(widths) != 1:
            offenders.append(f"{shown(path)}: {sorted(widths)}")
    assert sorted(offenders) == []


def claims() -> Iterator[tuple[Path, bool]]:
    """Each CSV and TOML and whether its own first words call it made up."""
    for path in files("*.csv"):
        yield path, path.read_text(encoding="utf-8").startswith(MADE_UP + "\n")
    for path in files("*.toml"):
        yield path, read_toml(path, []).get("made_up") is True


def test_made_up_stands_in_name_and_header_or_in_neither() -> None:
    assert sorted(shown(path) for path, claimed in claims() if claimed != ("made-up" in shown(path))) == []


@pytest.mark.parametrize("folder", of_kind("index.toml"), ids=shown)
def test_index_fits_its_questionnaire(folder: Path) -> None:
    definition = load_index(folder)
    if definition.is_given:
        assert definition.questionnaire == "" and len(definition.variants) == 1
        return
    forms = {form.id: form for form in map(load_questionnaire, of_kind("questionnaire.toml"))}
    assert definition.questionnaire in forms
    form = forms[definition.questionnaire]
    assert (
        check_against(
            definition,
            questionnaire_id=form.id,
            rated_items=form.rated_items(),
            satisfied=form.satisfied_codes(),
        )
        == []
    )
    first, last = form.years
    for year in range(first, last + 1):
        nodes, items, matrix = coefficients(definition, year)
        assert matrix.shape == (len(nodes), len(items))


def test_every_link_of_a_rulebook_leads_to_a_node() -> None:
    nodes = {one.id: {node.node_code for node in one.nodes} for one in map(load_index, of_kind("index.toml"))}
    faults = [fault for folder in of_kind("rulebook.toml") for fault in check_links(load_rulebook(folder), nodes)]
    assert faults == []


def test_every_recode_leads_from_an_item_of_a_form_we_hold() -> None:
    forms = {form.id: form for form in map(load_questionnaire, of_kind("questionnaire.toml"))}
    offenders = [
        f"{form.id}: {recode.from_questionnaire}/{recode.from_item}"
        for form in forms.values()
        for recode in form.recodes
        if recode.from_questionnaire not in forms
        or recode.from_item not in forms[recode.from_questionnaire].rated_items()
    ]
    assert sorted(offenders) == []


def test_folder_is_named_as_its_id() -> None:
    ids = [(folder, load_questionnaire(folder).id) for folder in of_kind("questionnaire.toml")]
    ids += [(folder, load_index(folder).id) for folder in of_kind("index.toml")]
    ids += [(folder, load_round(folder).id) for folder in of_kind("round.toml")]
    books = [(folder, load_rulebook(folder).id) for folder in of_kind("rulebook.toml")]
    offenders = [f"{shown(folder)}: {name}" for folder, name in ids if folder.name != name]
    offenders += [f"{shown(folder)}: {name}" for folder, name in books if shown(folder) != f"rulebooks/{name}"]
    assert sorted(offenders) == []


def test_form_of_2024_2026_has_39_items() -> None:
    """23 on policy in four factors, 16 on services in five: as counted from the published indicators."""
    form = load_questionnaire(DATA / "questionnaires" / "sipas-2024-2026")
    rated = [form.item(code) for code in form.rated_items()]
    assert Counter(item.content for item in rated) == {"I": 23, "II": 16}
    assert Counter(item.factor for item in rated) == {
        "I.A": 2,
        "I.B": 2,
        "I.C": 9,
        "I.D": 10,
        "II.A": 3,
        "II.B": 4,
        "II.C": 3,
        "II.D": 3,
        "II.E": 3,
    }
    assert form.experience_items == tuple(f"Q8.{k}" for k in range(1, 8))
    assert {item.text_status for item in rated} == {"paraphrase"}
    assert {form.header_map()[header] for header in ("i.a1", "i_a1")} == {"I.A1"}
    assert form.satisfied_codes() == {"4", "5"}


def test_index_has_the_published_number_of_values() -> None:
    """39 items + 9 factors + 2 contents + 1 overall = 51 published satisfaction indicators."""
    nodes, items, _ = coefficients(load_index(DATA / "indices" / "sipas"), 2026)
    assert (len(nodes), len(items)) == (51, 39)


@pytest.fixture(scope="module")
def gia_dinh() -> UnitRegister:
    return load_register(GIA_DINH)


def test_made_up_province_today(gia_dinh: UnitRegister) -> None:
    today = "2026-03-01"
    assert [unit.unit_id for unit in gia_dinh.rated_on(today, "so")] == [f"S{i:02d}" for i in range(1, 19)]
    assert [unit.unit_id for unit in gia_dinh.rated_on(today, "xa")] == [f"X{i:02d}" for i in range(1, 61)]
    assert [unit.unit_id for unit in gia_dinh.valid_on(today) if not unit.parent_id] == ["GD"]
    assert gia_dinh.get("X60").name_vi.startswith("Đặc khu ")


def test_made_up_province_before_the_mergers(gia_dinh: UnitRegister) -> None:
    heirs = {unit.unit_id: gia_dinh.successors(unit.unit_id) for unit in gia_dinh.units if unit.unit_id.startswith("O")}
    merged = Counter(to[0].new_unit_id for to in heirs.values() if len(to) == 1 and to[0].new_unit_id != "X60")
    assert (len(merged), sum(merged.values())) == (5, 12)
    assert min(merged.values()) == 2
    assert [str(part.share) for to in heirs.values() if len(to) > 1 for part in to] == ["0.6", "0.4"]
    unchanged = [unit for unit in gia_dinh.rated_on("2026-03-01", "xa") if unit.valid_from < "2025-07-01"]
    assert len(unchanged) == 60 - 5 - 1
    districts = [unit for unit in gia_dinh.units if unit.kind == "huyen"]
    assert {unit.valid_to for unit in districts} == {"2025-06-30"}
    assert all(gia_dinh.successors(unit.unit_id) == () for unit in districts)
