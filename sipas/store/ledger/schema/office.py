"""People and what they decide: proposals and approvals, documents, appraised inputs, publications, signatures."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy import text as sql

from sipas.store.ledger.schema.columns import flag, integer, maybe, of_entry, of_round, raw, refers, table, text

people = table(
    "people",
    text("person_id"),
    text("name"),
    raw("salt"),
    raw("passphrase_hash"),
    *flag("is_active"),
    text("created"),
    key="person_id",
)
person_keys = table(
    "person_keys",
    text("person_id"),
    integer("key_no"),
    raw("public_key"),
    raw("wrapped_key"),
    text("created"),
    text("ended"),
    refers("person_id", "people"),
    key="person_id key_no",
)
signatures = table(
    "signatures",
    integer("log_seq"),
    text("person_id"),
    text("public_key_code"),
    text("payload_sha256"),
    text("prev_hash"),
    raw("signature"),
    refers("person_id", "people"),
    of_entry(),
    key="log_seq person_id",
)
documents = table(
    "documents",
    text("document_id"),
    text("document_no"),
    text("issued_on"),
    text("title"),
    text("signed_by"),
    text("sha256"),
    text("created"),
    key="document_id",
)
approvals = table(
    "approvals",
    integer("approval_no"),
    text("round_id"),
    text("action"),
    text("subject"),
    text("payload_sha256"),
    text("state"),
    text("proposer"),
    text("proposed_at"),
    text("approver"),
    text("document_id"),
    text("decided_at"),
    text("reason"),
    of_round(),
    Index(
        "approvals_open_once",
        "round_id",
        "action",
        "subject",
        "payload_sha256",
        unique=True,
        sqlite_where=sql("state IN ('proposed', 'approved')"),
    ),
    key="approval_no",
)
appraisal_entries = table(
    "appraisal_entries",
    text("round_id"),
    text("rulebook_id"),
    text("unit_id"),
    text("criterion_code"),
    text("appraisal_stage"),
    integer("entry_no"),
    maybe("choice_code"),
    maybe("value"),
    maybe("numerator"),
    maybe("denominator"),
    maybe("option_counts"),
    maybe("leaf_status"),
    maybe("evidence_id"),
    maybe("entered_by"),
    maybe("reason"),
    integer("log_seq"),
    of_round(),
    of_entry(),
    key="round_id rulebook_id unit_id criterion_code appraisal_stage entry_no",
)
publications = table(
    "publications",
    text("round_id"),
    integer("release_no"),
    text("state"),
    text("outputs"),
    text("contents"),
    integer("log_seq"),
    text("log_head"),
    text("proposer"),
    text("approver"),
    text("document_id"),
    text("created"),
    text("released_at"),
    of_round(),
    key="round_id release_no",
)
