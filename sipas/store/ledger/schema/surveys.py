"""What belongs to one instrument: draw, cases, reserves, received files, their rows and what was decided on each, and
which encrypted files name its people."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint

from sipas.store.ledger.schema.columns import bulk, flag, integer, of_entry, of_instrument, refers, table, text

_ROW = "round_id instrument_id batch_id row_no"

draw_commits = table(
    "draw_commits",
    text("round_id"),
    text("instrument_id"),
    integer("commit_no"),
    text("record"),
    text("commit_hash", unique=True),
    text("created"),
    of_instrument(),
    key="round_id instrument_id commit_no",
)
draw_openings = table(
    "draw_openings",
    text("round_id"),
    text("instrument_id"),
    integer("commit_no"),
    text("party"),
    text("nonce"),
    text("opened_at"),
    text("created"),
    refers("round_id instrument_id commit_no", "draw_commits"),
    key="round_id instrument_id commit_no party",
)
cases = table(
    "cases",
    text("round_id"),
    text("instrument_id"),
    text("case_id"),
    text("unit_id"),
    text("stratum_id"),
    *flag("is_issued"),
    *flag("is_reserve"),
    text("case_status"),
    text("reason"),
    of_instrument(),
    key="round_id instrument_id case_id",
)
reserve_changes = table(
    "reserve_changes",
    text("round_id"),
    text("instrument_id"),
    integer("approval_no"),
    text("stratum_id"),
    text("kind"),
    integer("first_order"),
    integer("last_order"),
    text("reason"),
    integer("change_no"),
    text("decided_at"),
    of_instrument(),
    refers("approval_no", "approvals"),
    key="round_id instrument_id approval_no stratum_id",
)
received = table(
    "received",
    text("round_id"),
    text("instrument_id"),
    text("batch_id"),
    text("sha256"),
    text("file_name"),
    text("received_on"),
    integer("n_rows"),
    of_instrument(),
    UniqueConstraint("round_id", "instrument_id", "sha256"),
    key="round_id instrument_id batch_id",
)
received_rows = bulk(
    "received_rows",
    text("round_id"),
    text("instrument_id"),
    text("batch_id"),
    integer("row_no"),
    text("case_id"),
    text("rated_unit_id"),
    text("answer_hash"),
    refers("round_id instrument_id batch_id", "received"),
    key=_ROW,
)
row_decisions = bulk(
    "row_decisions",
    text("round_id"),
    text("instrument_id"),
    text("batch_id"),
    integer("row_no"),
    integer("decision_no"),
    text("row_state"),
    text("reason"),
    integer("log_seq"),
    refers(_ROW, "received_rows"),
    of_entry(),
    Index("row_decisions_by_log_seq", "log_seq"),
    key=f"{_ROW} decision_no",
)
counted = bulk(
    "counted",
    text("round_id"),
    text("instrument_id"),
    text("case_id"),
    text("rated_unit_id"),
    text("batch_id"),
    integer("row_no"),
    refers(_ROW, "received_rows"),
    key="round_id instrument_id case_id rated_unit_id",
)
faults = table(
    "faults",
    text("round_id"),
    text("instrument_id"),
    text("source"),
    integer("fault_no"),
    text("rule"),
    text("file"),
    text("sheet"),
    integer("row"),
    text("column"),
    text("got"),
    text("expected"),
    text("values"),
    key="round_id instrument_id source fault_no",
)
# Every file that was put in force: the last one of an instrument (by its public id) and kind counts.
personal_files = table(
    "personal_files",
    text("public_id"),
    text("kind"),
    integer("log_seq"),
    text("file_mark"),
    integer("n_rows"),
    integer("n_erased"),
    of_entry(),
    key="public_id kind log_seq",
)
# People whose contacts are erased for good, from one instrument or ("") from all.
erased_contacts = table(
    "erased_contacts", text("public_id"), text("id_hash"), integer("log_seq"), of_entry(), key="public_id id_hash"
)
