"""Biên bản chọn mẫu: the minutes of a draw as a Word file, laid out after Nghị định 30/2020/NĐ-CP.

Who was there and when is left to be written by hand; what the draw was made of is printed, so that anybody who holds
the minutes can prove it later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from docx.document import Document as Paper
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.shared import Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from sipas.cells.days import VIETNAM
from sipas.publish.word.minutesfacts import MinutesFacts, PublicFacts
from sipas.publish.word.wordpage import (
    CENTER,
    LEFT,
    RIGHT,
    TEXT_WIDTH_MM,
    added_row,
    body,
    heading,
    keep_rows_whole,
    keep_together,
    lined_table,
    national_head,
    new_paper,
    paper_bytes,
    plain_table,
    to_fill_in,
    write,
)
from sipas.publish.xlsx.official import SIGN_HERE
from sipas.words import text, word
from sipas.words.numbers import format_count

_LABEL_MM: Final = 40
_HASH_LENGTH: Final = 64


def draw_minutes(facts: MinutesFacts) -> bytes:
    """The .docx of the minutes; equal facts give equal bytes."""
    paper = new_paper(text("minutes.file_title", round=facts.round_id), facts.round_id)
    national_head(paper, facts.office, text("minutes.number"))
    _title(paper, facts)
    _people(paper, facts)
    heading(paper, text("minutes.content"))
    _frame(paper, facts)
    if facts.coordination is None:
        _sealing(paper, facts)
    else:
        _coordination(paper, facts)
    _result(paper, facts)
    _how_to_check(paper, facts)
    _close(paper, facts)
    return paper_bytes(paper)


def moment(iso: str) -> str:
    """`2026-07-15T18:30:00+07:00` -> `18 giờ 30 phút 00 giây ngày 15/07/2026`, in the time of Viet Nam."""
    local = datetime.fromisoformat(iso).astimezone(VIETNAM)
    return text(
        "minutes.moment", hour=f"{local:%H}", minute=f"{local:%M}", second=f"{local:%S}", day=f"{local:%d/%m/%Y}"
    )


def _title(paper: Paper, facts: MinutesFacts) -> None:
    title = write(paper.add_paragraph(), text("minutes.title"), "bold", size=14, align=CENTER)
    title.paragraph_format.space_before = Pt(14)
    about = write(paper.add_paragraph(), text("minutes.about", round=facts.round_title), "bold", size=14, align=CENTER)
    about.paragraph_format.space_after = Pt(6)
    if facts.is_made_up:
        write(paper.add_paragraph(), word("notice", "made_up"), "bold italic", size=11, align=CENTER)


def _people(paper: Paper, facts: MinutesFacts) -> None:
    body(paper, text("minutes.begun"))
    to_fill_in(paper, text("minutes.place"))
    heading(paper, text("minutes.people"))
    to_fill_in(paper, text("minutes.chair"), text("minutes.post"))
    to_fill_in(paper, text("minutes.secretary"))
    if facts.parties:
        body(paper, text("minutes.parties"))
    for party in facts.parties:
        body(paper, f"- {party.name}.")
        to_fill_in(paper, text("minutes.represented_by"), text("minutes.post"))
    to_fill_in(paper, text("minutes.witnesses", no="4" if facts.parties else "3"))


def _frame(paper: Paper, facts: MinutesFacts) -> None:
    heading(paper, text("minutes.frame"))
    rows = [
        (text("minutes.round"), facts.round_id),
        (text("minutes.frame_rows"), format_count(facts.frame_rows)),
        (word("trace", "frame_hash"), facts.frame_hash),
        (word("trace", "plan_hash"), facts.plan_hash),
    ]
    _facts_table(paper, rows)


def _sealing(paper: Paper, facts: MinutesFacts) -> None:
    heading(paper, text("minutes.sealing"))
    if len(facts.seals) > 1:
        body(paper, text("minutes.sealed_often", n=str(len(facts.seals))))
    for seal in facts.seals:
        rows = [
            (text("minutes.seal", no=str(seal.commit_no)), moment(seal.committed_at)),
            (text("minutes.seal_hash"), seal.commit_hash),
        ]
        _facts_table(paper, rows)
    body(paper, text("minutes.commitments"))
    for party in facts.parties:
        rows = [
            (text("minutes.party"), party.name),
            (text("minutes.commitment"), party.commitment),
            (text("minutes.opened"), moment(party.opened_at)),
        ]
        _facts_table(paper, rows)
    if facts.public_value is not None:
        heading(paper, text("minutes.public"))
        _facts_table(paper, _public_rows(facts.public_value))


def _public_rows(value: PublicFacts) -> list[tuple[str, str]]:
    return [
        (text("minutes.public_source"), value.source),
        (text("minutes.published_at"), moment(value.at)),
        (text("minutes.public_value"), value.value),
    ]


def _coordination(paper: Paper, facts: MinutesFacts) -> None:
    heading(paper, text("minutes.coordination"))
    shared = facts.coordination
    if shared is not None:
        rows = [
            (text("minutes.programme"), shared.programme),
            (text("minutes.frame_source"), shared.frame_source),
            (text("minutes.start"), shared.start),
        ]
        _facts_table(paper, rows)
    body(paper, text("minutes.coordination_note"))


def _result(paper: Paper, facts: MinutesFacts) -> None:
    heading(paper, text("minutes.result", no="4" if facts.public_value else "3"))
    n_main, n_reserve = format_count(facts.n_main), format_count(facts.n_reserve)
    rows = [
        (word("trace", "seed"), facts.seed),
        (text("minutes.draw_hash"), facts.draw_hash),
        (text("minutes.drawn"), text("minutes.n_drawn", main=n_main, reserve=n_reserve)),
    ]
    _facts_table(paper, rows)
    body(paper, text("minutes.sizes")).paragraph_format.keep_with_next = True
    _units(paper, facts)


def _units(paper: Paper, facts: MinutesFacts) -> None:
    header = ("STT", *(text(f"minutes.{name}") for name in ("unit", "population", "main", "reserve")))
    table = lined_table(paper, (12, 76, 24, 24, 24), header)
    sizes = [(unit.pop_size, unit.sample_size, unit.reserve_size) for unit in facts.units]
    for number, (unit, size) in enumerate(zip(facts.units, sizes, strict=True), start=1):
        _unit_row(table, (str(number), unit.unit_vi), size)
    _unit_row(table, ("", text("minutes.total")), [sum(size[place] for size in sizes) for place in range(3)], "bold")
    keep_rows_whole(table)


def _unit_row(table: Table, names: tuple[str, str], sizes: Sequence[int], look: str = "") -> None:
    texts = [(names[0], CENTER), (names[1], LEFT), *((format_count(size), RIGHT) for size in sizes)]
    for cell, (shown, align) in zip(added_row(table).cells, texts, strict=True):
        write(cell.paragraphs[0], shown, look, size=12, align=align)


def _how_to_check(paper: Paper, facts: MinutesFacts) -> None:
    heading(paper, text("minutes.checking", no="5" if facts.public_value else "4"))
    body(paper, text("minutes.checking_about"))
    for step in _steps(facts):
        body(paper, step)
    place = body(paper, text("minutes.log_head"))
    write(place, facts.log_head, "mono bold", size=12)


def _steps(facts: MinutesFacts) -> Iterable[str]:
    yield text("minutes.step_frame")
    if facts.public_value is None:
        yield text("minutes.step_plan")
        command = "python verify_draw.py manifest.json frame.csv"
    else:
        yield text("minutes.step_commitments")
        seal = f"niem-phong-{facts.seals[-1].commit_no:02d}.json"
        command = f"python verify_draw.py manifest.json frame.csv --commit {seal} --value {facts.public_value.value}"
    yield text("minutes.step_run", command=command)


def _close(paper: Paper, facts: MinutesFacts) -> None:
    body(paper, text("minutes.closing"))
    signers = [text("minutes.signer", party=party.name.upper()) for party in facts.parties] + [
        text("minutes.signer_secretary"),
        text("minutes.signer_chair"),
    ]
    half = TEXT_WIDTH_MM / 2
    table = plain_table(paper, (half, half))
    for first in range(0, len(signers), 2):
        for cell, signer in zip(added_row(table).cells, signers[first : first + 2], strict=True):
            _signature(cell.paragraphs[0], signer)
            _signature_room(cell.add_paragraph())
    keep_rows_whole(table)
    receivers = write(paper.add_paragraph(), text("minutes.receivers"), "bold italic", size=12)
    receivers.paragraph_format.space_before = Pt(6)
    for receiver in (text("minutes.receiver_parties"), text("minutes.receiver_file")):
        write(paper.add_paragraph(), receiver, size=11)


def _signature(place: Paragraph, signer: str) -> None:
    write(place, signer, "bold", align=CENTER)
    place.paragraph_format.space_before = Pt(10)


def _signature_room(place: Paragraph) -> None:
    write(place, SIGN_HERE, "italic", size=12, align=CENTER)
    place.paragraph_format.space_after = Pt(62)


def _facts_table(paper: Paper, rows: Sequence[tuple[str, str]]) -> None:
    """Two columns, what and which; hashes in letters of one width, small enough for one line."""
    table = lined_table(paper, (_LABEL_MM, TEXT_WIDTH_MM - _LABEL_MM))
    for name, value in rows:
        left, right = added_row(table).cells
        left.vertical_alignment = right.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        write(left.paragraphs[0], name, size=12, align=LEFT)
        is_hash = len(value) == _HASH_LENGTH
        write(right.paragraphs[0], value, "mono" if is_hash else "", size=8.5 if is_hash else 12, align=LEFT)
    keep_rows_whole(table)
    keep_together(table)
    paper.add_paragraph().paragraph_format.line_spacing = Pt(5)
