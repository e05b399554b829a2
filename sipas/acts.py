"""Acts: what an entry of the log tells of, one class for each action, with what it may move.

The fields of an act are the body of its entry: ids, counts and hashes, never names, phones or answers. An act is read
back from an entry by `act_of`; what an entry of an earlier version does not tell is the field's default.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, Literal, TypeVar

from sipas.entries import Entry

# What a result could depend on: the methodology of a round, what counts of its forms, appraised points, other results.
Moved = Literal["methodology", "counts", "points", "results"]


@dataclass(frozen=True)
class Act:
    """An act of a person or of the program; `by_program`: the program adds it by itself to what a person did."""

    action: ClassVar[str]
    moves: ClassVar[Moved | None] = None
    by_program: ClassVar[bool] = False

    def body(self) -> dict[str, Any]:
        """What the entry holds."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


AnyAct = TypeVar("AnyAct", bound=Act)


def act_of(entry: Entry, kind: type[AnyAct]) -> AnyAct | None:
    """The act that an entry tells of; None when it is of another kind, or not what `Log.append` wrote: the chain
    reports such an entry."""
    if entry.action != kind.action:
        return None
    known = {part.name for part in fields(kind)}
    try:
        told = json.loads(entry.body)
        return kind(**{name: value for name, value in told.items() if name in known})
    except (json.JSONDecodeError, AttributeError, TypeError):
        return None


def acts_of(entries: Collection[Entry], kind: type[AnyAct]) -> Iterator[tuple[Entry, AnyAct]]:
    """Entries of one kind, each with its act."""
    for entry in entries:
        act = act_of(entry, kind)
        if act is not None:
            yield entry, act


@dataclass(frozen=True)
class WorkspaceMade(Act):
    """A workspace was made."""

    action = "workspace.init"


@dataclass(frozen=True)
class StoreMigrated(Act):
    """The ledger was brought to another version."""

    action = "store.migrated"
    from_version: int = 0
    to_version: int = 0
    backup_sha256: str = ""


@dataclass(frozen=True)
class RoundPinned(Act):
    """A round was opened with the methodology it is bound to."""

    action = "rounds.create"
    amend_no: int
    config_sha256: str
    is_training: bool


@dataclass(frozen=True)
class RoundAmended(RoundPinned):
    """A round was bound to other methodology."""

    action = "rounds.amend"
    moves = "methodology"


@dataclass(frozen=True)
class StateMoved(Act):
    """An instrument came into another state."""

    action = "rounds.state"
    by_program = True
    instrument_id: str
    from_state: str = ""
    to_state: str = ""


@dataclass(frozen=True)
class InstrumentCancelled(Act):
    """An instrument takes no part any more."""

    action = "rounds.cancel"
    moves = "counts"
    instrument_id: str
    reason: str
    from_state: str = ""


@dataclass(frozen=True)
class RoundClosed(Act):
    """Nothing is received or counted any more."""

    action = "rounds.close"
    n_instruments: int


@dataclass(frozen=True)
class RoundReopened(Act):
    """A closed round takes forms again."""

    action = "rounds.reopen"
    reopen_no: int
    counts_until: str


@dataclass(frozen=True)
class UnitsEnded(Act):
    """Units were merged or closed in the field."""

    action = "units.event"
    moves = "counts"
    units: list[str]


@dataclass(frozen=True)
class DrawCommitted(Act):
    """Frame and plan were sealed."""

    action = "draw.commit"
    commit_no: int
    commit_hash: str


@dataclass(frozen=True)
class NumberOpened(Act):
    """A party opened its secret number."""

    action = "draw.open"
    commit_no: int
    party: str
    opened_at: str


@dataclass(frozen=True)
class CasesAdded(Act):
    """Cases were numbered."""

    action = "cases.add"
    by_program = True
    n_cases: int


@dataclass(frozen=True)
class CasesIssued(Act):
    """Reserves were released."""

    action = "cases.issue"
    moves = "counts"
    n_cases: int


@dataclass(frozen=True)
class CasesWithdrawn(Act):
    """Issued cases were withdrawn."""

    action = "cases.withdraw"
    moves = "counts"
    n_cases: int


@dataclass(frozen=True)
class CaseStatusSet(Act):
    """Outcomes of cases were entered."""

    action = "cases.status"
    n_cases: int


@dataclass(frozen=True)
class ReservesProposed(Act):
    """A change of the issued cases was proposed."""

    action = "reserves.propose"
    approval_no: int


@dataclass(frozen=True)
class ReservesApproved(Act):
    """A change of the issued cases was carried out."""

    action = "reserves.approve"
    moves = "counts"
    approval_no: int


