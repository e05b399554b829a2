"""Run one stage of the small round in a process of its own, so that a test can kill it: python stages.py FOLDER STAGE.

Prints "ready" when everything is imported and the stage is about to start, "done" at its end.
"""

import sys
from pathlib import Path

from small_round import COMMITTED_AT, ROUND, reopen, seal_and_draw

from sipas.jobs.appraisals import import_appraisals
from sipas.jobs.commit import commit_draw
from sipas.jobs.frame import import_frame
from sipas.jobs.merge import merge
from sipas.jobs.plan import make_plan
from sipas.jobs.receive import receive
from sipas.jobs.rounds import new_round
from sipas.jobs.score import score
from sipas.jobs.weight import weight
from sipas.jobs.workbook import make_workbook


def inbox_files(ws, pattern):
    return sorted((ws.root.parent / "tệp đến").glob(pattern))


STAGES = {
    "round": lambda ws: new_round(ws, ROUND),
    "frame_before": lambda ws: import_frame(ws, ROUND, inbox_files(ws, "bản cũ.csv")[0]),
    "frame": lambda ws: import_frame(ws, ROUND, inbox_files(ws, "danh*.csv")[0]),
    "plan": lambda ws: make_plan(ws, ROUND),
    "commit": lambda ws: commit_draw(ws, ROUND, COMMITTED_AT),
    "draw": lambda ws: seal_and_draw(ws),
    "receive": lambda ws: [
        receive(ws, ROUND, path, received_on="2026-09-01") for path in inbox_files(ws, "[1-4] Phi*")
    ],
    "weight": lambda ws: weight(ws, ROUND),
    "score": lambda ws: score(ws, ROUND),
    "appraisals": lambda ws: [import_appraisals(ws, ROUND, path) for path in inbox_files(ws, "thẩm*.xlsx")],
    "merge": lambda ws: merge(ws, ROUND),
    "workbook": lambda ws: make_workbook(ws, ROUND),
}


def main() -> None:
    folder, stage = Path(sys.argv[1]), sys.argv[2]
    with reopen(folder) as ws:
        print("ready", flush=True)
        STAGES[stage](ws)
        print("done", flush=True)


if __name__ == "__main__":
    main()
