"""The small round as a joint one: SIPAS first, beside it the delegates' survey or that of raters on closed lists."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from rater_round import office_list
from small_round import (
    COMMITTED_AT,
    NUMBERS,
    OPENED_AT,
    ROUND,
    VALUE,
    Office,
    made_small,
    new_office,
    people,
    with_numbers,
)

from errors.templates import data_folder
from sipas.jobs.field.receive import receive
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.results.appraisals import import_appraisals
from sipas.jobs.results.score import score
from sipas.jobs.results.weight import weight
from sipas.jobs.sample.commit import commit_draw, reveal
from sipas.jobs.sample.draw import draw_sample
from sipas.jobs.stepruns.pinned import pinned

SIPAS, DELEGATES, RATERS = "sipas", "dai-bieu", "can-bo"
RATER_NUMBERS = ("thu-so-noi-vu-can-bo", "thu-mat-tran-can-bo")


def joint_office(folder: Path, second: str) -> Office:
    """A workspace with the folder of a joint round, which is not opened yet."""
    office = new_office(folder, "empty")
    packaged, own = data_folder() / "rounds", folder_of(office)
    head, sipas, delegates = (
        (packaged / "made-up-gia-dinh-2026" / "round.toml").read_text("utf-8").split("[[instruments]]")
    )
    text = "[[instruments]]".join([head, sipas, delegates if second == DELEGATES else _raters(packaged)])
    (own / "round.toml").write_text(with_numbers(made_small(text), NUMBERS), encoding="utf-8")
    for file in own.glob("*.csv"):
        file.unlink()
    shutil.copytree(packaged / "made-up-gia-dinh-2026" / SIPAS, own / SIPAS)
    source = packaged / ("made-up-gia-dinh-2026/dai-bieu" if second == DELEGATES else "made-up-xhh-2026")
    shutil.copytree(source, own / second, ignore=shutil.ignore_patterns("round.toml", "README.md"))
    if second == DELEGATES:
        link(office, "8.3,made-up-dai-bieu,DBHD,")
    return office


def _raters(packaged: Path) -> str:
    """The packaged round of raters as an instrument of another one."""
    text = with_numbers((packaged / "made-up-xhh-2026" / "round.toml").read_text("utf-8"), RATER_NUMBERS)
    facts = "\n".join(re.findall(r"^(?:code|questionnaire|index) = .*$", text, flags=re.MULTILINE))
    parts = text[text.index("[fieldwork]") :]
    parts = re.sub(r"^(\[+)", r"\1instruments.", parts, flags=re.MULTILINE)
    return f'\nid = "{RATERS}"\n{facts}\nrespondents = "lists"\n\n{parts}'


def folder_of(office: Office) -> Path:
    return office.ws.root / "methodology" / "rounds" / ROUND


def link(office: Office, line: str) -> None:
    """Criterion 8.3 of the communes takes its value from elsewhere."""
    path = office.ws.root / "methodology" / "rulebooks" / "thu" / "xa" / "survey_links.csv"
    text, n = re.subn(r"^8\.3,[\w-]+,\w+,", line, path.read_text("utf-8"), flags=re.MULTILINE)
    assert n == 1
    path.write_text(text, encoding="utf-8")


def peopled(office: Office) -> Office:
    """The same once its round is open: with those who applied and those who answer."""
    return Office(office.ws, office.inbox, *people(pinned(office.ws, ROUND)))


def draw(office: Office, instrument_id: str, file: Path) -> None:
    """One instrument from its list to its sample."""
    ws = office.ws
    import_frame(ws, ROUND, file, instrument_id)
    make_plan(ws, ROUND, instrument_id=instrument_id)
    commit_draw(ws, ROUND, COMMITTED_AT, instrument_id)
    rules = pinned(ws, ROUND).survey_round.instrument(instrument_id)
    numbers = {SIPAS: NUMBERS, RATERS: RATER_NUMBERS}[instrument_id]
    for party, number in zip(rules.draw.parties, numbers, strict=True):
        reveal(ws, ROUND, party.name, number, OPENED_AT, instrument_id)
    draw_sample(ws, ROUND, "91346" if instrument_id == RATERS else VALUE, instrument_id=instrument_id)


def score_sipas(office: Office) -> None:
    """SIPAS from its returns to its index, and the appraised entries."""
    for path in office.returned_paths():
        receive(office.ws, ROUND, path, SIPAS, received_on="2026-09-01")
    weight(office.ws, ROUND, SIPAS)
    score(office.ws, ROUND, SIPAS)
    for path in office.appraisal_paths():
        import_appraisals(office.ws, ROUND, path)


def raters_list(office: Office) -> Path:
    path = office.inbox / "danh sách cán bộ.csv"
    path.write_bytes(office_list(office.ws, round_id=ROUND, position=2))
    return path