@dataclass(frozen=True)
class FileReceived(Act):
    """A file of answers was taken in; `row_states`: how many rows came into which state."""

    action = "received.record"
    moves = "counts"
    round_id: str
    instrument_id: str
    batch_id: str
    sha256: str
    received_on: str
    n_rows: int
    row_states: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RowsDecided(Act):
    """Rows came into another state."""

    action = "received.decide"
    moves = "counts"
    instrument_id: str
    n_rows: int
    row_states: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FileKept(Act):
    """A file was kept as it came."""

    action = "received.keep"
    by_program = True
    n_bytes: int


@dataclass(frozen=True)
class FileDiscarded(Act):
    """A kept file with personal data was deleted at the end of its retention."""

    action = "received.discard"


@dataclass(frozen=True)
class FaultsRecorded(Act):
    """Faults of a file were kept."""

    action = "faults.record"
    by_program = True
    source: str
    n_faults: int


@dataclass(frozen=True)
class PersonalSaved(Act):
    """A table of personal data was put in force. `file_mark`: which; `table`: its kind where there are several."""

    file_mark: str
    n_rows: int
    table: str = ""


@dataclass(frozen=True)
class ContactsSaved(PersonalSaved):
    """Contacts of the frame."""

    action = "contacts.save"
    by_program = True


@dataclass(frozen=True)
class ContactsErased(PersonalSaved):
    """Contacts without those of erased people; n_rows: how many were erased."""

    action = "contacts.erase"


@dataclass(frozen=True)
class FieldworkSaved(PersonalSaved):
    """Interviewers, assignments or focal points."""

    action = "fieldwork.save"


@dataclass(frozen=True)
class FieldworkErased(PersonalSaved):
    """The same without those of erased people; n_rows: how many were erased."""

    action = "fieldwork.erase"


@dataclass(frozen=True)
class ContactsForgotten(Act):
    """People whose contacts are erased for good; `ids`: keyed hashes."""

    action = "contacts.forget"
    ids: list[str]


@dataclass(frozen=True)
class ListsMade(Act):
    """Lists of one kind were written."""

    action = "lists.made"
    kind: str
    n_files: int
    n_cases: int
    unit_id: str
    conductor_id: str
    with_names: bool


@dataclass(frozen=True)
class ListsRemoved(Act):
    """Lists were deleted."""

    action = "lists.removed"
    kind: str
    n_files: int


@dataclass(frozen=True)
class PointsEntered(Act):
    """Appraised inputs were entered."""

    action = "appraisals.add"
    moves = "points"
    rulebook_id: str
    n_entries: int


@dataclass(frozen=True)
class PointsCorrected(PointsEntered):
    """Appraised inputs were corrected."""

    action = "appraisals.correct"


@dataclass(frozen=True)
class SnapshotKept(Act):
    """A table or file was kept under its hash."""

    action = "snapshots.put"
    by_program = True
    kind: str
    sha256: str


@dataclass(frozen=True)
class StepRan(Act):
    """A step made a result."""

    action = "steps.run"
    moves = "results"
    step_key: str
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ResultTakenAgain(Act):
    """An earlier result of a step fits again."""

    action = "steps.current"
    moves = "results"
    by_program = True
    step_key: str


@dataclass(frozen=True)
class DocumentRegistered(Act):
    """A signed paper was registered; sha256 of its scan, "" when there is only paper."""

    action = "documents.add"
    sha256: str


@dataclass(frozen=True)
class PersonAdded(Act):
    """A person was registered."""

    action = "people.add"


@dataclass(frozen=True)
class PassphraseChanged(Act):
    """A person has another passphrase."""

    action = "people.passphrase"


@dataclass(frozen=True)
class PersonDeactivated(Act):
    """A person may not propose or approve any more."""

    action = "people.deactivate"


@dataclass(frozen=True)
class Proposed(Act):
    """A change was proposed. `kind`: what is to be done, `about`: to what, `payload_sha256`: exactly what."""

    action = "approvals.proposed"
    approval_no: int
    kind: str
    about: str
    payload_sha256: str


@dataclass(frozen=True)
class Approved(Proposed):
    """Another person approved it."""

    action = "approvals.approved"


@dataclass(frozen=True)
class Rejected(Proposed):
    """Another person rejected it."""

    action = "approvals.rejected"


@dataclass(frozen=True)
class ApprovalUsed(Proposed):
    """The approved change was carried out."""

    action = "approvals.used"
    by_program = True


@dataclass(frozen=True)
class ReleaseDrafted(Act):
    """A release was drafted; `outputs`: SHA-256 by name."""

    action = "releases.draft"
    release_no: int
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Released(ReleaseDrafted):
    """A draft was released."""

    action = "releases.release"


def _kinds(kind: type[Act]) -> Iterator[type[Act]]:
    for further in kind.__subclasses__():
        if "action" in further.__dict__:
            yield further
        yield from _kinds(further)


ACTS: Final[Mapping[str, type[Act]]] = {kind.action: kind for kind in _kinds(Act)}
