"""Returned forms: every row of a received file ends in exactly one state, with a reason and a place to mend it.

Order of the checks: foreign rows (id, case, unit), impossible days and codes, too few items, duplicates of an answer
that counts, late. What is settled here is the first state of a row; later decisions (a withdrawal, a choice between
two versions) are appended to it in the ledger. Rows received = the sum over all states.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from errors import DataError, Fault, FaultsFound, shape_of
from sampling.tables import RESPONSES
from sipas.caseid import canonical_case_ids, check_case_id, is_training_id
from sipas.cells.days import is_day, local_day
from sipas.cells.text import folded
from sipas.questionnaire import Decoded, Questionnaire

ACCEPTED: Final = "accepted"
FIRST_STATES: Final = (ACCEPTED, "late", "duplicate", "set_aside")
ROW_STATES: Final = (ACCEPTED, "late", "duplicate", "superseded", "set_aside", "withdrawn", "waiting")
ROW_COLUMNS: Final = ("row_no", "row_state", "reason", "case_id", "rated_unit_id", "answer_hash")
LATE: Final = "returns.late"
SAME: Final = "returns.duplicate_same"
DIFFERS: Final = "returns.duplicate_differs"
BAD_CODE: Final = "returns.code_not_in_scale"
_NO_SUCCESSORS: Final[Mapping[str, str]] = MappingProxyType({})
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Delivery:
    """A received file and the ISO days that decide what of it is late. reopened: first and last days on which the round
    was open again: a form received on one of them counts, unless an answer of its pair came late before."""

    batch_id: str
    file: str
    received_on: str
    cutoff: str
    reopened: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, eq=False)
class Classified:
    """responses: Responses of the rows that may count (accepted, late, duplicate), items as answer codes (codes that
    stand for no answer too), null where blank. row_states: ROW_COLUMNS, one row per row given. faults: one per bad cell
    or foreign row."""

    responses: pd.DataFrame
    row_states: pd.DataFrame
    faults: tuple[Fault, ...]


@dataclass(frozen=True, eq=False)
class _Received:
    """A received table: text cells and header by field, sheet and row number of each row."""

    file: str
    headers: Mapping[str, str]
    cells: Mapping[str, pd.Series]
    sheet: npt.NDArray[np.object_]
    row_no: npt.NDArray[np.int64]

    def column(self, field: str) -> pd.Series:
        """Cells of a field without outer blanks; blank text where the file has no such column."""
        if field in self.cells:
            return self.cells[field].str.strip()
        return pd.Series([""] * len(self.row_no), dtype="str")

    def faults(self, check: _Check, failed: _Flags) -> Iterator[Fault]:
        """A fault for each row that failed the check, with its place and the shape of its cell."""
        for at, cell in zip(np.flatnonzero(failed), check.cells[failed], strict=True):
            place = (self.file, self.sheet[at], int(self.row_no[at]), check.column)
            yield Fault(check.rule, *place, got=shape_of(cell), expected=check.expected)


@dataclass(frozen=True, eq=False)
class _Check:
    """Rows that fail a rule; `cells` are what stood in the column, which holds a codebook's `expected`."""

    rule: str
    column: str
    failed: pd.Series
    cells: pd.Series
    expected: str = ""


