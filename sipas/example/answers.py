"""True answers of everybody in the made-up frame, with province shares known exactly.

The population is the eligible dossiers of the frame file: finished inside the window, each dossier number once,
persons without contact included. One person may stand there several times; what is asked is asked by dossier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sipas.example.dossiers import RESULTS
from sipas.example.population import FRAME_HEADERS, MadeUpFrame
from sipas.example.streams import Flags, Floats, Ints, largest_remainder, stream

Codes = npt.NDArray[np.int8]

_POLICY_FACTORS = {"I.A": 2, "I.B": 2, "I.C": 9, "I.D": 10}
_SERVICE_FACTORS = {"II.A": 3, "II.B": 4, "II.C": 3, "II.D": 3, "II.E": 3}
FACTOR_ITEMS: Mapping[str, int] = _POLICY_FACTORS | _SERVICE_FACTORS
ITEMS: tuple[str, ...] = tuple(f"{factor}{i + 1}" for factor, count in FACTOR_ITEMS.items() for i in range(count))
EXPERIENCE_ITEMS: tuple[str, ...] = tuple(f"Q8.{i}" for i in range(1, 8))
IS_POLICY: Flags = np.array([not item.startswith("II.") for item in ITEMS])
POLICY_PCT = 83.84
SERVICE_PCT = 84.09

# Points by which a factor's share lies off its content's before the content is centred; made up.
_POLICY_OFFSETS = {"I.A": 1.5, "I.B": -3.5, "I.C": 1.0, "I.D": -0.5}
_SERVICE_OFFSETS = {"II.A": 1.2, "II.B": 1.8, "II.C": 0.8, "II.D": 0.2, "II.E": -4.0}
_FACTOR_OFFSETS: Mapping[str, float] = _POLICY_OFFSETS | _SERVICE_OFFSETS
_ITEM_OFFSETS = (0.0, 1.1, -0.9, 0.6, -1.4, 1.7, -0.4, 0.3, -1.9, 0.9)
_FIVE_SHARE = 0.27  # of the satisfied
_LOW_SHARES = (0.09, 0.23)  # codes 1 and 2, of the unsatisfied
# Standard deviations on the latent scale; item noise has what is left of 1.
_PERSON, _CONTENT, _UNIT, _UNIT_CONTENT = 0.50, 0.38, 0.13, 0.08
_NOISE = (1 - _PERSON**2 - _CONTENT**2 - _UNIT**2 - _UNIT_CONTENT**2) ** 0.5
_RESULT_EFFECT: Mapping[str, tuple[float, float]] = {  # policy, service
    "done": (0.0, 0.0),
    "refused": (-0.45, -1.0),
    "returned": (-0.3, -0.7),
    "overdue": (-0.35, -0.9),
}
_EXPERIENCE_SHARES = (0.62, 0.41, 0.55, 0.28, 0.71, 0.36, 0.19)
_NON_USER_SHARE = 0.07


@dataclass(frozen=True)
class Population:
    """The frame with what everybody would answer. `items`: codes 1..5, shape (rows, 39), columns ITEMS;
    `experience`: 1 yes, 0 no, shape (rows, 7), columns EXPERIENCE_ITEMS. Repeated rows answer alike."""

    frame: MadeUpFrame
    items: Codes
    experience: Codes


def true_answers(frame: MadeUpFrame, seed: int) -> Population:
    """Answers from a latent score: unit + person + result effects by content, plus noise by item.

    Each item is cut at order statistics of its score over the eligible dossiers, so that the satisfied are
    exactly the wanted number: item counts add up to round(.8384 x 23 n) and round(.8409 x 16 n).
    """
    first = _first_rows(frame)
    base = _content_scores(frame, seed)
    counts = satisfied_counts(int(frame.is_eligible.sum()))
    items = np.empty((len(first), len(ITEMS)), dtype=np.int8)
    random = stream(seed, "item noise")
    for column in range(len(ITEMS)):
        score = base[:, 0 if IS_POLICY[column] else 1] + _NOISE * random.standard_normal(len(first))
        items[:, column] = _cut(score, frame.is_eligible, int(counts[column]))
    return Population(frame, items[first], _experience(seed, base[:, 1])[first])


def satisfied_counts(n: int) -> Ints:
    """Dossiers of `n` that answer 4 or 5 to each of the 39 items; shape (39,), sums exact by content."""
    offset = [_FACTOR_OFFSETS[f] + _ITEM_OFFSETS[i] for f, count in FACTOR_ITEMS.items() for i in range(count)]
    counts = np.zeros(len(ITEMS), dtype=np.int64)
    for content, pct in ((IS_POLICY, POLICY_PCT), (~IS_POLICY, SERVICE_PCT)):
        offsets = np.array(offset)[content]
        counts[content] = largest_remainder(pct + offsets - offsets.mean(), round(pct / 100 * n * int(content.sum())))
    return counts


def _first_rows(frame: MadeUpFrame) -> Ints:
    """Row of the first occurrence of each row's dossier number; shape (rows,)."""
    codes, _ = pd.factorize(frame.rows[FRAME_HEADERS["dossier_no"]])
    firsts = np.unique(codes, return_index=True)[1]
    return np.asarray(firsts[codes], dtype=np.int64)


def _content_scores(frame: MadeUpFrame, seed: int) -> Floats:
    """Latent score without item noise, shape (rows, 2): policy, service."""
    person, people = pd.factorize(frame.rows[FRAME_HEADERS["identity_no"]])
    unit, units = pd.factorize(frame.unit_now, sort=True)
    random = stream(seed, "latent")
    person_score = _PERSON * random.standard_normal((len(people), 1)) + _CONTENT * random.standard_normal(
        (len(people), 2)
    )
    unit_score = _UNIT * random.standard_normal((len(units), 1)) + _UNIT_CONTENT * random.standard_normal(
        (len(units), 2)
    )
    effect = np.array([_RESULT_EFFECT[code] for code in RESULTS])
    return np.asarray(person_score[person] + unit_score[unit] + effect[frame.result_code], dtype=np.float64)


def _experience(seed: int, service_score: Floats) -> Codes:
    """Seven yes/no answers; about one person in twelve has used nothing, and they are a little less satisfied."""
    random = stream(seed, "experience")
    count = len(service_score)
    is_user = random.random(count) >= np.clip(_NON_USER_SHARE - 0.05 * service_score, 0.01, 0.5)
    return np.asarray(
        is_user[:, None] & (random.random((count, len(_EXPERIENCE_SHARES))) < _EXPERIENCE_SHARES), dtype=np.int8
    )


def _cut(score: Floats, eligible: Flags, n_satisfied: int) -> Codes:
    """Codes 1..5 of the scores; of the eligible, the `n_satisfied` highest have 4 or 5."""
    scores = np.sort(score[eligible])
    n = len(scores)
    n_low = n - n_satisfied
    lowest = round(_LOW_SHARES[0] * n_low)
    starts = [lowest, round(sum(_LOW_SHARES) * n_low), n_low, n - round(_FIVE_SHARE * n_satisfied)]
    return (1 + np.searchsorted(scores[starts], score, side="right")).astype(np.int8)
