"""`sipas demo`: the example round in a workspace of its own, with progress on the screen."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from errors import StoreError
from flows.cli.screen import number, say, show_table, working
from flows.names import short_names
from flows.speech import language, text, word
from sipas.foldernames import DRAW_FOLDER, EXAMPLE_FOLDER
from sipas.jobs.example import (
    COMMITTED_AT,
    PUBLIC_VALUE,
    RECEIVED_ON,
    ROUND_ID,
    open_numbers,
    write_appraisals,
    write_frame,
    write_returns,
)
from sipas.jobs.field.receive import receive
from sipas.jobs.field.returns import all_returns
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.rounds import new_round
from sipas.jobs.results.appraisals import import_appraisals
from sipas.jobs.results.merge import merge
from sipas.jobs.results.publish import draft_release
from sipas.jobs.results.read import table_of
from sipas.jobs.results.score import ScoreReport, score
from sipas.jobs.results.weight import weight
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.sample.commit import commit_draw
from sipas.jobs.sample.draw import draw_sample
from sipas.jobs.stepruns.pinned import pinned
from sipas.store.workspace import Workspace, init_workspace, open_workspace

PROPOSER, APPROVER = "nguoi-lap", "nguoi-duyet"
PASSPHRASE = "mat khau gia dinh 2026"  # noqa: S105  published on purpose: the example holds no real data
# One published key for all example workspaces: the same made-up data give the same bytes everywhere.
EXAMPLE_KEY = "5349504153" + "00" * 27
_CASES = ("issued", "returned", "valid", "rejected", "outstanding")
_ROWS = ("rows", "accepted", "late", "duplicate", "set_aside")
_PEOPLE = ((PROPOSER, "Người lập (giả định)"), (APPROVER, "Người duyệt (giả định)"))


def run(folder: Path, *, with_prefect: bool) -> None:
    """Make the workspace when it is not there, run every step, say what came out and where it is.

    Raises StoreError `demo.real_workspace` for a workspace that holds another round: examples don't mix with real data.
    """
    started = time.perf_counter()
    os.environ["SIPAS_ACTOR"] = PROPOSER
    root = _prepare(folder, os.environ)
    os.environ["SIPAS_HOME"] = str(root)
    if with_prefect:
        _run_flow(root)
    else:
        _run_steps(root)
    with open_workspace(root, os.environ) as ws:
        _summary(ws, time.perf_counter() - started)


def _numbers(sums: Mapping[str, float], names: Iterable[str]) -> list[str]:
    return [number(int(sums[f"n_{name}"])) for name in names]


def _show_index(report: ScoreReport, title: str) -> None:
    """The province's own values of an index: the index itself, and its contents where it has any."""
    scores = report.scores[report.scores["unit_id"] == report.province_id].set_index(["variant", "node_code"])
    parts = {"I": "policy", "II": "service"}
    nodes = [report.top_node, *(node for node in parts if node in scores.index.get_level_values("node_code"))]
    rows = [
        (
            report.labels[variant],
            *(number(scores.at[(variant, node), "value_pct"], 2) for node in nodes),
            number(scores.at[(variant, report.top_node), "std_error"], 2),
        )
        for variant in report.labels
    ]
    heads = ("index", *(parts.get(node, "whole") for node in nodes), "error")
    show_table(title, [text(f"cli_demo.{name}") for name in heads], rows, numbers=range(1, len(heads)))


def _prepare(folder: Path, env: Mapping[str, str]) -> Path:
    key_file = Path.home() / ".sipas" / "keys" / "vi-du.key"
    with init_workspace(folder, key_file=key_file, name="Ví dụ", env=env, key=EXAMPLE_KEY) as ws:
        others = [survey_round.round_id for survey_round in ws.rounds.all() if survey_round.round_id != ROUND_ID]
        if others:
            raise StoreError("demo.real_workspace", where=str(ws.root), got=", ".join(others))
        for person_id, name in _PEOPLE:
            ws.office.people.add(person_id, name, PASSPHRASE)
        new_round(ws, ROUND_ID)
        return ws.root


def _run_flow(root: Path) -> None:
    from flows.server import free_port, running_server
    from flows.settings import use_server

    port = free_port()
    use_server(root, f"http://127.0.0.1:{port}/api", f"sipas:{secrets.token_hex(16)}", "")
    say("cli_demo.starting")
    with running_server(port, "--no-ui", "--no-services"):
        # Prefect reads its environment when it is imported, so this import has to come after the settings.
        from flows.demo import run_demo
        from flows.params import FolderParams

        folder = f"outputs/{EXAMPLE_FOLDER}"
        run_demo(FolderParams(workspace=str(root), round_id=ROUND_ID, folder=folder, received_on=RECEIVED_ON))