def classify(
    rows: pd.DataFrame,
    questionnaire: Questionnaire,
    cases: pd.DataFrame,
    already: pd.DataFrame,
    delivery: Delivery,
    successors: Mapping[str, str] = _NO_SUCCESSORS,
) -> Classified:
    """Give every row of a received table its state.

    rows: text under the headers of the file, with `_sheet` and `_row` as `read_table` gives them. cases: case_id,
    rated_unit_id, is_issued, optionally mode; one row per case and rated unit, reserves included. already: case_id,
    rated_unit_id, answer_hash of answers accepted before; with a column row_state, late ones may be among them (a
    timely answer then still counts). A row's own received_on goes before that of the delivery (times with a zone are
    turned into the local day of Viet Nam). A row without rated unit takes that of a case with only one; so does one
    that names the unit into which that one was merged (successors: unit of today by unit at the draw).
    Raises FaultsFound `returns.columns` (`returns.no_column`, `returns.double_column`), DataError `returns.batch_day`.
    """
    for day in (delivery.received_on, delivery.cutoff):
        if not is_day(day):
            raise DataError("returns.batch_day", where=delivery.file, got=shape_of(day), expected="2026-03-01")
    table = _received(rows, questionnaire, delivery.file)
    decoded = questionnaire.decode(pd.DataFrame(table.cells))
    pairs = _pairs(table, cases, successors)
    days = _days(table.column("received_on"), delivery.received_on)
    checks = [*_case_checks(table, pairs, cases), *_form_checks(table, decoded, days, questionnaire)]
    reason = _first_reason(checks, pairs.index)
    pairs["answer_hash"] = _answer_hashes(decoded).where(reason == "", "")
    settled = _settle(pairs, reason, (days > delivery.cutoff, _is_within(days, delivery.reopened)), already)
    states = settled.assign(row_no=table.row_no)[list(ROW_COLUMNS)]
    faults = [
        *_row_faults(checks, reason, table),
        *_code_faults(decoded, questionnaire, table),
        *_row_faults(
            [
                _Check(
                    "returns.duplicate_differs",
                    table.headers["case_id"],
                    states["reason"] == DIFFERS,
                    table.cells["case_id"],
                )
            ],
            states["reason"],
            table,
        ),
    ]
    facts = states.assign(
        questionnaire_id=questionnaire.id, batch_id=delivery.batch_id, mode=_modes(table, pairs, cases)
    )
    # A cell that is no known id may hold anything, a phone number too: it is not kept.
    known_ids = {name: states[name].where(states[name].isin(cases[name]), "") for name in ("case_id", "rated_unit_id")}
    return Classified(_responses(facts, decoded), states.assign(**known_ids), tuple(sorted(faults)))


def _received(rows: pd.DataFrame, questionnaire: Questionnaire, file: str) -> _Received:
    """Columns by field. A rated or experience item without a column would be lost silently: a fault."""
    header_of = questionnaire.header_map()
    headers: dict[str, str] = {}
    faults = []
    for header in map(str, rows.columns):
        field = header_of.get(folded(header))
        if field in headers:
            faults.append(Fault("returns.double_column", file, column=header, expected=headers[field]))
        elif field:
            headers[field] = header
    for field in ("case_id", *questionnaire.rated_items(), *questionnaire.experience_items):
        if field not in headers:
            faults.append(Fault("returns.no_column", file, column=field))
    if faults:
        raise FaultsFound("returns.columns", faults, where=file)
    table = rows.reset_index(drop=True)
    cells = {field: table[header].fillna("").astype("str") for field, header in headers.items()}
    sheet = table["_sheet"] if "_sheet" in table.columns else pd.Series([""] * len(table), dtype="str")
    row_no = table["_row"] if "_row" in table.columns else table.index + 2
    return _Received(file, headers, cells, sheet.to_numpy(dtype=object), row_no.to_numpy(dtype=np.int64))


def _pairs(table: _Received, cases: pd.DataFrame, successors: Mapping[str, str]) -> pd.DataFrame:
    """case_id and rated_unit_id of each row; a blank unit, or the successor's, is that of a case rating only one."""
    case_id, unit = canonical_case_ids(table.column("case_id")), table.column("rated_unit_id")
    single = cases.drop_duplicates("case_id", keep=False).set_index("case_id")["rated_unit_id"]
    single_unit = case_id.map(single).fillna("").astype("str")
    unit = unit.mask((unit == "") | (single_unit != "") & (unit == single_unit.map(successors)), single_unit)
    return pd.DataFrame({"case_id": case_id, "rated_unit_id": unit})


