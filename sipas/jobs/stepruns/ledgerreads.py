"""What steps read of the ledger, by name: each read is a table with declared columns, to be kept and hashed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pandas as pd
import pyarrow as pa

from sampling.numbers import canonical_json
from sampling.tables import Column, Table
from sipas.appraisal import CRITERION_INPUTS
from sipas.cells.days import local_day
from sipas.jobs.stepruns.earlier import earlier_respondents
from sipas.rounds.parts import RoundParts
from sipas.store.rounds.instruments import Instrument
from sipas.store.workspace import Workspace

EARLIER_RESPONDENTS: Final = Table("EarlierRespondents", ("person_key",), (Column("person_key", "text"),))
COMMITS: Final = Table("Commits", ("commit_no",), (Column("commit_no", "int"), Column("record", "text")))
OPENINGS: Final = Table("Openings", ("party",), tuple(Column(name, "text") for name in ("party", "nonce", "opened_at")))
CASES: Final = Table(
    "Cases",
    ("case_id",),
    (
        *(Column(name, "text") for name in ("case_id", "unit_id", "stratum_id")),
        Column("is_issued", "bool"),
        Column("is_reserve", "bool"),
    ),
)
EARLIER: Final = Table(
    "EarlierAnswers",
    ("case_id", "rated_unit_id", "answer_hash", "row_state"),
    tuple(Column(name, "text") for name in ("case_id", "rated_unit_id", "answer_hash", "row_state")),
)
COUNTED: Final = Table(
    "CountedAnswers",
    ("case_id", "rated_unit_id"),
    (
        *(Column(name, "text") for name in ("case_id", "rated_unit_id", "batch_id")),
        Column("row_no", "int"),
        Column("first_state", "text"),
    ),
)
ROWS: Final = Table(
    "RowStates",
    ("batch_id", "row_no"),
    (
        Column("batch_id", "text"),
        Column("row_no", "int"),
        *(Column(name, "text") for name in ("row_state", "reason", "case_id", "rated_unit_id")),
    ),
)
BATCHES: Final = Table(
    "Batches",
    ("place",),
    (
        Column("place", "int"),
        *(Column(name, "text") for name in ("batch_id", "file_name", "sha256", "received_on")),
        Column("rows", "int"),
    ),
)
RESERVES: Final = Table(
    "ReserveChanges",
    ("change_no",),
    (
        Column("change_no", "int"),
        Column("stratum_id", "text"),
        Column("kind", "text"),
        Column("first_order", "int"),
        Column("last_order", "int"),
        *(Column(name, "text") for name in ("reason", "decided_at", "proposer", "approver")),
    ),
)
EVENTS: Final = Table(
    "UnitEvents",
    ("unit_id",),
    tuple(Column(name, "text") for name in ("unit_id", "successor_id", "effective_on", "decision")),
)
APPRAISALS: Final = Table(
    "AppraisalEntries",
    ("rulebook_id", *CRITERION_INPUTS.key),
    (Column("rulebook_id", "text"), *CRITERION_INPUTS.columns),
)
REOPENINGS: Final = Table(
    "Reopenings",
    ("reopen_no",),
    (Column("reopen_no", "int"), *(Column(name, "text") for name in ("reason", "day", "counts_until"))),
)


CANCELLED: Final = Table(
    "CancelledInstruments",
    ("instrument_id",),
    tuple(Column(name, "text") for name in ("instrument_id", "title_vi", "reason", "day")),
)


def of_instrument(ws: Workspace, name: str, instrument: Instrument, parts: RoundParts) -> pa.Table:
    """A ledger read of an instrument as it is now, or of its round. KeyError for an unknown name."""
    if name in _OF_INSTRUMENT:
        table, read = _OF_INSTRUMENT[name]
        return table.arrow(read(ws, instrument, parts)[table.names()])
    return of_round(ws, name, parts)


def of_round(ws: Workspace, name: str, parts: RoundParts) -> pa.Table:
    """A ledger read of the round as a whole, as it is now. KeyError for an unknown name."""
    table, read = _OF_ROUND[name]
    return table.arrow(read(ws, parts)[table.names()])


def _earlier_respondents(ws: Workspace, instrument: Instrument, parts: RoundParts) -> pd.DataFrame:
    """Person keys of the round that the plan spares."""
    spared = parts.survey_round.survey(instrument.instrument_id).plan.spare_round
    return _frame(
        EARLIER_RESPONDENTS, [(person_key,) for person_key in earlier_respondents(ws, spared)] if spared else []
    )


def _commits(ws: Workspace, instrument: Instrument, parts: RoundParts) -> pd.DataFrame:
    records = ws.field.draws.records(instrument)
    return _frame(COMMITS, [(record["commit_no"], canonical_json(record)) for record in records])


def _openings(ws: Workspace, instrument: Instrument, parts: RoundParts) -> pd.DataFrame:
    """Numbers opened for the last seal."""
    return _frame(OPENINGS, ws.field.draws.opened(instrument, len(ws.field.draws.records(instrument))))


def _cases(ws: Workspace, instrument: Instrument, parts: RoundParts) -> pd.DataFrame:
    return ws.field.cases.read(instrument)


def _earlier(ws: Workspace, instrument: Instrument, parts: RoundParts) -> pd.DataFrame:
    """Answers of earlier files that count, and late ones, each once: a further copy of either is a duplicate."""
    rows = ws.field.received.rows(instrument)
    return rows[rows["row_state"].isin(("accepted", "late"))].drop_duplicates(list(EARLIER.key))


def _counted(ws: Workspace, instrument: Instrument, parts: RoundParts) -> pd.DataFrame:
    return ws.field.received.counted(instrument)


def _rows(ws: Workspace, instrument: Instrument, parts: RoundParts) -> pd.DataFrame:
    return ws.field.received.rows(instrument)


def _batches(ws: Workspace, instrument: Instrument, parts: RoundParts) -> pd.DataFrame:
    """Received files in the order they came."""
    batches = ws.field.received.batches(instrument)
    facts = [(batch.batch_id, batch.file_name, batch.sha256, batch.received_on, batch.rows) for batch in batches]
    return _frame(BATCHES, [(place, *fact) for place, fact in enumerate(facts)])


def _reserves(ws: Workspace, instrument: Instrument, parts: RoundParts) -> pd.DataFrame:
    """Changes of the reserves that were carried out, in order."""
    lines = ws.field.reserves.carried_out(instrument)
    return _frame(RESERVES, [tuple(getattr(line, name) for name in RESERVES.names()) for line in lines])


def _events(ws: Workspace, parts: RoundParts) -> pd.DataFrame:
    events = ws.rounds.unit_events.all(parts.survey_round.id)
    return _frame(EVENTS, [tuple(getattr(event, name) for name in EVENTS.names()) for event in events])


def _appraisals(ws: Workspace, parts: RoundParts) -> pd.DataFrame:
    """Newest entry of every unit, criterion and stage, of all rulebooks of the round."""
    round_id = parts.survey_round.id
    tables = [ws.appraisals.read(round_id, rulebook.id).assign(rulebook_id=rulebook.id) for rulebook in parts.rulebooks]
    return pd.concat(tables, ignore_index=True)


def _reopenings(ws: Workspace, parts: RoundParts) -> pd.DataFrame:
    reopenings = ws.rounds.reopenings(parts.survey_round.id)
    return _frame(
        REOPENINGS,
        [
            (reopening.reopen_no, reopening.reason, local_day(reopening.created), reopening.counts_until)
            for reopening in reopenings
        ],
    )


def _cancelled(ws: Workspace, parts: RoundParts) -> pd.DataFrame:
    """Instruments that were cancelled, as a reader of the results is told of them."""
    titles = {instrument.id: instrument.title for instrument in parts.survey_round.instruments}
    cancellations = ws.rounds.cancellations(parts.survey_round.id)
    facts = [
        (
            cancellation.instrument_id,
            titles[cancellation.instrument_id],
            cancellation.reason,
            local_day(cancellation.created),
        )
        for cancellation in cancellations
    ]
    return _frame(CANCELLED, facts)


def _frame(table: Table, rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=table.names())


_OF_INSTRUMENT: Final[Mapping[str, tuple[Table, Callable[[Workspace, Instrument, RoundParts], pd.DataFrame]]]] = {
    "asked": (EARLIER_RESPONDENTS, _earlier_respondents),
    "commits": (COMMITS, _commits),
    "openings": (OPENINGS, _openings),
    "cases": (CASES, _cases),
    "earlier": (EARLIER, _earlier),
    "counted": (COUNTED, _counted),
    "rows": (ROWS, _rows),
    "batches": (BATCHES, _batches),
    "reserves": (RESERVES, _reserves),
}
_OF_ROUND: Final[Mapping[str, tuple[Table, Callable[[Workspace, RoundParts], pd.DataFrame]]]] = {
    "events": (EVENTS, _events),
    "appraisals": (APPRAISALS, _appraisals),
    "reopenings": (REOPENINGS, _reopenings),
    "cancelled": (CANCELLED, _cancelled),
}
