"""Flow: every returned file of the folder goes through the gate, the child reader and classification."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from errors import SurveyError
from flows.inbox import Arrived, arrived, place_of, take_in_command, whose
from flows.params import FolderParams
from flows.runs import announce, note, reported, round_flow_name, task_name
from flows.speech import language, text, word
from flows.takings import Taking, asked, counted, ended, taken, taking
from flows.words import or_question
from flows.workplace import for_instrument, instruments_meant, of_instrument, opened
from sipas.jobs.field.receive import receive


@task(name=text("flows.receive_task"), task_run_name=task_name(text("flows.receive_task")), cache_policy=NO_CACHE)
@reported
def receive_task(params: FolderParams, file: str) -> State[Any]:
    """Receive one file; rows by state."""
    with opened(params) as (ws, round_id):
        path = place_of(ws, params.folder, "returns") / file
        survey = of_instrument(ws, round_id, params.instrument_id)
        try:
            report = receive(ws, round_id, path, received_on=params.received_on, lang=language(), **survey)
        except SurveyError as error:
            command = take_in_command(ws, params, "returns", file)
            raise or_question(error, command, "the workspace's folder") from None
    counts = [f"{word('row_state', state)} {n}" for state, n in report.counts.items() if n]
    return taken(
        text("flows.rows", file=file, n=sum(report.counts.values()), states=", ".join(counts)), is_new=report.is_new
    )


@flow(
    name=text("flows.receive"),
    description=text("flows.receive_what"),
    flow_run_name=round_flow_name(text("flows.receive")),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def receive_flow(params: FolderParams) -> State[dict[str, str]]:
    """Receive all files of the folder `returns`; one that cannot be read or has to wait never stops the next."""
    with opened(params) as (ws, round_id):
        meant = instruments_meant(ws, round_id, params.instrument_id)
        files = [
            arrival
            for arrival in arrived(ws, round_id, params.folder, "returns")
            if arrival.instrument_id in ("", *meant)
        ]
        questions = {
            arrival: whose(ws, params, "returns", arrival.file) for arrival in files if not arrival.instrument_id
        }
    takings = [
        asked(arrival.file, questions[arrival]) if arrival in questions else _take(params, arrival) for arrival in files
    ]
    if takings:
        note("nhan-phieu", text("flows.receive_note"), counted(takings))
    return ended(takings, f"{params.folder}/returns")


def _take(params: FolderParams, arrival: Arrived) -> Taking:
    instrument_params = for_instrument(params, arrival.instrument_id)
    return taking(arrival.file, receive_task(instrument_params, arrival.file, return_state=True))