def _case_checks(table: _Received, pairs: pd.DataFrame, cases: pd.DataFrame) -> Iterator[_Check]:
    """Is the row of an issued case and one of its rated units?"""
    case_id, unit = pairs["case_id"], pairs["rated_unit_id"]
    ids, units = table.cells["case_id"], table.column("rated_unit_id")
    column, unit_column = table.headers["case_id"], table.headers.get("rated_unit_id", "")
    issued = cases.loc[cases["is_issued"].astype(bool), "case_id"]
    known_pairs = pd.MultiIndex.from_frame(cases[["case_id", "rated_unit_id"]])
    is_pair = pd.Series(pd.MultiIndex.from_frame(pairs).isin(known_pairs), index=pairs.index)
    yield _Check("returns.no_case_id", column, case_id == "", ids)
    yield _Check("returns.bad_check_characters", column, ~check_case_id(case_id), ids)
    practice = is_training_id(case_id) & (not is_training_id(cases["case_id"]).any())
    yield _Check("returns.training_case", column, practice, ids)
    yield _Check("returns.unknown_case", column, ~case_id.isin(cases["case_id"]), ids)
    yield _Check("returns.not_issued", column, ~case_id.isin(issued), ids)
    yield _Check("returns.no_unit", unit_column, unit == "", units)
    yield _Check("returns.wrong_unit", unit_column, ~is_pair, units)


def _form_checks(table: _Received, decoded: Decoded, days: pd.Series, questionnaire: Questionnaire) -> Iterator[_Check]:
    """Can the answers be used? `min_items_share` is the least share of answered items among the rated ones asked."""
    rated = list(questionnaire.rated_items())
    answered = decoded.values[rated].notna().sum(axis=1)
    n_asked = (decoded.missing[rated] != "not_asked").sum(axis=1)
    share = Fraction(questionnaire.min_items_share)
    too_few = (answered * share.denominator < n_asked * share.numerator) | (answered == 0)
    expected = f"{-(-len(rated) * share.numerator // share.denominator)}/{len(rated)}"
    shown = answered.astype("str")
    day_column = table.headers.get("received_on", "")
    yield _Check("returns.bad_day", day_column, days == "", table.column("received_on"), "2026-03-01")
    yield _Check(BAD_CODE, "", decoded.bad.any(axis=1), shown)
    yield _Check("returns.too_few_items", "", too_few, shown, expected)


def _first_reason(checks: Sequence[_Check], index: pd.Index) -> pd.Series:
    failed = [check.failed.to_numpy(dtype=bool) for check in checks]
    return pd.Series(np.select(failed, [check.rule for check in checks], ""), index=index, dtype="str")


def _is_within(days: pd.Series, spans: Sequence[tuple[str, str]]) -> pd.Series:
    """Whether each day lies in one of the spans, ends included."""
    inside = pd.Series(data=False, index=days.index)
    for first, last in spans:
        inside |= days.between(first, last)
    return inside


def _settle(
    pairs: pd.DataFrame, reason: pd.Series, when: tuple[pd.Series, pd.Series], already: pd.DataFrame
) -> pd.DataFrame:
    """`pairs` with row_state and reason: one answer counts for a pair, timely before late, earlier before later.

    when: past the cut-off; while the round was open again. What came late before a reopening is not counted by it.
    """
    key = pairs["case_id"] + "\n" + pairs["rated_unit_id"]
    usable = (reason == "").to_numpy()
    is_past, is_open_again = (moments.to_numpy() for moments in when)
    late = usable & is_past & ~is_open_again
    counted, kept_late = _earlier(already)
    accepted = np.zeros(len(key), dtype=bool)
    for timely in (usable & ~is_past, usable & is_past & is_open_again & ~key.isin(kept_late.index).to_numpy()):
        come = _is_first(key, timely & ~key.isin(counted.index).to_numpy())
        counted = pd.concat([counted, _hashes(key[come], pairs.loc[come, "answer_hash"])])
        accepted |= come
    seen = counted.index.union(kept_late.index)
    first_late = _is_first(key, late & ~key.isin(seen).to_numpy())
    kept = pd.concat([counted, kept_late, _hashes(key[first_late], pairs.loc[first_late, "answer_hash"])])
    duplicate = usable & ~accepted & ~first_late
    is_same = (key.map(kept[~kept.index.duplicated()]) == pairs["answer_hash"]).to_numpy()
    state = np.select([accepted, first_late, duplicate], FIRST_STATES[:3], FIRST_STATES[3])
    settled = np.select([first_late, duplicate & is_same, duplicate], [LATE, SAME, DIFFERS], reason)
    return pairs.assign(row_state=pd.array(state, dtype="str"), reason=pd.array(settled, dtype="str"))


