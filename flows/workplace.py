"""What every flow needs: the workspace opened for one task, its round, and the instruments of that round."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from errors import StoreError
from flows.logs import start_logging
from flows.params import RoundParams
from sipas.jobs.stepruns.pinned import pinned
from sipas.jobs.stepruns.workbench import only_survey
from sipas.store.disk.atomic import disk_errors
from sipas.store.workspace import Workspace, open_workspace

AnyParams = TypeVar("AnyParams", bound=RoundParams)


@contextmanager
def opened(params: RoundParams) -> Iterator[tuple[Workspace, str]]:
    """The workspace of the parameters and the round meant (`Rounds.default` when none is named)."""
    with disk_errors(Path(params.workspace)), open_workspace(Path(params.workspace), os.environ) as ws:
        start_logging(ws.logs)
        yield ws, params.round_id or ws.rounds.default()


def instrument_ids(ws: Workspace, round_id: str) -> tuple[str, ...]:
    """Instruments of a round that were not cancelled, in the order of its file; of a cancelled round all. No flow has
    anything to run for an instrument without respondents."""
    surveys = {survey.id for survey in pinned(ws, round_id).survey_round.surveys}
    instruments = [instrument for instrument in ws.rounds.instruments(round_id) if instrument.instrument_id in surveys]
    return tuple(
        instrument.instrument_id
        for instrument in [instrument for instrument in instruments if instrument.state != "cancelled"] or instruments
    )


def only_instrument(ws: Workspace, round_id: str, instrument_id: str) -> str:
    """The instrument meant: the one named, else the only one of the round.

    Raises StoreError `flows.which_survey` (several, none named), `flows.no_instrument`, `jobs.no_survey`.
    """
    ids = instrument_ids(ws, round_id)
    if instrument_id and instrument_id not in ids:
        raise StoreError("flows.no_instrument", where=round_id, got=instrument_id, expected=", ".join(ids))
    if not instrument_id and len(ids) > 1:
        raise StoreError("flows.which_survey", where=round_id, expected=", ".join(ids))
    return instrument_id or only_survey(ws, pinned(ws, round_id).survey_round).instrument_id


def instruments_meant(ws: Workspace, round_id: str, instrument_id: str) -> tuple[str, ...]:
    """The instrument named, or all instruments of the round. Raises StoreError `flows.no_instrument`."""
    if instrument_id:
        return (only_instrument(ws, round_id, instrument_id),)
    return instrument_ids(ws, round_id)


def of_instrument(ws: Workspace, round_id: str, instrument_id: str) -> dict[str, str]:
    """The instrument meant, as the jobs take it. Raises as `only_instrument`."""
    return {"instrument_id": only_instrument(ws, round_id, instrument_id)}


def for_instrument(params: AnyParams, instrument_id: str) -> AnyParams:
    """The same parameters for one instrument of the round."""
    return params.model_copy(update={"instrument_id": instrument_id})
