"""What comes next in a round: the command that whoever runs it would type now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sipas.acts import PointsEntered
from sipas.jobs.stepruns.workbench import Workbench

States = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class NextStep:
    """A command without the program's name; what a person has to fill in stands in braces, by the name of the option:
    `draw --value {value}`. instrument_id: "" where the round has one instrument, or the command is for all of it."""

    command: str
    instrument_id: str = ""


def next_step(bench: Workbench, states: States) -> NextStep | None:
    """The first thing that is left to do, None when nothing is. `states`: of each step, by instrument and step."""
    if bench.ws.rounds.get(bench.round_id).state in ("closed", "cancelled"):
        return None
    several = len(bench.round_parts.survey_round.instruments) > 1
    for instrument_bench in bench.instrument_benches():
        command = _of_instrument(instrument_bench, states)
        if command:
            return NextStep(command, instrument_bench.instrument.instrument_id if several else "")
    command = "" if bench.round_parts.is_training else _of_round(bench, states)
    return NextStep(command) if command else None


def _of_instrument(bench: Workbench, states: States) -> str:
    instrument_id, state = bench.instrument.instrument_id, bench.instrument.state
    due = [step.name for step in bench.steps() if states.get((instrument_id, step.name), "current") != "current"]
    if state == "cancelled":
        return ""
    if bench.holder == "values":
        return "values import {file}" if "values" in due else ""
    if state == "new":
        before = {"frame": "frame import {file}", "plan": "plan"}
        return next((command for step, command in before.items() if step in due), "commit")
    if state == "committed":
        record = bench.ws.field.draws.records(bench.instrument)[-1]
        n_opened = len(bench.ws.field.draws.opened(bench.instrument, record["commit_no"]))
        return "draw --value {value}" if n_opened == len(record["parties"]) else "reveal {party} {number}"
    if not bench.ws.field.received.batches(bench.instrument):
        return "receive {file}"
    return next((step for step in ("weight", "score") if step in due), "")


def _of_round(bench: Workbench, states: States) -> str:
    ws, round_id = bench.ws, bench.round_id
    if states.get(("", "merge"), "current") != "current":
        appraised = any(entry.action == PointsEntered.action for entry in ws.log.entries(round_id))
        return "merge" if appraised else "appraisals import {file}"
    if states.get(("", "workbook"), "current") != "current":
        return "export"
    releases = ws.office.releases.find(round_id)
    if not releases or bench.sha("merge", "results") not in releases[-1].outputs.values():
        return "publish"
    last = releases[-1]
    return "round close" if last.state == "released" else f"publish --approve {last.release_no} --by {{person_id}}"
