"""What every flow needs: the workspace opened for one task, files of a folder, a small note for Prefect's page."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from prefect import Flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import FlowRun, State

from flows.params import RoundParams
from sampling.errors import StoreError
from sipas.store.workspace import Workspace, open_workspace


@contextmanager
def opened(params: RoundParams) -> Iterator[tuple[Workspace, str]]:
    """The workspace of the parameters and the round meant (the only open one when none is named)."""
    with open_workspace(Path(params.workspace), os.environ) as ws:
        yield ws, params.round_id or ws.rounds.default()


def files_in(ws: Workspace, folder: str, kind: str) -> dict[str, Path]:
    """Files of <workspace>/<folder>/<kind> by name, in name order. Raises StoreError `flows.no_files`."""
    place = (ws.root / folder / kind).resolve()
    if not place.is_relative_to(ws.root.resolve()):
        raise StoreError("flows.folder_outside", got=folder)
    found = {one.name: one for one in sorted(place.glob("*")) if one.is_file() and not one.name.startswith(("~", "."))}
    if not found:
        raise StoreError("flows.no_files", where=f"{folder}/{kind}")
    return found


def announce(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A line on the screen when a flow is done: whoever waits sees that it moves."""
    seconds = state.timestamp - (flow_run.start_time or state.timestamp)
    click.echo(f"  {flow.name:<34}{seconds.total_seconds():>7.1f} giây".replace(".", ","))


def note(key: str, title: str, counts: Mapping[str, object]) -> None:
    """A table of counts on the page of the run. Keys are lower-case with dashes; no respondent data ever."""
    rows = [{"Nội dung": name, "Số lượng": str(value)} for name, value in counts.items()]
    create_table_artifact(table=rows, key=key, description=title)
