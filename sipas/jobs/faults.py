"""Writing a list of faults as a workbook for the people who must mend them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from errors import Fault
from errors.messages import load_messages
from sipas.publish.xlsx.faults import faults_workbook
from sipas.store.files.methodology import packaged_data
from sipas.store.workspace import Workspace


def write_faults(ws: Workspace, name: str, faults: Sequence[Fault]) -> Path:
    """Write outputs/<name>; the same faults again leave the file as it is. StoreError `store.output_in_use`."""
    return ws.files.outputs.write_bytes(name, faults_workbook(faults, load_messages(packaged_data() / "messages")))
