"""Flow: what runs every evening of fieldwork and after it: receive, estimate, merge, workbook, preview."""

from __future__ import annotations

from typing import Any, Final

from prefect import flow
from prefect.client.schemas.objects import State

from flows.estimate import estimate_flow
from flows.merge import appraisals_flow, merge_task
from flows.names import short_names
from flows.params import FolderParams, RoundParams
from flows.publish import preview_flow
from flows.receive import receive_flow
from flows.runs import announce, reported, round_flow_name, value_of
from flows.speech import text
from flows.takings import is_whole, joined, lacking
from flows.workplace import for_instrument, instruments_meant, opened
from sipas.jobs.stepruns.workbench import Workbench

_UPDATED: Final = text("flows.updated")


@flow(
    name=text("flows.round"),
    description=text("flows.round_what"),
    flow_run_name=round_flow_name(text("flows.round_run")),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def round_flow(params: FolderParams) -> State[Any]:
    """Receive what has come, bring every result up to date, say what publishing would change. It proposes nothing.

    Entries of appraisers wait for no form, and no instrument for another; ranks wait for all of them.

    Green with no new file, with a refused or waiting file beside others, and before the results can be made; red when
    a step broke, with what that step says. Repeating it changes nothing by itself.
    """
    came = [receive_flow(params, return_state=True), appraisals_flow(params, return_state=True)]
    with opened(params) as (ws, round_id):
        names = short_names(ws, round_id)
        counted = Workbench(ws, round_id).scored_ids()
        meant = [
            instrument_id
            for instrument_id in instruments_meant(ws, round_id, params.instrument_id)
            if instrument_id in counted
        ]
    only_round = RoundParams(workspace=params.workspace, round_id=params.round_id)
    estimated = [
        (names[instrument_id], estimate_flow(for_instrument(only_round, instrument_id), return_state=True))
        for instrument_id in meant
    ]
    if not all(is_whole(state) for _, state in estimated):
        return joined(came, lacking(estimated), "")
    merged = merge_task(params, return_state=True)
    if not is_whole(merged):
        return joined(came, merged, "")
    shown = preview_flow(only_round, return_state=True)
    return joined(came, shown, f"{text('flows.ranked', n=value_of(merged))} {_UPDATED}")
