"""Flow: weights, then the satisfaction index."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from errors import StoreError
from flows.names import command_line, short_names
from flows.params import INBOX, RoundParams
from flows.runs import announce, flow_name, note, reported, task_name, value_of
from flows.speech import language, text
from flows.workplace import instrument_ids, of_instrument, opened
from sipas.jobs.results.score import score
from sipas.jobs.results.weight import weight
from sipas.store.workspace import Workspace


@task(name=text("flows.weight"), task_run_name=task_name(text("flows.weight")), cache_policy=NO_CACHE)
@reported
def weight_task(params: RoundParams) -> int:
    """Weights; number of respondents."""
    with opened(params) as (ws, round_id):
        try:
            return weight(ws, round_id, **of_instrument(ws, round_id, params.instrument_id)).n_respondents
        except StoreError as error:
            raise (_no_returns(ws, params) if error.rule == "jobs.no_answers" else error) from None


def _no_returns(ws: Workspace, params: RoundParams) -> StoreError:
    """Nothing has come back yet: where to put it."""
    round_id = params.round_id or ws.rounds.default()
    has_many = len(instrument_ids(ws, round_id)) > 1
    instrument_id = params.instrument_id if has_many else ""
    place = "/".join(filter(None, (INBOX, "returns", instrument_id)))
    command = command_line(
        f"receive {text('cli_help.meta.file')}", workspace=".", round=round_id, instrument=instrument_id
    )
    title = short_names(ws, round_id)[instrument_id] if instrument_id else ""
    return StoreError("flows.waits_for_returns", where=title, got=place, command=command)


@task(name=text("flows.score"), task_run_name=task_name(text("flows.score")), cache_policy=NO_CACHE)
@reported
def score_task(params: RoundParams) -> int:
    """Index of all units, nodes and variants; number of values."""
    with opened(params) as (ws, round_id):
        survey = of_instrument(ws, round_id, params.instrument_id)
        return len(score(ws, round_id, lang=language(), **survey).scores)


@flow(
    name=text("flows.estimate"),
    description=text("flows.estimate_what"),
    flow_run_name=flow_name(text("flows.estimate")),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def estimate_flow(params: RoundParams) -> dict[str, int]:
    """Weigh, then score."""
    respondents = value_of(weight_task(params, return_state=True))
    values = value_of(score_task(params, return_state=True))
    counts = {text("flows.n_counted"): respondents, text("flows.n_values"): values}
    note("chi-so", text("flows.estimate_note"), counts)
    return counts
