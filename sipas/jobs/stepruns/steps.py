"""All steps of a round in the order in which they are run, and the commands that run them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sipas.publish.round.make import WORKBOOK
from sipas.rounds import Holder
from sipas.steps.declare import Step
from sipas.steps.draw import DRAW
from sipas.steps.frame import FRAME
from sipas.steps.merge import MERGE
from sipas.steps.plan import PLAN
from sipas.steps.receive import RECEIVE
from sipas.steps.score import SCORE
from sipas.steps.traces import TRACES_STEP
from sipas.steps.values import VALUES
from sipas.steps.weight import WEIGHT

STEPS: Final[Mapping[str, Step]] = {
    step.name: step for step in (FRAME, PLAN, DRAW, RECEIVE, WEIGHT, SCORE, VALUES, MERGE, WORKBOOK, TRACES_STEP)
}
COMMANDS: Final[Mapping[str, str]] = {
    "frame": "sipas frame import",
    "plan": "sipas plan",
    "draw": "sipas draw",
    "weight": "sipas weight",
    "score": "sipas score",
    "values": "sipas values import",
    "merge": "sipas merge",
    "workbook": "sipas export",
    "traces": "sipas export",
}
# What `round status` tells of.
SHOWN: Final = ("frame", "plan", "draw", "weight", "score", "values", "merge", "workbook")
COUNTING: Final = ("weight", "score", "values", "merge", "workbook", "traces")  # never of a training round
FIXED_BY_DRAW: Final = ("frame", "plan", "draw")
SCORED_BY: Final[Mapping[Holder, str]] = {"survey": "score", "values": "values"}  # which step gives index_scores