def _run_steps(root: Path) -> None:
    steps: tuple[tuple[str, Callable[[Workspace], object]], ...] = (
        ("make_frame", lambda ws: write_frame(ws, ROUND_ID)),
        ("frame", lambda ws: [import_frame(ws, ROUND_ID, *file) for file in _files(ws, "frame")]),
        ("seal", lambda ws: [_seal(ws, survey) for survey in _surveys(ws)]),
        ("open", lambda ws: open_numbers(ws, ROUND_ID)),
        ("draw", lambda ws: [draw_sample(ws, ROUND_ID, PUBLIC_VALUE, survey) for survey in _surveys(ws)]),
        ("make_returns", lambda ws: (write_returns(ws, ROUND_ID), write_appraisals(ws, ROUND_ID))),
        ("receive", lambda ws: [_receive(ws, *file) for file in _files(ws, "returns")]),
        ("estimate", lambda ws: [_estimate(ws, survey) for survey in _surveys(ws)]),
        ("appraise", lambda ws: [import_appraisals(ws, ROUND_ID, path) for path in _appraisals(ws)]),
        ("merge", lambda ws: merge(ws, ROUND_ID)),
        ("workbook", lambda ws: (make_workbook(ws, ROUND_ID), draft_release(ws, ROUND_ID))),
    )
    for name, step in steps:
        title = text(f"cli_demo.step_{name}")
        started = time.perf_counter()
        with working("cli_demo.at_work", step=title), open_workspace(root, os.environ) as ws:
            step(ws)
        seconds = f"{number(time.perf_counter() - started, 1):>6}"
        say("cli_demo.step_done", step=f"{title:<34}", seconds=seconds)


def _surveys(ws: Workspace) -> list[str]:
    return [instrument.instrument_id for instrument in ws.rounds.instruments(ROUND_ID)]


def _seal(ws: Workspace, instrument_id: str) -> object:
    make_plan(ws, ROUND_ID, instrument_id)
    return commit_draw(ws, ROUND_ID, COMMITTED_AT, instrument_id)


def _estimate(ws: Workspace, instrument_id: str) -> object:
    weight(ws, ROUND_ID, instrument_id)
    return score(ws, ROUND_ID, instrument_id)


def _receive(ws: Workspace, path: Path, instrument_id: str) -> object:
    return receive(ws, ROUND_ID, path, instrument_id, received_on=RECEIVED_ON)


def _files(ws: Workspace, kind: str) -> list[tuple[Path, str]]:
    """Made-up files of a kind with the instrument that their folder is named after."""
    folders = [(ws.root / "outputs" / EXAMPLE_FOLDER / kind / survey, survey) for survey in _surveys(ws)]
    return [(path, survey) for folder, survey in folders for path in sorted(folder.iterdir())]


def _appraisals(ws: Workspace) -> list[Path]:
    return sorted((ws.root / "outputs" / EXAMPLE_FOLDER / "appraisals").iterdir())


def _summary(ws: Workspace, seconds: float) -> None:
    """What a person wants to know at the end: the answers, the counts, the file, and what to type next."""
    names, units = short_names(ws, ROUND_ID), pinned(ws, ROUND_ID).register.names()
    cases, rows = [], []
    for returns in all_returns(ws, ROUND_ID, working=True):
        sums = {**returns.report.by_unit.sum(numeric_only=True), **returns.report.batches.sum(numeric_only=True)}
        cases.append((names[returns.instrument_id], *_numbers(sums, _CASES)))
        rows.append((names[returns.instrument_id], *_numbers(sums, _ROWS)))
    head = text("cli_demo.instrument")
    show_table(
        text("cli_demo.forms"), (head, *(text(f"cli_returns.n_{name}") for name in _CASES)), cases, numbers=range(1, 6)
    )
    heads = (head, text("cli.rows"), *(word("row_state", state) for state in _ROWS[1:]))
    show_table(text("cli_demo.rows"), heads, rows, numbers=range(1, 6))
    for instrument_id in _surveys(ws):
        _show_index(score(ws, ROUND_ID, instrument_id, lang=language()), names[instrument_id])
    results = table_of(ws, ROUND_ID, "merge", "results")
    first = results[results["rank"] == 1].sort_values("rulebook_id")
    leaders = zip(first["unit_id"], first["index_shown"], strict=True)
    say("cli_demo.first", units="; ".join(f"{units[unit]} ({number(pct, 2)} %)" for unit, pct in leaders))
    _say_files(ws, names, seconds)


def _say_files(ws: Workspace, names: Mapping[str, str], seconds: float) -> None:
    """Where everything lies, and what to type next."""
    say("cli_demo.done", seconds=number(seconds, 0))
    say("cli_demo.workbook", file=make_workbook(ws, ROUND_ID).path)
    for survey in ws.rounds.instruments(ROUND_ID):
        place = ws.files.outputs.path(f"{survey.public_id}/{DRAW_FOLDER}")
        say("cli_demo.verify_files", instrument=names[survey.instrument_id], folder=place)
    command = f'{"sipas" if shutil.which("sipas") else sys.argv[0]} -w "{ws.root}"'
    say("cli_demo.try_trace", command=f"{command} trace {ROUND_ID}/X07/made-up-gia-dinh/2026-xa/8.1")
    say("cli_demo.try_release", command=f"{command} publish --approve 1 --by {APPROVER}", passphrase=PASSPHRASE)
