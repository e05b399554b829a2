"""Forms that an import must not accept as they are: one fault each, planted in known numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from errors import DataError
from sipas.example.answers import ITEMS
from sipas.example.days import working_days
from sipas.example.streams import Ints, Words, stream

PLANTED_KINDS: Mapping[str, tuple[str, str]] = {  # kind: row_state and reason that an import must give
    "late": ("late", "returns.late"),
    "same_in_file": ("duplicate", "returns.duplicate_same"),
    "same_across_files": ("duplicate", "returns.duplicate_same"),
    "differs": ("duplicate", "returns.duplicate_differs"),
    "impossible_code": ("set_aside", "returns.code_not_in_scale"),
    "other_round": ("set_aside", "returns.unknown_case"),
    "wrong_check": ("set_aside", "returns.bad_check_characters"),
    "not_issued": ("set_aside", "returns.not_issued"),
    "wrong_unit": ("set_aside", "returns.wrong_unit"),
    "too_few_items": ("set_aside", "returns.too_few_items"),
}
ADDED_KINDS = ("same_in_file", "same_across_files", "differs", "other_round", "not_issued")
_CHECK_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class FormShape:
    """What the faults depend on: `items` with their codes `answers`, codes `impossible` on that scale, how few answers
    (least, most) are too few, how many answers differ in a copy, which files can hold a letter where a code should be,
    the last file, and the days after the cut-off on which late forms come. `purpose`: of the random stream."""

    items: tuple[str, ...] = ITEMS
    answers: tuple[str, ...] = ("1", "2", "3", "4", "5")
    impossible: tuple[str, ...] = ("6", "0", "x")
    few: tuple[int, int] = (5, 15)
    n_other_answers: int = 4
    text_files: tuple[int, ...] = (0, 1)
    last_file: int = 3
    late_days: tuple[str, str] = ("2026-10-01", "2026-10-14")
    purpose: str = "plants"


SURVEY_SHAPE = FormShape()


@dataclass(frozen=True)
class PlantedCounts:
    """How many forms of each kind; the fields are the keys of PLANTED_KINDS.

    late: received after the cut-off; same_in_file, same_across_files: a valid form once more, equal in every cell;
    differs: a valid form once more with some other answers, every second one in a later file; impossible_code: a code
    that the scale does not have; other_round: a case id of another round or instrument; wrong_check: the last
    character of the case id changed; not_issued: a reserve that was never issued; wrong_unit: another rated unit;
    too_few_items: too few items answered. ADDED_KINDS are forms on top; the others are forms of issued cases gone
    wrong. The codes and numbers are those of the FormShape.
    """

    late: int = 60
    same_in_file: int = 25
    same_across_files: int = 15
    differs: int = 12
    impossible_code: int = 20
    other_round: int = 10
    wrong_check: int = 12
    not_issued: int = 8
    wrong_unit: int = 9
    too_few_items: int = 18


def plant(
    forms: pd.DataFrame,
    spare: pd.DataFrame,
    counts: PlantedCounts,
    *,
    other_round_ids: Sequence[str],
    seed: int,
    shape: FormShape = SURVEY_SHAPE,
) -> pd.DataFrame:
    """`forms` with the faults of `counts`, sorted by file and place, with `kind` ("" or a key of PLANTED_KINDS) and
    `item` (the item with an impossible code).

    `spare`: forms of reserves never issued; `other_round_ids`: case ids of another round. Originals of duplicates
    stay valid and stand before their copy. Raises DataError `example.too_few_forms` when there are not enough forms,
    reserves, foreign ids or units.
    """
    _check(forms, spare, counts, other_round_ids)
    random = stream(seed, shape.purpose)
    rows = _deal(forms, counts, shape.last_file, random)
    changed = forms.assign(kind="", item="")
    for kind in (kind for kind in PLANTED_KINDS if kind not in ADDED_KINDS):
        changed.loc[rows[kind], "kind"] = kind
    changed.loc[rows["late"], "received_on"] = working_days(random, *shape.late_days, counts.late)
    changed.loc[rows["wrong_check"], "case_id"] = [
        _mistyped(case_id) for case_id in forms["case_id"].iloc[rows["wrong_check"]]
    ]
    changed.loc[rows["wrong_unit"], "rated_unit_id"] = _other_units(forms["rated_unit_id"], rows["wrong_unit"])
    _spoil_codes(changed, rows["impossible_code"], shape, random)
    _empty_items(changed, rows["too_few_items"], shape, random)

    def copied(kind: str, places: Ints, last_file: int) -> pd.DataFrame:
        return _copies(forms.iloc[places], last_file, random).assign(kind=kind)

    added = [
        copied("same_in_file", rows["same_in_file"], 0),
        copied("same_across_files", rows["same_across_files"], shape.last_file),
        _with_other_answers(copied("differs", rows["differs"][::2], 0), shape, random),
        _with_other_answers(copied("differs", rows["differs"][1::2], shape.last_file), shape, random),
        forms.iloc[rows["other_round"]].assign(
            kind="other_round",
            case_id=list(other_round_ids[: counts.other_round]),
            place=random.random(counts.other_round),
        ),
        spare.iloc[: counts.not_issued].assign(kind="not_issued"),
    ]
    together = pd.concat([changed, *(frame.assign(item="") for frame in added)], ignore_index=True)
    return together.sort_values(["file", "place"], kind="stable", ignore_index=True)


def _check(forms: pd.DataFrame, spare: pd.DataFrame, counts: PlantedCounts, other_round_ids: Sequence[str]) -> None:
    wanted = sum(asdict(counts).values()) - counts.not_issued
    have = {
        "phiếu trả lời": (len(forms), 2 * wanted),
        "phiếu dự phòng": (len(spare), counts.not_issued),
        "mã phiếu của đợt khác": (len(other_round_ids), counts.other_round),
        "đơn vị được đánh giá": (forms["rated_unit_id"].nunique(), 2),
    }
    for what, (got, expected) in have.items():
        if got < expected:
            raise DataError("example.too_few_forms", where=what, got=got, expected=expected)


def _deal(forms: pd.DataFrame, counts: PlantedCounts, last_file: int, random: np.random.Generator) -> dict[str, Ints]:
    """Rows of `forms` for each kind, no row twice; originals of copies in later files are not in the last one."""
    left = random.permutation(len(forms))
    has_later = forms["file"].to_numpy() < last_file
    dealt: dict[str, Ints] = {}
    for kind, count in asdict(counts).items():
        allowed = left[has_later[left]] if kind in ("same_across_files", "differs") else left
        dealt[kind] = allowed[:count]
        left = left[~np.isin(left, dealt[kind])]
    return dealt


def _mistyped(case_id: str) -> str:
    position = _CHECK_LETTERS.find(case_id[-1])
    return case_id[:-1] + _CHECK_LETTERS[(position + 1) % len(_CHECK_LETTERS)]


def _other_units(unit_ids: pd.Series, rows: Ints) -> Words:
    """The next rated unit in id order, for each of `rows`."""
    codes, units = pd.factorize(unit_ids, sort=True)
    return np.asarray(np.asarray(units, dtype=object)[(codes[rows] + 1) % len(units)], dtype=object)


def _spoil_codes(forms: pd.DataFrame, rows: Ints, shape: FormShape, random: np.random.Generator) -> None:
    for number, row in enumerate(rows):
        item = shape.items[int(random.integers(len(shape.items)))]
        code = shape.impossible[number % len(shape.impossible)]
        is_text = int(forms.loc[row, "file"]) in shape.text_files
        forms.loc[row, [item, "item"]] = [code if is_text or code.isdigit() else shape.impossible[0], item]


def _empty_items(forms: pd.DataFrame, rows: Ints, shape: FormShape, random: np.random.Generator) -> None:
    """Leave a few of the answers on each of `rows`."""
    least, most = shape.few
    for row in rows:
        cells = forms.loc[row, list(shape.items)]
        answered = cells.index[cells.isin(shape.answers)].to_numpy()
        kept = random.permutation(answered)[: int(random.integers(least, most + 1))]
        forms.loc[row, [item for item in shape.items if item not in set(kept)]] = ""


def _copies(forms: pd.DataFrame, last_file: int, random: np.random.Generator) -> pd.DataFrame:
    """Copies of `forms`: anywhere in a later file up to `last_file`, for 0 further down in the same file."""
    file, place, step = forms["file"].to_numpy(), forms["place"].to_numpy(), random.random(len(forms))
    if last_file:
        return forms.assign(file=random.integers(file + 1, last_file + 1), place=step)
    return forms.assign(place=place + (1 - place) * np.maximum(step, 0.01))


def _with_other_answers(copies: pd.DataFrame, shape: FormShape, random: np.random.Generator) -> pd.DataFrame:
    """The copies with some items answered otherwise: the next code, the first after the last, for a missing answer one
    in the middle."""
    cells = copies[list(shape.items)].to_numpy(dtype=object)
    chosen = np.argsort(random.random(cells.shape), axis=1)[:, : shape.n_other_answers]
    other = dict(zip(shape.answers, (*shape.answers[1:], shape.answers[0]), strict=True))
    middle = shape.answers[len(shape.answers) // 2]
    for row, items in enumerate(chosen):
        cells[row, items] = [other.get(code, middle) for code in cells[row, items]]
    changed = {item: pd.Series(cells[:, i], copies.index, dtype="str") for i, item in enumerate(shape.items)}
    return copies.assign(**changed)
