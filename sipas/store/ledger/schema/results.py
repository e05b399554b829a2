"""Snapshots, the runs that made them, and files kept as they came. `instrument_id` is "" for a step of the round."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint

from sipas.store.ledger.schema.columns import flag, integer, refers, table, text

snapshots = table(
    "snapshots",
    integer("snapshot_no"),
    text("round_id"),
    text("kind"),
    text("sha256"),
    text("content_sha256"),
    text("suffix"),
    integer("n_rows"),
    integer("n_bytes"),
    text("code_sha256"),
    text("created"),
    UniqueConstraint("round_id", "kind", "sha256"),
    Index("snapshots_by_sha256", "sha256"),
    key="snapshot_no",
)
snapshot_parents = table(
    "snapshot_parents",
    integer("snapshot_no"),
    text("parent_sha256"),
    refers("snapshot_no", "snapshots"),
    key="snapshot_no parent_sha256",
)
job_runs = table(
    "job_runs",
    text("step_key"),
    text("round_id"),
    text("instrument_id"),
    text("step"),
    text("params"),
    text("inputs"),
    text("outputs"),
    text("code_sha256"),
    text("libraries"),
    text("created"),
    key="step_key",
)
current_runs = table(
    "current_runs",
    text("round_id"),
    text("instrument_id"),
    text("step"),
    text("step_key"),
    refers("step_key", "job_runs"),
    key="round_id instrument_id step",
)
kept_files = table(
    "kept_files",
    text("sha256"),
    text("suffix"),
    text("file_name"),
    integer("n_bytes"),
    *flag("is_personal"),
    text("discard_reason"),
    text("created"),
    key="sha256",
)
