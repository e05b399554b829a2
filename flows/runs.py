"""A run as Prefect's page shows it: its name, its end in Vietnamese, its log, a table of counts.

Prefect's own logging to its server stays off: its engine logs tracebacks and texts of exceptions, and those of
libraries quote cells. `tell` is the only door to the log of a run, and takes only texts made in `flows.words` and
counts. For the same reason no exception reaches Prefect's engine: `reported` turns each into a state.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from inspect import signature
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar, cast

import click
from prefect import Flow
from prefect.artifacts import create_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import LogCreate
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext, TaskRunContext
from prefect.states import Completed, Failed

from errors import StoreError, SurveyError
from flows.params import RoundParams
from flows.speech import language, text
from flows.words import DATA_TO_COME, QUESTIONS, text_of
from flows.workplace import only_instrument, opened
from sipas.words.numbers import format_number

P = ParamSpec("P")
R = TypeVar("R")
NOTHING_NEW: Final = text("flows.nothing_new")
WAITS_FOR_ANSWER: Final = text("flows.waits_for_answer")
WAITS_FOR_DATA: Final = text("flows.waits_for_data")
REFUSED: Final = text("flows.refused")


class Stopped(Exception):
    """What a flow cannot go on without did not come: the state says why."""

    def __init__(self, state: State[Any]) -> None:
        self.state = state
        super().__init__(state.name)


def reported(job: Callable[P, R]) -> Callable[P, R]:
    """Under @task or @flow: whatever a person can act on ends the run in a state that says so, and in its log.

    Failed with the Vietnamese text; Completed and named where an answer of the office or data still to come are
    awaited. Anything unforeseen ends as `flows.broken`, never with its own text.
    """

    @wraps(job)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with _Unforeseen():
                return job(*args, **kwargs)
        except Stopped as stopped:
            ended, is_told = _same(stopped.state), _is_own(stopped.state)
        except SurveyError as error:
            ended, is_told = _ended(error), False
        if not is_told:
            tell(ended.message or "", logging.ERROR if ended.is_failed() else logging.WARNING)
        return cast("R", ended)  # Prefect takes a state given back for the end of the run

    # Prefect looks up the types of parameters in the module of the function it is given, which is this one.
    run.__signature__ = signature(job, eval_str=True)  # type: ignore[attr-defined]
    return run


def value_of(state: State[R]) -> R:
    """The result of a task or flow that was called with return_state. Raises Stopped when there is none."""
    if not state.is_completed() or state.name in (WAITS_FOR_ANSWER, WAITS_FOR_DATA):
        raise Stopped(state)
    return state.result()


def tell(text: str, level: int = logging.INFO) -> None:
    """Lines for the log on the page of this run; nothing outside a run."""
    task, flow = TaskRunContext.get(), FlowRunContext.get()
    run = task.task_run.flow_run_id if task else flow.flow_run.id if flow and flow.flow_run else None
    if run is None:
        return
    line = LogCreate(
        name="sipas",
        level=level,
        message=text,
        timestamp=datetime.now(UTC),
        flow_run_id=run,
        task_run_id=task.task_run.id if task else None,
    )
    with get_client(sync_client=True) as client:
        client.create_logs([line])


def flow_name(step: str) -> Callable[[], str]:
    """Name of a run of a flow: round, instrument, step."""

    def name() -> str:
        context = FlowRunContext.get()
        return f"{place_of(dict(context.parameters or {}))} · {step}" if context else step

    return name


def round_flow_name(step: str) -> Callable[[], str]:
    """Name of a run of a flow that concerns the whole round: round, the instrument only when one is named, step."""

    def name() -> str:
        context = FlowRunContext.get()
        return f"{place_of(dict(context.parameters or {}), is_round=True)} · {step}" if context else step

    return name


def task_name(step: str) -> Callable[..., str]:
    """Name of a run of a task: round, instrument, step, file."""

    def name(parameters: dict[str, Any]) -> str:
        file = parameters.get("file")
        return " · ".join([place_of(parameters), step, *([file] if file else [])])

    return name


def place_of(parameters: Mapping[str, Any], *, is_round: bool = False) -> str:
    """Round and instrument of a run; as they were typed when there is no such round, which the run itself will say."""
    params = cast("RoundParams", parameters["params"])
    try:
        with opened(params) as (ws, round_id):
            if is_round and not params.instrument_id:
                return round_id
            return f"{round_id} · {only_instrument(ws, round_id, params.instrument_id)}"
    except SurveyError:
        return " · ".join(
            [params.round_id or text("flows.open_round"), *([params.instrument_id] if params.instrument_id else [])]
        )


def announce(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A line on the screen when a flow is done: whoever waits sees that it moves, and why it stopped."""
    seconds = state.timestamp - (flow_run.start_time or state.timestamp)
    took = text("flows.seconds", n=f"{format_number(seconds.total_seconds(), 1, language()):>7}")
    if state.is_failed():
        click.echo(f"  {flow.name:<34}{took}  {text('flows.not_done')}\n{state.message}")
    else:
        click.echo(f"  {flow.name:<34}{took}")


def note(key: str, title: str, counts: Mapping[str, object]) -> None:
    """A table of counts on the page of the run. Keys are lower-case with dashes; no respondent data ever."""
    rows = [{text("cli.what"): name, text("cli.how_many"): str(value)} for name, value in counts.items()]
    create_table_artifact(table=rows, key=key, description=title)


class _Unforeseen:
    """Turns an exception nobody foresaw into StoreError `flows.broken`; where it broke goes to the program's log."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or not issubclass(kind, Exception) or issubclass(kind, (SurveyError, Stopped)):
            return
        places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(trace)]
        logging.getLogger("sipas").error("broken: %s at %s", kind.__name__, " < ".join(reversed(places)))
        raise StoreError("flows.broken") from None


def _ended(error: SurveyError) -> State[Any]:
    logging.getLogger("sipas").error("refused: %s", error.rule)
    if error.rule in QUESTIONS:
        return Completed(name=WAITS_FOR_ANSWER, message=_with_file(text_of(error)))
    if error.rule in DATA_TO_COME:
        return Completed(name=WAITS_FOR_DATA, message=text_of(error))
    return Failed(message=_with_file(text_of(error)))


def _with_file(text: str) -> str:
    """The text of a task about one file, with the name of the file."""
    task = TaskRunContext.get()
    file = str(task.parameters.get("file", "")) if task else ""
    return text if file.rpartition("/")[2] in text else f"{file}: {text}"


def _is_own(state: State[Any]) -> bool:
    """True for the end of a task of this very flow: its lines are in the log of the flow already."""
    flow = FlowRunContext.get()
    return bool(flow and flow.flow_run and state.state_details.flow_run_id == flow.flow_run.id)


def _same(state: State[Any]) -> State[Any]:
    message = state.message or ""
    return Failed(message=message) if not state.is_completed() else Completed(name=state.name, message=message)
