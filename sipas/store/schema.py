"""Tables of the ledger. Names follow the tables between the stages; times are text UTC, enums text with a CHECK.

Never stored here: answers, contacts. `SCHEMA_VERSION` changes with any change of this file's tables.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    column,
    text,
)

from sipas.store.types import BYTES, TEXT, WHOLE, Flag

SCHEMA_VERSION: Final = 2
ROUND_STATES: Final = ("new", "committed", "drawn", "open", "closed", "cancelled")
PIN_KINDS: Final = ("units", "questionnaire", "index", "rulebook", "round")
ROW_STATES: Final = ("accepted", "late", "duplicate", "set_aside")
CASE_STATUSES: Final = ("", "respondent", "nonrespondent", "ineligible", "unknown")
APPRAISAL_STAGES: Final = ("self", "first", "second", "appeal")
APPROVAL_STATES: Final = ("proposed", "approved", "rejected", "used")
RELEASE_STATES: Final = ("draft", "released")
RESERVE_KINDS: Final = ("release", "withdraw")

metadata = MetaData()


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, TEXT, nullable=False, **options)


def _maybe(name: str) -> Column[str]:
    return Column(name, TEXT, nullable=True)


def _whole(name: str, **options: Any) -> Column[int]:
    return Column(name, WHOLE, nullable=False, **options)


def _flag(name: str) -> tuple[Column[bool], CheckConstraint]:
    check = CheckConstraint(column(name).in_([0, 1]), name=f"{name}_flag").ddl_if(dialect="sqlite")
    return Column(name, Flag, nullable=False), check


def _one_of(name: str, choices: tuple[str, ...]) -> tuple[Column[str], CheckConstraint]:
    return _text(name), CheckConstraint(column(name).in_(choices), name=f"{name}_choice")


def _table(name: str, *parts: Any, key: str) -> Table:
    return Table(name, metadata, *parts, PrimaryKeyConstraint(*key.split()), sqlite_strict=True)


def _of_round() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["round_id"], ["rounds.round_id"])


schema_version = _table("schema_version", _whole("version"), _text("workspace_id"), _text("created"), key="version")
audit_log = _table(
    "audit_log",
    _whole("seq"),
    _text("at"),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _text("body"),
    _text("prev_hash", unique=True),
    _text("hash", unique=True),
    key="seq",
)
rounds = _table(
    "rounds",
    _text("round_id"),
    _text("title"),
    *_one_of("state", ROUND_STATES),
    _text("created"),
    _text("config_sha256"),
    _whole("amend_no"),
    *_flag("is_training"),
    key="round_id",
)
pins = _table(
    "pins",
    _text("round_id"),
    _whole("amend_no"),
    *_one_of("kind", PIN_KINDS),
    _text("id"),
    _text("sha256"),
    _text("reason"),
    _of_round(),
    key="round_id amend_no kind id",
)
snapshots = _table(
    "snapshots",
    _whole("snapshot_no"),
    _text("round_id"),
    _text("kind"),
    _text("sha256"),
    _text("content_sha256"),
    _text("suffix"),
    _whole("n_rows"),
    _whole("n_bytes"),
    _text("code_sha256"),
    _text("created"),
    UniqueConstraint("round_id", "kind", "sha256"),
    Index("snapshots_by_sha256", "sha256"),
    key="snapshot_no",
)
snapshot_parents = _table(
    "snapshot_parents",
    _whole("snapshot_no"),
    _text("parent_sha256"),
    ForeignKeyConstraint(["snapshot_no"], ["snapshots.snapshot_no"]),
    key="snapshot_no parent_sha256",
)
job_runs = _table(
    "job_runs",
    _text("step_key"),
    _text("round_id"),
    _text("step"),
    _text("params"),
    _text("inputs"),
    _text("outputs"),
    _text("code_sha256"),
    _text("created"),
    key="step_key",
)
current_runs = _table(
    "current_runs",
    _text("round_id"),
    _text("step"),
    _text("step_key"),
    ForeignKeyConstraint(["step_key"], ["job_runs.step_key"]),
    key="round_id step",
)
cases = _table(
    "cases",
    _text("round_id"),
    _text("case_id"),
    _text("unit_id"),
    _text("stratum_id"),
    *_flag("is_issued"),
    *_flag("is_reserve"),
    *_one_of("case_status", CASE_STATUSES),
    _text("reason"),
    _of_round(),
    key="round_id case_id",
)
kept_files = _table(
    "kept_files",
    _text("sha256"),
    _text("suffix"),
    _text("file_name"),
    _whole("n_bytes"),
    *_flag("is_personal"),
    _text("discard_reason"),
    _text("created"),
    key="sha256",
)
received = _table(
    "received",
    _text("round_id"),
    _text("batch_id"),
    _text("sha256"),
    _text("file_name"),
    _text("received_on"),
    _whole("n_rows"),
    _of_round(),
    UniqueConstraint("round_id", "sha256"),
    key="round_id batch_id",
)
row_states = _table(
    "row_states",
    _text("round_id"),
    _text("batch_id"),
    _whole("row_no"),
    *_one_of("row_state", ROW_STATES),
    _text("reason"),
    _text("case_id"),
    _text("rated_unit_id"),
    _text("answer_hash"),
    ForeignKeyConstraint(["round_id", "batch_id"], ["received.round_id", "received.batch_id"]),
    Index(
        "row_states_accepted_once",
        "round_id",
        "case_id",
        "rated_unit_id",
        unique=True,
        sqlite_where=text("row_state = 'accepted'"),
    ),
    key="round_id batch_id row_no",
)
faults = _table(
    "faults",
    _text("round_id"),
    _text("source"),
    _whole("fault_no"),
    _text("rule"),
    _text("file"),
    _text("sheet"),
    _whole("row"),
    _text("column"),
    _text("got"),
    _text("expected"),
    _text("values"),
    key="round_id source fault_no",
)
people = _table(
    "people",
    _text("person_id"),
    _text("name"),
    Column("salt", BYTES, nullable=False),
    Column("passphrase_hash", BYTES, nullable=False),
    *_flag("is_active"),
    _text("created"),
    key="person_id",
)
documents = _table(
    "documents",
    _text("document_id"),
    _text("document_no"),
    _text("issued_on"),
    _text("title"),
    _text("signed_by"),
    _text("sha256"),
    _text("created"),
    key="document_id",
)
approvals = _table(
    "approvals",
    _whole("approval_no"),
    _text("round_id"),
    _text("action"),
    _text("subject"),
    _text("payload_sha256"),
    *_one_of("state", APPROVAL_STATES),
    _text("proposer"),
    _text("proposed_at"),
    _text("approver"),
    _text("document_id"),
    _text("decided_at"),
    _text("reason"),
    _of_round(),
    Index(
        "approvals_open_once",
        "round_id",
        "action",
        "subject",
        "payload_sha256",
        unique=True,
        sqlite_where=text("state IN ('proposed', 'approved')"),
    ),
    key="approval_no",
)
appraisal_entries = _table(
    "appraisal_entries",
    _text("round_id"),
    _text("rulebook_id"),
    _text("unit_id"),
    _text("criterion_code"),
    *_one_of("appraisal_stage", APPRAISAL_STAGES),
    _whole("entry_no"),
    _maybe("choice_code"),
    _maybe("value"),
    _maybe("numerator"),
    _maybe("denominator"),
    _maybe("option_counts"),
    _maybe("leaf_status"),
    _maybe("evidence_id"),
    _maybe("entered_by"),
    _maybe("reason"),
    _whole("log_seq"),
    _of_round(),
    ForeignKeyConstraint(["log_seq"], ["audit_log.seq"], deferrable=True, initially="DEFERRED"),
    key="round_id rulebook_id unit_id criterion_code appraisal_stage entry_no",
)
publications = _table(
    "publications",
    _text("round_id"),
    _whole("release_no"),
    *_one_of("state", RELEASE_STATES),
    _text("outputs"),
    _text("log_head"),
    _text("proposer"),
    _text("approver"),
    _text("document_id"),
    _text("created"),
    _text("released_at"),
    _of_round(),
    key="round_id release_no",
)
draw_commits = _table(
    "draw_commits",
    _text("round_id"),
    _whole("commit_no"),
    _text("record"),
    _text("commit_hash", unique=True),
    _text("created"),
    _of_round(),
    key="round_id commit_no",
)
draw_openings = _table(
    "draw_openings",
    _text("round_id"),
    _whole("commit_no"),
    _text("party"),
    _text("nonce"),
    _text("opened_at"),
    _text("created"),
    ForeignKeyConstraint(["round_id", "commit_no"], ["draw_commits.round_id", "draw_commits.commit_no"]),
    key="round_id commit_no party",
)
reserve_changes = _table(
    "reserve_changes",
    _text("round_id"),
    _whole("approval_no"),
    _text("stratum_id"),
    *_one_of("kind", RESERVE_KINDS),
    _whole("first_order"),
    _whole("last_order"),
    _text("reason"),
    _whole("change_no"),
    _text("decided_at"),
    _of_round(),
    ForeignKeyConstraint(["approval_no"], ["approvals.approval_no"]),
    key="round_id approval_no stratum_id",
)
unit_events = _table(
    "unit_events",
    _text("round_id"),
    _text("unit_id"),
    _text("successor_id"),
    _text("effective_on"),
    _text("decision"),
    _text("created"),
    _of_round(),
    key="round_id unit_id",
)
