"""Cases of an instrument in the ledger: issued or waiting as reserve, and the outcome that was decided for each."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, bindparam, select, update

from errors import StoreError
from sipas.acts import Act, CasesAdded, CasesIssued, CaseStatusSet, CasesWithdrawn
from sipas.store.ledger.base import Base
from sipas.store.ledger.engine import insert_rows
from sipas.store.ledger.frames import plain_columns, query_frame
from sipas.store.ledger.schema import cases, rounds
from sipas.store.rounds.instruments import Instrument, same

if TYPE_CHECKING:
    import pandas as pd

_DRAWN: Final = ["case_id", "unit_id", "stratum_id", "is_issued", "is_reserve"]
_OUTCOME: Final = ["case_id", "case_status", "reason"]


class Cases:
    """Cases by instrument; every change seals the instrument's cases in the log anew."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def add(self, connection: Connection, instrument: Instrument, frame: pd.DataFrame) -> int:
        """Add drawn cases (case_id, unit_id, stratum_id, is_issued, is_reserve); returns how many are new.

        The same draw again adds nothing. StoreError `store.case_differs` when a case is there with another unit,
        stratum or reserve mark: a draw is never overwritten; `store.training_case` when ids of a training round would
        enter a real one, or the other way round.
        """
        columns = plain_columns(frame, _DRAWN, "cases")
        _refuse_other_kind(connection, instrument, columns["case_id"])
        fixed = ("case_id", "unit_id", "stratum_id", "is_reserve")
        query = select(*(cases.c[name] for name in fixed)).where(*same(cases, instrument))
        rows_by_case = {row.case_id: tuple(row) for row in connection.execute(query)}
        given = list(zip(*(columns[name] for name in fixed), strict=True))
        for row in given:
            if rows_by_case.get(row[0], row) != row:
                raise StoreError("store.case_differs", where=f"{instrument.public_id} {row[0]}")
        new = [position for position, row in enumerate(given) if row[0] not in rows_by_case]
        if new:
            rows = {name: [values[position] for position in new] for name, values in columns.items()}
            constant = {**instrument.key, "case_status": "", "reason": ""}
            insert_rows(connection, cases, {**rows, **{name: [value] * len(new) for name, value in constant.items()}})
            self._log(connection, instrument, CasesAdded(len(new)))
        return len(new)

    def set_issued(
        self, connection: Connection, instrument: Instrument, case_ids: Iterable[str], *, is_issued: bool
    ) -> int:
        """Mark reserves as issued, or withdraw cases; returns how many changed. StoreError `store.no_case`."""
        wanted = set(case_ids)
        query = select(cases.c.case_id, cases.c.is_issued).where(*same(cases, instrument))
        issued_by_case = {row.case_id: row.is_issued for row in connection.execute(query)}
        _refuse_unknown(instrument, wanted, issued_by_case)
        changed = [{"id": case_id} for case_id in sorted(wanted) if issued_by_case[case_id] != is_issued]
        kind = CasesIssued if is_issued else CasesWithdrawn
        self._change(connection, instrument, {"is_issued": is_issued}, changed, kind(len(changed)))
        return len(changed)

    def set_status(self, connection: Connection, instrument: Instrument, frame: pd.DataFrame) -> int:
        """Set case_status and reason of cases; returns how many changed. StoreError `store.no_case`,
        `store.case_status`."""
        from sampling.tables import CASE_STATUSES

        columns = plain_columns(frame, _OUTCOME, "case_status")
        query = select(*(cases.c[name] for name in _OUTCOME)).where(*same(cases, instrument))
        rows_by_case = {row.case_id: tuple(row) for row in connection.execute(query)}
        _refuse_unknown(instrument, columns["case_id"], rows_by_case)
        unknown = sorted(set(columns["case_status"]) - {"", *CASE_STATUSES})
        if unknown:
            raise StoreError(
                "store.case_status", where=instrument.public_id, got=unknown[0], expected=" | ".join(CASE_STATUSES)
            )
        rows = zip(*(columns[name] for name in _OUTCOME), strict=True)
        changed = [{"id": row[0], "status": row[1], "why": row[2]} for row in rows if rows_by_case[row[0]] != row]
        values: dict[str, Any] = {"case_status": bindparam("status"), "reason": bindparam("why")}
        self._change(connection, instrument, values, changed, CaseStatusSet(len(changed)))
        return len(changed)

    def read(self, instrument: Instrument) -> pd.DataFrame:
        """All cases of an instrument by case_id; case_status is "" until it is decided."""
        columns = [cases.c[name] for name in [*_DRAWN, "case_status", "reason"]]
        with self._base.ledger.read() as connection:
            query = select(*columns).where(*same(cases, instrument)).order_by(cases.c.case_id)
            return query_frame(connection, query)

    def _change(
        self,
        connection: Connection,
        instrument: Instrument,
        values: dict[str, Any],
        rows: list[dict[str, Any]],
        act: Act,
    ) -> None:
        if rows:
            change = update(cases).where(*same(cases, instrument), cases.c.case_id == bindparam("id"))
            connection.execute(change.values(values), rows)
            self._log(connection, instrument, act)

    def _log(self, connection: Connection, instrument: Instrument, act: Act) -> None:
        self._base.log.append(connection, instrument.public_id, act, sealed={"cases": instrument.key})


def _refuse_other_kind(connection: Connection, instrument: Instrument, case_ids: Sequence[str]) -> None:
    """Whatever a job does: practice forms have no case in a real round to be counted for."""
    from sipas.caseid import TRAINING_MARK  # brings pandas, which opening a workspace does without

    own_round = rounds.c.round_id == instrument.round_id
    is_training = bool(connection.scalar(select(rounds.c.is_training).where(own_round)))
    wrong = [case_id for case_id in case_ids if case_id.startswith(TRAINING_MARK) != is_training]
    if wrong:
        raise StoreError("store.training_case", where=instrument.public_id, got=wrong[0])


def _refuse_unknown(instrument: Instrument, wanted: Iterable[str], case_ids: Container[str]) -> None:
    unknown = sorted(case_id for case_id in wanted if case_id not in case_ids)
    if unknown:
        raise StoreError("store.no_case", where=f"{instrument.public_id} {unknown[0]}", got=len(unknown))
