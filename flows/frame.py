"""Flow: the frame file that lies in the folder becomes the sampling frame."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from errors import StoreError
from flows.inbox import arrived, place_of, whose
from flows.params import FolderParams
from flows.runs import announce, flow_name, note, reported, task_name, value_of
from flows.speech import language, text
from flows.takings import TAKEN, Taking, asked, ended
from flows.workplace import of_instrument, only_instrument, opened
from sipas.jobs.prepare.frame import import_frame


@task(name=text("flows.import_frame"), task_run_name=task_name(text("flows.import_frame")), cache_policy=NO_CACHE)
@reported
def frame_task(params: FolderParams, file: str) -> dict[str, int]:
    """Import one frame file; counts of rows."""
    with opened(params) as (ws, round_id):
        path = place_of(ws, params.folder, "frame") / file
        survey = of_instrument(ws, round_id, params.instrument_id)
        return import_frame(ws, round_id, path, lang=language(), **survey).counts


@flow(
    name=text("flows.frame"),
    description=text("flows.frame_what"),
    flow_run_name=flow_name(text("flows.frame")),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def frame_flow(params: FolderParams) -> dict[str, int] | State[Any]:
    """Import the frame file of the folder `frame`. A frame is one file: several wait for a person to choose, and so
    does one that lies where nobody can tell which instrument it belongs to."""
    place = f"{params.folder}/frame"
    with opened(params) as (ws, round_id):
        instrument_id = only_instrument(ws, round_id, params.instrument_id)
        arrivals = arrived(ws, round_id, params.folder, "frame")
        strays = {
            arrival.file: whose(ws, params, "frame", arrival.file) for arrival in arrivals if not arrival.instrument_id
        }
    files = [arrival.file for arrival in arrivals if arrival.instrument_id == instrument_id]
    waiting = [asked(*stray) for stray in strays.items()]
    if len(files) != 1:
        question = StoreError("flows.which_frame", where=place, expected=len(files))
        return ended([*(asked(file, question) for file in files), *waiting], place)
    counts = value_of(frame_task(params, files[0], return_state=True))
    note("dan-mau", text("flows.frame_note"), counts)
    return ended([Taking(files[0], TAKEN, ""), *waiting], place) if waiting else counts
