"""Reserves after the draw: released, and cases withdrawn, in draw order only, by one person's proposal and another's
approval; the list that proves it is published beside the draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from errors import DesignError, StoreError
from sampling.manifest import reserves_of
from sampling.numbers import canonical_json
from sipas.foldernames import DRAW_FOLDER
from sipas.jobs.field.returns import outcomes_now
from sipas.jobs.sample.commit import moment
from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps.weight import issued_counts
from sipas.store.field.reserves import ReserveChange, ReserveLine
from sipas.store.office.signing import Signature
from sipas.store.workspace import Workspace

_OPEN = ("drawn", "open")
_LEAST = 2  # a stratum of one case has no variance, of none no estimate


@dataclass(frozen=True)
class ReserveDecision:
    """A proposal as it now stands, and the published list of changes once it was carried out."""

    approval_no: int
    lines: tuple[ReserveChange, ...]
    file: Path | None


def reserve_table(ws: Workspace, round_id: str, instrument_id: str = "") -> pd.DataFrame:
    """Where every stratum stands: stratum_id, pop_size, sample_size, n_issued, n_valid, n_outstanding, n_left.

    n_left: reserves not yet released. The published list is written again, in case an approval was broken off before.
    Raises StoreError `jobs.step_first` before the draw.
    """
    bench = Workbench(ws, round_id, instrument_id)
    if ws.field.reserves.carried_out(bench.instrument):
        publish_changes(bench)
    sizes = bench.table("plan", "allocation").set_index("stratum_id")
    issued = issued_now(bench)
    outcomes = outcomes_now(bench)
    counts = outcomes.groupby(["stratum_id", "outcome"]).size().unstack("outcome", fill_value=0)
    table = sizes[["pop_size", "sample_size"]].assign(n_issued=pd.Series(issued))
    for name in ("valid", "outstanding"):
        table[f"n_{name}"] = counts[name].reindex(table.index, fill_value=0) if name in counts else 0
    left = sizes["sample_size"] + sizes["reserve_size"] - table["n_issued"]
    return table.assign(n_left=left).reset_index()


def all_changes(ws: Workspace, round_id: str, instrument_id: str = "") -> tuple[ReserveChange, ...]:
    """Every change proposed for a survey, whatever became of it. StoreError `store.which_instrument`."""
    return tuple(ws.field.reserves.all(Workbench(ws, round_id, instrument_id).instrument))


def issued_now(bench: Workbench) -> dict[str, int]:
    """Cases issued in every stratum now: the planned number, moved by the changes that were carried out."""
    return issued_counts(bench.table("plan", "allocation"), bench.ledger("reserves"))


def propose_change(
    ws: Workspace, round_id: str, kind: str, counts: Mapping[str, int], reason: str, instrument_id: str = ""
) -> ReserveDecision:
    """Propose to release the next reserves of strata, or to withdraw their last issued cases.

    kind: release | withdraw; counts: cases by stratum. Raises DesignError `reserves.no_stratum`, `reserves.count`,
    `reserves.not_enough`, `reserves.answered` (a case to be withdrawn has come back),
    `reserves.raters` (people on closed lists have no reserve),
    `reserves.reason` (more than one line); StoreError `store.no_reason`,
    `store.no_person`, `store.round_state`.
    """
    bench = Workbench(ws, round_id, instrument_id)
    if bench.parts.rules.quotas:
        raise DesignError("reserves.raters", where=bench.instrument.public_id)
    if not reason.isprintable():
        raise DesignError("reserves.reason", where=bench.instrument.public_id)
    lines = _lines(bench, kind, counts)
    _cases_of(bench, lines)
    with ws.ledger.write() as connection:
        ws.rounds.require(connection, bench.instrument, *_OPEN)
        proposal = ws.field.reserves.propose(connection, bench.instrument, lines, reason)
    return ReserveDecision(proposal[0].approval_no, proposal, None)


def approve_change(
    ws: Workspace, round_id: str, approval_no: int, signature: Signature, at: str = ""
) -> ReserveDecision:
    """Approve a proposal of any instrument of the round as another person; its cases are issued or withdrawn and the
    list is published.

    Raises DesignError `reserves.moved` (another change of a stratum came first: propose anew), `reserves.answered`,
    `reserves.time` (before the public value or an earlier change);
    StoreError `store.no_approval`, `store.same_person`, `store.bad_passphrase`, `store.round_state`.
    """
    bench = _holder(ws, round_id, approval_no)
    instrument = bench.instrument
    # Forms that arrive at the same time wait: a case is never withdrawn while its form is taken in.
    with ws.lock(f"reserves/{instrument.public_id}"), ws.lock(f"receive/{instrument.public_id}"):
        proposed = [line for line in ws.field.reserves.all(instrument) if line.approval_no == approval_no]
        lines = [ReserveLine(line.stratum_id, line.kind, line.first_order, line.last_order) for line in proposed]
        decision = (moment(ws, at), _cases_of(bench, lines))
        if proposed and proposed[0].state == "proposed":
            _refuse_moved(bench, lines)
            _refuse_time(bench, decision[0])
        wanted = _OPEN if proposed and proposed[0].state == "proposed" else ()  # what is decided can be asked again
        with ws.ledger.write() as connection:
            ws.rounds.require(connection, instrument, *wanted)
            carried_out = ws.field.reserves.approve(connection, instrument, approval_no, signature, decision)
    return ReserveDecision(approval_no, carried_out, publish_changes(Workbench(ws, round_id, instrument.instrument_id)))


def _holder(ws: Workspace, round_id: str, approval_no: int) -> Workbench:
    """The round with the instrument in hand that a proposal belongs to. StoreError `store.no_approval`."""
    for instrument in ws.rounds.instruments(round_id):
        if any(change.approval_no == approval_no for change in ws.field.reserves.all(instrument)):
            return Workbench(ws, round_id, instrument.instrument_id)
    raise StoreError("store.no_approval", where=str(approval_no))


def reject_change(ws: Workspace, round_id: str, approval_no: int, signature: Signature, reason: str) -> None:
    """Reject a proposal as another person. StoreError `store.no_approval`, `store.approval_decided`."""
    _holder(ws, round_id, approval_no)
    with ws.ledger.write() as connection:
        ws.field.reserves.reject(connection, approval_no, signature, reason)


def publish_changes(bench: Workbench) -> Path:
    """Write outputs/<public id>/chon-mau/du-phong.json: every change carried out, for `verify-draw --reserves`."""
    sample = _ordered(bench)
    changes = [
        {
            "change_no": line.change_no,
            "kind": line.kind,
            "stratum_id": line.stratum_id,
            "first_order": line.first_order,
            "last_order": line.last_order,
            "frame_unit_ids": list(
                sample.loc[line.stratum_id]["frame_unit_id"].loc[line.first_order : line.last_order]
            ),
            "decided_at": line.decided_at,
            "reason": line.reason,
            "proposer": line.proposer,
            "approver": line.approver,
        }
        for line in bench.ws.field.reserves.carried_out(bench.instrument)
    ]
    facts = reserves_of(bench.facts("draw", "manifest.json"), changes)
    name = f"{bench.instrument.public_id}/{DRAW_FOLDER}/du-phong.json"
    return bench.ws.files.outputs.write_bytes(name, canonical_json(facts).encode("utf-8"))


def _lines(bench: Workbench, kind: str, counts: Mapping[str, int]) -> list[ReserveLine]:
    sizes = bench.table("plan", "allocation").set_index("stratum_id")
    issued = issued_now(bench)
    lines = []
    for stratum, count in sorted(counts.items()):
        if stratum not in issued:
            raise DesignError("reserves.no_stratum", where=bench.instrument.public_id, got=stratum)
        now, drawn = issued[stratum], int(sizes["sample_size"][stratum] + sizes["reserve_size"][stratum])
        free = drawn - now if kind == "release" else max(now - _LEAST, 0)
        if count < 1:
            raise DesignError("reserves.count", where=stratum, got=count, expected=">= 1")
        if count > free:
            raise DesignError("reserves.not_enough", where=stratum, got=count, expected=f"<= {free}")
        first = now + 1 if kind == "release" else now - count + 1
        lines.append(ReserveLine(stratum, kind, first, first + count - 1))
    if not lines:
        raise DesignError("reserves.count", where=bench.instrument.public_id, got=0, expected=">= 1")
    return lines


def _refuse_moved(bench: Workbench, lines: Sequence[ReserveLine]) -> None:
    issued = issued_now(bench)
    for line in lines:
        next_order = line.first_order - 1 if line.kind == "release" else line.last_order
        if issued[line.stratum_id] != next_order:
            raise DesignError("reserves.moved", where=line.stratum_id, got=issued[line.stratum_id], expected=next_order)


def _refuse_time(bench: Workbench, decided_at: str) -> None:
    """A decision comes after the public value and after the decisions before it, or the list would not verify."""
    earlier = [line.decided_at for line in bench.ws.field.reserves.carried_out(bench.instrument)]
    bounds = [bench.facts("draw", "manifest.json")["public_value"]["at"], *earlier]
    for bound in bounds:
        if datetime.fromisoformat(decided_at) < datetime.fromisoformat(bound):
            raise DesignError("reserves.time", where=bench.instrument.public_id, got=decided_at, expected=bound)


def _cases_of(bench: Workbench, lines: Sequence[ReserveLine]) -> dict[ReserveLine, list[str]]:
    """Case ids of every line. A case that has come back can no longer be withdrawn."""
    sample = _ordered(bench)
    cases_by_line = {
        line: list(sample.loc[line.stratum_id]["case_id"].loc[line.first_order : line.last_order]) for line in lines
    }
    gone = [case for line, cases in cases_by_line.items() if line.kind == "withdraw" for case in cases]
    outcomes = outcomes_now(bench).set_index("case_id")["outcome"]
    answered = [case for case in gone if outcomes.get(case, "outstanding") != "outstanding"]
    if answered:
        raise DesignError("reserves.answered", where=answered[0], got=len(answered), expected=0)
    return cases_by_line


def _ordered(bench: Workbench) -> pd.DataFrame:
    sample = bench.table("draw", "sample")
    return sample.set_index(["stratum_id", "draw_order"]).sort_index()[["case_id", "frame_unit_id"]]
