"""Lists of faults as workbooks for the people who must mend them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from errors import Fault, FaultsFound, StoreError
from errors.messages import Language, load_messages
from errors.templates import data_folder
from sipas.foldernames import FAULTS_FOLDER
from sipas.publish.xlsx.faults import faults_workbook
from sipas.store.workspace import Workspace


def write_faults(ws: Workspace, name: str, faults: Sequence[Fault], lang: Language = "vi") -> Path:
    """Write outputs/<name>; the same faults again leave the file as it is. StoreError `store.output_in_use`."""
    messages = load_messages(data_folder() / "messages")
    return ws.files.outputs.write_bytes(name, faults_workbook(faults, messages, lang))


@contextmanager
def faults_kept(ws: Workspace, folder: str = "", lang: Language = "vi") -> Iterator[None]:
    """Faults that stop what runs inside become a workbook under outputs/<folder>, which the error then names
    (`fault_file` of its values), unless it names one already. The same faults go into the same file; where nothing can
    be written, the error goes on without."""
    try:
        yield
    except FaultsFound as error:
        if error.faults and "fault_file" not in error.values:
            mark = hashlib.sha256(repr(error.faults).encode()).hexdigest()[:8]
            place = f"{folder}/{FAULTS_FOLDER}" if folder else FAULTS_FOLDER
            try:
                path = write_faults(ws, f"{place}/{error.rule.replace('.', '-')}-{mark}.xlsx", error.faults, lang)
            except StoreError:
                raise error from None
            error.values["fault_file"] = str(path)
        raise
