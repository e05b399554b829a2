"""Tables of the ledger. Names follow the tables between the stages; times are text UTC, words are text.

Never stored here: answers, contacts. `SCHEMA_VERSION` changes with any change of these tables, and with it comes a
migration (`sipas.store.ledger.migrations`).
"""

from __future__ import annotations

from typing import Final

from sipas.store.ledger.schema.columns import metadata
from sipas.store.ledger.schema.log import audit_log, schema_version
from sipas.store.ledger.schema.office import (
    appraisal_entries,
    approvals,
    documents,
    people,
    person_keys,
    publications,
    signatures,
)
from sipas.store.ledger.schema.results import current_runs, job_runs, kept_files, snapshot_parents, snapshots
from sipas.store.ledger.schema.rounds import instruments, pins, reopenings, rounds, unit_events
from sipas.store.ledger.schema.surveys import (
    cases,
    counted,
    draw_commits,
    draw_openings,
    erased_contacts,
    faults,
    personal_files,
    received,
    received_rows,
    reserve_changes,
    row_decisions,
)

SCHEMA_VERSION: Final = 4
# In the order of an appraisal; "appeal" is what ledgers of version 2 call a stage after the second.
APPRAISAL_STAGES: Final = ("self", "first", "explanation", "second", "council", "appeal")

__all__ = [
    "APPRAISAL_STAGES",
    "SCHEMA_VERSION",
    "appraisal_entries",
    "approvals",
    "audit_log",
    "cases",
    "counted",
    "current_runs",
    "documents",
    "draw_commits",
    "draw_openings",
    "erased_contacts",
    "faults",
    "instruments",
    "job_runs",
    "kept_files",
    "metadata",
    "people",
    "person_keys",
    "personal_files",
    "pins",
    "publications",
    "received",
    "received_rows",
    "reopenings",
    "reserve_changes",
    "rounds",
    "row_decisions",
    "schema_version",
    "signatures",
    "snapshot_parents",
    "snapshots",
    "unit_events",
]
