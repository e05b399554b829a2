"""Tracing one published number back to the forms, the draw, the rule and the article behind it."""

from __future__ import annotations

from sipas.jobs.desk import Desk
from sipas.jobs.returns import batch_table, case_outcomes, units_of_today
from sipas.jobs.score import survey_data
from sipas.parindex import UNIT_SHEET
from sipas.ranking import RANKED
from sipas.store.workspace import Workspace
from sipas.trace import FormTables, InstrumentTables, TraceInputs, TraceReport, explain, parse_address


def trace(ws: Workspace, text: str) -> TraceReport:
    """Explain the number at an address, round/unit/rulebook-or-index/code[/variant].

    Raises DataError `trace.address`, `trace.unknown_book`, `trace.unknown_unit`, `trace.unknown_code`; StoreError
    `store.no_round`, `jobs.step_first`.
    """
    desk = Desk(ws, text.strip().strip("/").split("/")[0])
    address = parse_address(text, [desk.parts.index.id, *(book.id for book in desk.parts.rulebooks)])
    return explain(trace_inputs(desk, with_points=address.book_id != desk.parts.index.id), address)


def trace_inputs(desk: Desk, *, with_points: bool = True) -> TraceInputs:
    """What the explanations of a round need, as its results are now; values of an index need no points."""
    parts = desk.parts
    return TraceInputs(
        round_id=desk.round_id,
        year=parts.survey_round.year,
        province_id=parts.survey_round.province_id,
        units=parts.rated_units(),
        rulebooks=parts.rulebooks if with_points else (),
        unit_sheets=desk.table("merge", "unit_sheets") if with_points else UNIT_SHEET.empty(),
        results=desk.table("merge", "results") if with_points else RANKED.empty(),
        entries=desk.entries(),
        pins=parts.hashes,
        instruments=(_instrument(desk),),
    )


def _instrument(desk: Desk) -> InstrumentTables:
    made = {
        "frame": desk.sha("frame", "frame"),
        "sample": desk.sha("draw", "sample"),
        "weighted_cases": desk.sha("weight", "weighted_cases"),
        "index_scores": desk.sha("score", "index_scores"),
    }
    return InstrumentTables(desk.parts.index, desk.table("score", "index_scores"), made, _forms(desk))


def _forms(desk: Desk) -> FormTables:
    outcomes = case_outcomes(desk.ws, desk.round_id)
    return FormTables(
        data=survey_data(desk),
        outcomes=outcomes.assign(unit_id=units_of_today(desk, outcomes["unit_id"])),
        batches=batch_table(desk.ws, desk.round_id),
        case_batches=desk.ws.received.row_states(desk.round_id)[["case_id", "batch_id"]],
        manifest=desk.facts("draw", "manifest.json"),
    )
