"""The made-up return of the delegates' survey: a sheet keyed by hand, an online export, and what is wrong in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from errors import DataError
from sipas.example.days import working_days
from sipas.example.delegates import DELEGATE_HEADERS, DELEGATE_ITEMS, OPTIONS, Delegates
from sipas.example.form_files import FormFile, keyed_sheet, post_csv
from sipas.example.plants import FormShape, PlantedCounts, plant
from sipas.example.returns import ReturnedFiles, written
from sipas.example.streams import Ints, stream, words

DELEGATE_FIELDS: tuple[str, ...] = ("case_id", "rated_unit_id", "mode", "received_on", *DELEGATE_ITEMS, "comment")
DELEGATE_COUNTS = PlantedCounts(
    late=10,
    same_in_file=4,
    same_across_files=3,
    differs=4,
    impossible_code=6,
    other_round=4,
    wrong_check=3,
    not_issued=2,
    wrong_unit=3,
    too_few_items=3,
)
# Codes of a five-point scale, which this one is not; late is after the cut-off of this survey, in time for the other.
_SHAPE = FormShape(
    items=DELEGATE_ITEMS,
    answers=tuple(map(str, OPTIONS)),
    impossible=("2", "4", "x"),
    few=(1, 2),
    n_other_answers=2,
    text_files=(0, 1),
    last_file=1,
    late_days=("2026-09-16", "2026-09-29"),
    purpose="delegate plants",
)
_TITLES = ("TỈNH GIẢ ĐỊNH", "PHIẾU LẤY Ý KIẾN ĐẠI BIỂU HỘI ĐỒNG NHÂN DÂN XÃ NĂM 2026 (số liệu giả định)", "Sở Nội vụ")
_WORDING = {"5": "A. Tốt", "3": "B. Khá", "1": "C. Trung bình", "0": "D. Chưa tốt", "98": "Không biết"}
_MODES = ("Họp nhóm", "Trực tuyến")  # by file
_ONLINE_SHARE = 0.45
_RESPONSE, _RESPONSE_OF_UNITS, _RESPONSE_RANGE = 0.85, 0.05, (0.65, 0.97)
_MISSING_SHARE = 0.02
_REMARKS = (
    "Đề nghị xã gửi tài liệu kỳ họp sớm hơn.",
    "Cử tri còn phản ánh việc trả kết quả đất đai chậm.",
    "Công khai ngân sách đầy đủ, dễ hiểu.",
)
_REMARK_SHARE = 0.1


def delegate_returns(
    drawn: pd.DataFrame, delegates: Delegates, *, other_case_ids: Sequence[str], seed: int
) -> ReturnedFiles:
    """Make the returned files of the issued cases of `drawn` (columns case_id, rated_unit_id, person_no, is_issued; the
    reserves that were not issued have False). other_case_ids: cases of the round's other instrument, whose ids stand on
    forms that came to the wrong place (planted as `other_round`). Same arguments, same bytes.

    Raises DataError `example.unknown_delegate` and `example.too_few_forms`.
    """
    is_issued = drawn["is_issued"].to_numpy(dtype=np.bool_)
    issued, spare = drawn[is_issued], drawn[~is_issued]
    answering = issued[_answers(issued, seed)]
    forms, unused = _forms(answering, delegates, seed), _forms(spare, delegates, seed + 1)
    planted = plant(forms, unused, DELEGATE_COUNTS, other_round_ids=other_case_ids, seed=seed, shape=_SHAPE)
    return written(planted, DELEGATE_FILES, DELEGATE_FIELDS, DELEGATE_COUNTS, (len(issued), len(forms)))


def _keyed(forms: pd.DataFrame) -> bytes:
    """Codes as numbers, under title rows."""
    return keyed_sheet(forms, DELEGATE_FIELDS, _TITLES, DELEGATE_ITEMS)


def _online(forms: pd.DataFrame) -> bytes:
    """Answers in their wording."""
    worded = {item: forms[item].map(lambda code: _WORDING.get(code, code)) for item in DELEGATE_ITEMS}
    return post_csv(forms.assign(**worded), DELEGATE_FIELDS)


DELEGATE_FILES: tuple[FormFile, ...] = (
    FormFile("1 Phiếu đại biểu nhập tay (giả định).xlsx", len(_TITLES) + 3, _keyed),
    FormFile("2 Phiếu đại biểu trực tuyến (giả định).csv", 2, _online),
)


def _answers(issued: pd.DataFrame, seed: int) -> np.ndarray:
    """Who sends a form back, shape (issued,): about 85 %, by commune a little more or less."""
    unit, units = pd.factorize(issued["rated_unit_id"], sort=True)
    lean = stream(seed, "delegate response of units").normal(0, _RESPONSE_OF_UNITS, len(units))
    chance = np.clip(_RESPONSE + lean, *_RESPONSE_RANGE)[unit]
    return np.asarray(stream(seed, "delegate response").random(len(issued)) < chance, dtype=np.bool_)


def _forms(cases: pd.DataFrame, delegates: Delegates, seed: int) -> pd.DataFrame:
    """Forms of the cases: DELEGATE_FIELDS as text, `file` (0, 1) and `place` (0..1, order in it)."""
    random, count = stream(seed, "delegate forms"), len(cases)
    items = delegates.items[_list_rows(cases, delegates)].astype(str).astype(object)
    missing = random.random(items.shape) < _MISSING_SHARE
    items[missing] = words(("", "", "98"))[random.integers(0, 3, int(missing.sum()))]
    file = (random.random(count) < _ONLINE_SHARE).astype(np.int64)
    remark = words(_REMARKS)[random.integers(0, len(_REMARKS), count)]
    columns = {
        "case_id": cases["case_id"].to_numpy(dtype=object),
        "rated_unit_id": cases["rated_unit_id"].to_numpy(dtype=object),
        "mode": words(_MODES)[file],
        "received_on": working_days(random, "2026-07-20", "2026-09-14", count),
        **{item: items[:, i] for i, item in enumerate(DELEGATE_ITEMS)},
        "comment": np.where(random.random(count) < _REMARK_SHARE, remark, ""),
    }
    forms = pd.DataFrame({name: pd.Series(cells, dtype="str") for name, cells in columns.items()})
    return forms.assign(file=file, place=random.random(count))


def _list_rows(cases: pd.DataFrame, delegates: Delegates) -> Ints:
    """Row of each case's delegate in the list; DataError `example.unknown_delegate` when one is not eligible."""
    eligible = np.flatnonzero(delegates.is_eligible)
    numbers = delegates.rows[DELEGATE_HEADERS["person_no"]].to_numpy()[eligible]
    position = pd.Index(numbers).get_indexer(pd.Index(cases["person_no"]))
    if (position < 0).any():
        raise DataError("example.unknown_delegate", got=int((position < 0).sum()), expected=0)
    return np.asarray(eligible[position], dtype=np.int64)
