"""Which of the issued cases send a form back, and what stands on it before anything goes wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from errors import DataError
from sipas.example.answers import EXPERIENCE_ITEMS, ITEMS, Population
from sipas.example.days import working_days
from sipas.example.dossiers import RESULTS
from sipas.example.names import REMARKS
from sipas.example.population import FRAME_HEADERS
from sipas.example.streams import Flags, Floats, Ints, Words, largest_remainder, stream, words

BACKGROUND_ITEMS: tuple[str, ...] = ("sex", "age_group")
FORM_FIELDS: tuple[str, ...] = (
    *("case_id", "rated_unit_id", "mode", "received_on"),
    *ITEMS,
    *EXPERIENCE_ITEMS,
    *BACKGROUND_ITEMS,
    "comment",
)
MODES: tuple[tuple[str, ...], ...] = (  # by file: post, keyed by hand, .sav in UTF-8, .sav in code page 1258
    ("Bưu điện",),
    ("Phỏng vấn trực tiếp", "Phỏng vấn trực tiếp", "Họp nhóm"),
    ("Trực tuyến",),
    ("Điện thoại",),
)
_FILE_SHARES = (0.40, 0.30, 0.15, 0.15)
_RESPONSE_SHARE = 0.75
_UNIT_EFFECT = 0.35
_RESULT_EFFECT: Mapping[str, float] = {"done": 0.0, "refused": -0.9, "returned": -0.5, "overdue": -0.7}
_MISSING_SHARES = (0.01, 0.03)
_MISSING_CODES = ("", "", "", "", "", "98", "98", "98", "99", "99")  # 98 don't know, 99 refused
_NO_AGE_SHARE = 0.02
_AGE_STARTS = (25, 35, 50, 61)  # age groups 2 to 5; group 1 is 18 to 24
_SURVEY_YEAR = 2026
_REMARK_SHARE = 0.25


def returned_forms(drawn: pd.DataFrame, population: Population, seed: int) -> pd.DataFrame:
    """Forms of the issued cases that answer: FORM_FIELDS as text, `file` (0..3) and `place` (0..1, order in it).

    About a quarter of the issued don't answer: the chance is logistic in a unit effect and the result of the
    dossier, with the intercept solved so that the mean over all issued is .75; persons without telephone and
    address never answer. Rated items are missing with 1 to 3 %.
    """
    issued = drawn[drawn["is_issued"].to_numpy(dtype=np.bool_)]
    rows = _frame_rows(issued, population)
    answers = stream(seed, "response").random(len(issued)) < _response_chance(issued, rows, population, seed)
    return _written(issued[answers], rows[answers], population, seed)


def spare_forms(drawn: pd.DataFrame, population: Population, seed: int) -> pd.DataFrame:
    """Forms as the reserves that were never issued would have filled them in; columns as `returned_forms`."""
    spare = drawn[~drawn["is_issued"].to_numpy(dtype=np.bool_)]
    return _written(spare, _frame_rows(spare, population), population, seed + 1)


def _frame_rows(cases: pd.DataFrame, population: Population) -> Ints:
    """Row of each case's dossier in the frame; DataError `example.unknown_dossier` when one is not eligible."""
    eligible = np.flatnonzero(population.frame.is_eligible)
    numbers = population.frame.rows[FRAME_HEADERS["dossier_no"]].to_numpy()[eligible]
    position = pd.Index(numbers).get_indexer(pd.Index(cases["dossier_no"]))
    if (position < 0).any():
        raise DataError("example.unknown_dossier", got=int((position < 0).sum()), expected=0)
    return np.asarray(eligible[position], dtype=np.int64)


def _response_chance(issued: pd.DataFrame, rows: Ints, population: Population, seed: int) -> Floats:
    unit, units = pd.factorize(issued["rated_unit_id"], sort=True)
    effect = stream(seed, "response of units").normal(0, _UNIT_EFFECT, len(units))
    result = np.array([_RESULT_EFFECT[code] for code in RESULTS])[population.frame.result_code[rows]]
    lean = effect[unit] + result
    frame = population.frame.rows
    reachable: Flags = frame[FRAME_HEADERS["phone"]].to_numpy()[rows] != ""
    low, high = -10.0, 10.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        mean = float((reachable / (1 + np.exp(-middle - lean))).mean())
        low, high = (middle, high) if mean < _RESPONSE_SHARE else (low, middle)
    return np.asarray(reachable / (1 + np.exp(-low - lean)), dtype=np.float64)


def _written(cases: pd.DataFrame, rows: Ints, population: Population, seed: int) -> pd.DataFrame:
    count = len(cases)
    random = stream(seed, "forms")
    file = random.permutation(np.repeat(np.arange(len(_FILE_SHARES)), largest_remainder(_FILE_SHARES, count)))
    items = words(("", "1", "2", "3", "4", "5"))[population.items[rows]]
    _blank(items, random)
    experience = words(("0", "1"))[population.experience[rows]]
    remark = words(REMARKS)[random.integers(0, len(REMARKS), count)]
    columns = {
        "case_id": cases["case_id"].to_numpy(dtype=object),
        "rated_unit_id": cases["rated_unit_id"].to_numpy(dtype=object),
        "mode": _modes(file, random),
        "received_on": working_days(random, "2026-07-20", "2026-09-28", count),
        **{item: items[:, i] for i, item in enumerate(ITEMS)},
        **{item: experience[:, i] for i, item in enumerate(EXPERIENCE_ITEMS)},
        **_background(rows, population, random),
        "comment": np.where(random.random(count) < _REMARK_SHARE, remark, ""),
    }
    forms = pd.DataFrame({name: pd.Series(cells, dtype="str") for name, cells in columns.items()})
    return forms.assign(file=file, place=random.random(count))


def _blank(items: Words, random: np.random.Generator) -> None:
    """Take answers out of `items`, shape (forms, 39), each item at its own rate."""
    rate = random.permutation(np.linspace(*_MISSING_SHARES, items.shape[1]))
    missing = random.random(items.shape) < rate
    items[missing] = words(_MISSING_CODES)[random.integers(0, len(_MISSING_CODES), int(missing.sum()))]


def _background(rows: Ints, population: Population, random: np.random.Generator) -> dict[str, Words]:
    """Sex (1 man, 2 woman) and age group (1..5, 99 refused) as the frame has them, by item."""
    frame = population.frame.rows.iloc[rows]
    age = _SURVEY_YEAR - frame[FRAME_HEADERS["birth_year"]].to_numpy().astype(np.int64)
    group = words(("1", "2", "3", "4", "5"))[np.searchsorted(_AGE_STARTS, age, side="right")]
    group[random.random(len(rows)) < _NO_AGE_SHARE] = "99"
    sex = np.where(frame[FRAME_HEADERS["sex"]].to_numpy() == "Nam", "1", "2").astype(object)
    return {"sex": sex, "age_group": group}


def _modes(file: Ints, random: np.random.Generator) -> Words:
    width = np.array([len(mode) for mode in MODES])[file]
    pick = np.floor(random.random(len(file)) * width).astype(np.int64)
    longest = max(map(len, MODES))
    table: Sequence[Sequence[str]] = [(*mode, *([""] * (longest - len(mode)))) for mode in MODES]
    return np.asarray(np.array(table, dtype=object)[file, pick], dtype=object)
