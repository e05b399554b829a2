"""Flow: appraised entries of the folder, then totals, ranks and classes."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from errors import FaultsFound, StoreError
from flows.inbox import names_in, place_of
from flows.params import FolderParams
from flows.runs import announce, note, reported, round_flow_name, task_name, value_of
from flows.speech import text
from flows.takings import counted, ended, is_whole, joined, taken, taking
from flows.workplace import opened
from sipas.jobs.results.appraisals import import_appraisals
from sipas.jobs.results.merge import merge


@task(name=text("flows.appraisals"), task_run_name=task_name(text("flows.appraisals")), cache_policy=NO_CACHE)
@reported
def appraisals_task(params: FolderParams, file: str) -> State[Any]:
    """Take in one file of appraised entries; entries read."""
    with opened(params) as (ws, round_id):
        report = import_appraisals(ws, round_id, place_of(ws, params.folder, "appraisals") / file)
    return taken(text("flows.entries", file=file, n=report.n_read, new=report.n_new), is_new=report.n_new > 0)


@task(name=text("flows.merge_task"), task_run_name=task_name(text("flows.merge_task")), cache_policy=NO_CACHE)
@reported
def merge_task(params: FolderParams) -> int:
    """Totals, ranks, classes; units ranked."""
    with opened(params) as (ws, round_id):
        try:
            return len(merge(ws, round_id).results)
        except FaultsFound as error:
            if error.rule != "parindex.missing_inputs":
                raise
            raise StoreError("flows.waits_for_entries", got=error.got, folder=f"{params.folder}/appraisals") from None


@flow(
    name=text("flows.appraisals"),
    description=text("flows.appraisals_what"),
    flow_run_name=round_flow_name(text("flows.appraisals")),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def appraisals_flow(params: FolderParams) -> State[dict[str, str]]:
    """Import all files of the folder `appraisals`: they need no returned form."""
    with opened(params) as (ws, _):
        files = names_in(ws, params.folder, "appraisals")
    takings = [taking(file, appraisals_task(params, file, return_state=True)) for file in files]
    if takings:
        note("diem-tham-dinh", text("flows.appraisals_note"), counted(takings))
    return ended(takings, f"{params.folder}/appraisals")


@flow(
    name=text("flows.merge"),
    description=text("flows.merge_what"),
    flow_run_name=round_flow_name(text("flows.merge")),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def merge_flow(params: FolderParams) -> State[Any]:
    """Import all files of the folder `appraisals`, then merge what is there."""
    came = appraisals_flow(params, return_state=True)
    merged = merge_task(params, return_state=True)
    ranked = value_of(merged) if is_whole(merged) else 0
    note("tong-hop", text("flows.merge"), {text("flows.n_ranked"): ranked})
    return joined([came], merged, text("flows.ranked", n=ranked))
