"""The end of a round: closed, cancelled in part or as a whole, reopened for late returns."""

from __future__ import annotations

from dataclasses import dataclass

from errors import DataError, StoreError
from sipas.cells.days import is_day
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.stepruns.frozen import released
from sipas.jobs.stepruns.pinned import pinned
from sipas.rounds.parts import RoundParts
from sipas.store.stepruns import Place, current_run
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class Cancelled:
    """An instrument that was cancelled, whether just now, and the criteria that were to take their value from it
    (rulebook/code): they need another rule before the round can be merged."""

    instrument_id: str
    is_new: bool
    criteria: tuple[str, ...]


def close_round(ws: Workspace, round_id: str) -> bool:
    """Close a round: nothing more is received or run of it. False when it was.

    Results that were never released get their workbook and explanations first, so that a closed round can be released.
    StoreError `store.round_state`, `jobs.step_stale` (such results that are no longer of the present data).
    """
    is_finished = ws.rounds.get(round_id).state in ("closed", "cancelled")
    if not is_finished and released(ws, round_id) is None and current_run(ws, Place(round_id, "", "merge")) is not None:
        make_workbook(ws, round_id)
    with ws.ledger.write() as connection:
        return ws.rounds.close(connection, round_id)


def cancel_instrument(ws: Workspace, round_id: str, reason: str, instrument_id: str = "") -> Cancelled:
    """Cancel one instrument of which no form has come in: it takes no part in anything that follows.

    The last one is not cancelled this way, since the round would go with it. Raises StoreError `rounds.cancel_last`,
    `store.which_instrument`, `store.no_instrument`, `store.no_reason`, `store.cancel_returned`, `store.round_state`.
    """
    instrument = ws.rounds.instrument(round_id, instrument_id)
    with ws.ledger.write() as connection:
        is_new = ws.rounds.cancel(connection, instrument, reason)
        if is_new and ws.rounds.require_round(connection, round_id).state == "cancelled":
            raise StoreError("rounds.cancel_last", where=round_id, got=instrument.instrument_id)
    return Cancelled(instrument.instrument_id, is_new, _linked(pinned(ws, round_id), instrument.instrument_id))


def cancel_round(ws: Workspace, round_id: str, reason: str) -> bool:
    """Cancel a round of which no form has come in, with all its instruments. False when it was.

    StoreError `store.no_reason`, `store.cancel_returned`, `store.round_state` (closed or reopened).
    """
    with ws.ledger.write() as connection:
        cancelled = [ws.rounds.cancel(connection, instrument, reason) for instrument in ws.rounds.instruments(round_id)]
    return any(cancelled)


def reopen_round(ws: Workspace, round_id: str, reason: str, until: str) -> int:
    """Reopen a closed round for new returns only; the number of the reopening, which the next release prints.

    until: local day (ISO); a form that is received from today to that day counts, one that came before stays late.
    StoreError `store.no_reason`, `store.round_state` (not closed), `store.reopen_past`; DataError `rounds.reopen_day`.
    """
    if not is_day(until):
        raise DataError("rounds.reopen_day", where=round_id, got=len(until), expected="2026-09-30")
    with ws.ledger.write() as connection:
        return ws.rounds.reopen(connection, round_id, reason, until)


def _linked(parts: RoundParts, instrument_id: str) -> tuple[str, ...]:
    """Criteria that take their value from an instrument, as rulebook/code."""
    index_id = parts.index_of(instrument_id).id
    leaves = [(rulebook.id, leaf) for rulebook in parts.rulebooks for leaf in rulebook.linked_leaves()]
    return tuple(f"{id}/{leaf.code}" for id, leaf in leaves if leaf.link is not None and leaf.link.index_id == index_id)
