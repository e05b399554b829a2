"""The process that reads one untrusted file: request (JSON) on stdin, Arrow IPC stream on stdout.

Exit code 0: the stream is whole. 3: the last line of stderr is the error as JSON. 4: out of memory. Anything else,
signals too, means that a native reader broke.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import asdict
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from errors import FaultsFound, SurveyError
from sipas.files.childlimits import restrict
from sipas.files.gate import gate
from sipas.files.inspection import Inspection
from sipas.files.limits import GateLimits
from sipas.files.readers import READERS
from sipas.files.source import Source

REFUSED, OUT_OF_MEMORY = 3, 4


class _NoPandas(MetaPathFinder):
    """pyarrow would load pandas (0.7 s) only to ask whether a list is a Series; without it, it does not ask."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def main() -> int:
    """Read the file of the request on stdin; give the exit code."""
    # What a native library prints must not get into the stream.
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    request = json.loads(sys.stdin.buffer.read())
    limits = GateLimits(**request["limits"])
    sys.meta_path.insert(0, _NoPandas())
    pa.set_cpu_count(1)
    gc.disable()  # one file, then the process ends; collections cost a third of the time
    restrict(limits.memory_bytes, limits.seconds)
    try:
        with stream:
            convert(request, limits, stream)
    except MemoryError:
        return OUT_OF_MEMORY
    except SurveyError as error:
        sys.stderr.write("\n" + json.dumps(_plain(error)))
        return REFUSED
    return 0


def convert(request: dict[str, Any], limits: GateLimits, sink: BinaryIO) -> None:
    """Gate, reader and inspection; batches are written as they come. Raises the errors of all three."""
    path = Path(request["path"])
    report = gate(path, limits, shown_as=request["shown_as"])
    known_headers = frozenset(request["known_headers"])
    wanted = {name: request[name] for name in ("code_page", "sheet", "as_grid", "every_sheet")}
    source = Source(path, report, limits, known_headers=known_headers, **wanted)
    sheet = READERS[Path(report.name).suffix.lower()].read(source)
    inspection = Inspection(source, sheet)
    with pa.ipc.new_stream(sink, inspection.schema) as writer:
        for chunk in sheet.chunks:
            writer.write_batch(inspection.take(chunk))
    inspection.finish()


def _plain(error: SurveyError) -> dict[str, Any]:
    faults = [asdict(fault) for fault in error.faults] if isinstance(error, FaultsFound) else []
    facts = {"where": error.where, "got": error.got, "expected": error.expected, **error.values}
    return {"kind": type(error).__name__, "rule": error.rule, "facts": facts, "faults": faults}


if __name__ == "__main__":
    sys.exit(main())