def _earlier(already: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Answer hash by pair of earlier batches: answers that count, and late ones."""
    key = already["case_id"].astype("str") + "\n" + already["rated_unit_id"].astype("str")
    hashes = _hashes(key, already["answer_hash"])
    if "row_state" not in already.columns:
        return hashes, hashes.iloc[:0]
    is_late = (already["row_state"] == "late").to_numpy()
    return hashes[~is_late], hashes[is_late]


def _hashes(key: pd.Series, answer_hash: pd.Series) -> pd.Series:
    return pd.Series(answer_hash.to_numpy(), index=pd.Index(key, dtype="str"), dtype="str")


def _is_first(key: pd.Series, among: _Flags) -> _Flags:
    """True for the first row of each key among the rows named."""
    first = np.zeros(len(key), dtype=bool)
    first[np.flatnonzero(among)] = ~key[among].duplicated().to_numpy()
    return first


def _answer_hashes(decoded: Decoded) -> pd.Series:
    """SHA-256 of each row's answer codes and missing kinds, all items in order: equal for equal answers."""
    cells = decoded.codes + "~" + decoded.missing
    joined = cells.iloc[:, 0].str.cat(cells.iloc[:, 1:], sep="\n")
    digests = [hashlib.sha256(text.encode("utf-8")).hexdigest() for text in joined]
    return pd.Series(digests, index=joined.index, dtype="str")


def _days(cells: pd.Series, received_on: str) -> pd.Series:
    """Local day each row was received, "" when it cannot be read; the batch's day where the cell is blank."""
    days = {text: local_day(text) if text else received_on for text in cells.unique()}
    return cells.map(days).astype("str")


def _row_faults(checks: Iterable[_Check], reason: pd.Series, table: _Received) -> Iterator[Fault]:
    """A fault for each row set aside, of the check that did it; bad codes have theirs cell by cell."""
    for check in checks:
        if check.rule != BAD_CODE:
            yield from table.faults(check, (reason == check.rule).to_numpy())


def _code_faults(decoded: Decoded, questionnaire: Questionnaire, table: _Received) -> Iterator[Fault]:
    """A fault for each cell with a code outside its scale, in every row that names a case."""
    named = (table.column("case_id") != "").to_numpy()
    for item in decoded.bad.columns[decoded.bad.any()]:
        codes = ", ".join(answer.answer_code for answer in questionnaire.scale(item) if answer.answer_code)
        check = _Check(BAD_CODE, table.headers[item], decoded.bad[item], table.cells[item], codes)
        yield from table.faults(check, decoded.bad[item].to_numpy() & named)


def _modes(table: _Received, pairs: pd.DataFrame, cases: pd.DataFrame) -> pd.Series:
    """Mode written on the row, else the one planned for the case, else ""."""
    mode = table.column("mode")
    if "mode" not in cases.columns:
        return mode
    planned = pairs["case_id"].map(cases.drop_duplicates("case_id").set_index("case_id")["mode"])
    return mode.where(mode != "", planned.fillna("").astype("str"))


def _responses(facts: pd.DataFrame, decoded: Decoded) -> pd.DataFrame:
    """Responses of the rows that may count, from row states with questionnaire, batch and mode."""
    kept = facts["row_state"] != "set_aside"
    responses = facts.loc[kept, RESPONSES.names()]
    codes = decoded.codes[kept]
    return RESPONSES.check(pd.concat([responses, codes.where(codes != "")], axis=1))
