"""Writing the workbook of a round."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sipas.jobs.stepruns.steps import STEPS
from sipas.jobs.stepruns.workbench import Workbench
from sipas.publish.round.make import WORKBOOK
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class WorkbookReport:
    """Where the workbook is, its hash, and whether it is new. release_no: 0 for the present state."""

    path: Path
    sha256: str
    is_new: bool
    release_no: int = 0


def make_workbook(ws: Workspace, round_id: str) -> WorkbookReport:
    """Write outputs/<round>/ket-qua-<round>.xlsx from the current results of the round, and keep the explanation of
    every number in it, so that both can be released.

    Raises StoreError `jobs.step_first`, `store.round_state` (closed), `store.output_in_use` (the file is open in
    another program).
    """
    bench = Workbench(ws, round_id)
    result = bench.run(WORKBOOK, {"software_version": software_version()}).run
    bench.run(STEPS["traces"])
    sha256 = result.outputs["workbook.xlsx"]
    path = ws.files.outputs.write_bytes(f"{round_id}/ket-qua-{round_id}.xlsx", ws.files.snapshots.read_bytes(sha256))
    return WorkbookReport(path, sha256, result.is_new)


def software_version() -> str:
    """Version of the installed program."""
    try:
        return version("sipas")
    except PackageNotFoundError:
        return "?"
