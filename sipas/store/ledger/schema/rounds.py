"""Rounds, their instruments, what they are pinned to, and the units that ceased meanwhile."""

from __future__ import annotations

from sipas.store.ledger.schema.columns import flag, integer, of_entry, of_round, table, text

rounds = table(
    "rounds",
    text("round_id"),
    text("title"),
    text("created"),
    text("config_sha256"),
    integer("amend_no"),
    *flag("is_training"),
    key="round_id",
)
instruments = table(
    "instruments",
    text("round_id"),
    text("instrument_id"),
    integer("position"),
    text("public_id", unique=True),
    text("state"),
    text("created"),
    of_round(),
    key="round_id instrument_id",
)
reopenings = table(
    "reopenings",
    text("round_id"),
    integer("reopen_no"),
    text("reason"),
    text("counts_until"),
    text("approval_no"),
    integer("log_seq"),
    text("created"),
    of_round(),
    of_entry(),
    key="round_id reopen_no",
)
pins = table(
    "pins",
    text("round_id"),
    integer("amend_no"),
    text("kind"),
    text("id"),
    text("sha256"),
    text("reason"),
    of_round(),
    key="round_id amend_no kind id",
)
unit_events = table(
    "unit_events",
    text("round_id"),
    text("unit_id"),
    text("successor_id"),
    text("effective_on"),
    text("decision"),
    text("created"),
    of_round(),
    key="round_id unit_id",
)
