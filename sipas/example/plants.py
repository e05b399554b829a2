"""Forms that an import must not accept as they are: one fault each, planted in known numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from sampling.errors import DataError
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
_TEXT_FILES = (0, 1)  # only these files can hold a letter where a code should be
_LAST_FILE = 3
_CHECK_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ANSWERS = ("1", "2", "3", "4", "5")
_IMPOSSIBLE = ("6", "0", "x")
_FEW = (5, 15)
_N_OTHER_ANSWERS = 4


@dataclass(frozen=True)
class PlantedCounts:
    """How many forms of each kind; the fields are the keys of PLANTED_KINDS.

    late: received after the cut-off; same_in_file, same_across_files: a valid form once more, equal in every cell;
    differs: a valid form once more with four other answers, every second one in a later file; impossible_code: 6, 0
    or x; other_round: a case id of another round; wrong_check: the last character of the case id changed; not_issued:
    a reserve that was never issued; wrong_unit: another rated unit; too_few_items: 5 to 15 of 39 items answered.
    ADDED_KINDS are forms on top; the others are forms of issued cases gone wrong.
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
    forms: pd.DataFrame, spare: pd.DataFrame, counts: PlantedCounts, *, other_round_ids: Sequence[str], seed: int
) -> pd.DataFrame:
    """`forms` with the faults of `counts`, sorted by file and place, with `kind` ("" or a key of PLANTED_KINDS) and
    `item` (the item with an impossible code).

    `spare`: forms of reserves never issued; `other_round_ids`: case ids of another round. Originals of duplicates
    stay valid and stand before their copy. Raises DataError `example.too_few_forms` when there are not enough forms,
    reserves, foreign ids or units.
    """
    _check(forms, spare, counts, other_round_ids)
    random = stream(seed, "plants")
    rows = _deal(forms, counts, random)
    changed = forms.assign(kind="", item="")
    for kind in (kind for kind in PLANTED_KINDS if kind not in ADDED_KINDS):
        changed.loc[rows[kind], "kind"] = kind
    changed.loc[rows["late"], "received_on"] = working_days(random, "2026-10-01", "2026-10-14", counts.late)
    changed.loc[rows["wrong_check"], "case_id"] = [_mistyped(one) for one in forms["case_id"].iloc[rows["wrong_check"]]]
    changed.loc[rows["wrong_unit"], "rated_unit_id"] = _other_units(forms["rated_unit_id"], rows["wrong_unit"])
    _spoil_codes(changed, rows["impossible_code"], random)
    _empty_items(changed, rows["too_few_items"], random)
    added = [
        _copies(forms, rows["same_in_file"], "same_in_file", 0, random),
        _copies(forms, rows["same_across_files"], "same_across_files", 1, random),
        _with_other_answers(_copies(forms, rows["differs"][::2], "differs", 0, random), random),
        _with_other_answers(_copies(forms, rows["differs"][1::2], "differs", 1, random), random),
        forms.iloc[rows["other_round"]].assign(
            kind="other_round",
            case_id=list(other_round_ids[: counts.other_round]),
            place=random.random(counts.other_round),
        ),
        spare.iloc[: counts.not_issued].assign(kind="not_issued"),
    ]
    together = pd.concat([changed, *(one.assign(item="") for one in added)], ignore_index=True)
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


def _deal(forms: pd.DataFrame, counts: PlantedCounts, random: np.random.Generator) -> dict[str, Ints]:
    """Rows of `forms` for each kind, no row twice; originals of copies in later files are not in the last one."""
    left = random.permutation(len(forms))
    has_later = forms["file"].to_numpy() < _LAST_FILE
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


def _spoil_codes(forms: pd.DataFrame, rows: Ints, random: np.random.Generator) -> None:
    for number, row in enumerate(rows):
        item = ITEMS[int(random.integers(len(ITEMS)))]
        code = _IMPOSSIBLE[number % len(_IMPOSSIBLE)]
        is_text = int(forms.loc[row, "file"]) in _TEXT_FILES
        forms.loc[row, [item, "item"]] = [code if is_text or code.isdigit() else _IMPOSSIBLE[0], item]


def _empty_items(forms: pd.DataFrame, rows: Ints, random: np.random.Generator) -> None:
    """Leave 5 to 15 of the answers on each of `rows`."""
    for row in rows:
        cells = forms.loc[row, list(ITEMS)]
        answered = cells.index[cells.isin(_ANSWERS)].to_numpy()
        kept = random.permutation(answered)[: int(random.integers(_FEW[0], _FEW[1] + 1))]
        forms.loc[row, [item for item in ITEMS if item not in set(kept)]] = ""


def _copies(forms: pd.DataFrame, rows: Ints, kind: str, later: int, random: np.random.Generator) -> pd.DataFrame:
    """Copies of `rows`: further down in the same file (`later` 0), anywhere in a later file (1)."""
    copies = forms.iloc[rows]
    file, place, step = copies["file"].to_numpy(), copies["place"].to_numpy(), random.random(len(rows))
    if later:
        return copies.assign(kind=kind, file=random.integers(file + 1, _LAST_FILE + 1), place=step)
    return copies.assign(kind=kind, place=place + (1 - place) * np.maximum(step, 0.01))


def _with_other_answers(copies: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """The copies with four items answered otherwise: one code up, 5 becomes 1, a missing answer becomes 3."""
    cells = copies[list(ITEMS)].to_numpy(dtype=object)
    chosen = np.argsort(random.random(cells.shape), axis=1)[:, :_N_OTHER_ANSWERS]
    other = dict(zip(_ANSWERS, (*_ANSWERS[1:], _ANSWERS[0]), strict=True))
    for row, items in enumerate(chosen):
        cells[row, items] = [other.get(code, "3") for code in cells[row, items]]
    return copies.assign(**{item: pd.Series(cells[:, i], copies.index, dtype="str") for i, item in enumerate(ITEMS)})
