"""Step score: the index of one instrument for every unit, node and variant."""

from __future__ import annotations

from sipas.indices import INDEX_SCORES, index_scores
from sipas.steps.declare import Step, StepResult
from sipas.steps.given import Given
from sipas.steps.survey import SURVEY_READS, survey_data


def make_scores(given: Given) -> StepResult:
    """IndexScores from weights and answers. Raises what Design, `totals` and `satisfaction_index` raise."""
    scores = index_scores(survey_data(given), given.index, given.head.year)
    return StepResult({"index_scores": INDEX_SCORES.arrow(scores)})


SCORE = Step("score", "instrument", make_scores, SURVEY_READS)
