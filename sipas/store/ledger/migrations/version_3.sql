-- Tables that version 3 adds or writes anew, as the database has them. Never edited: later versions change them by
-- migrations of their own.

CREATE TABLE faults (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    source TEXT NOT NULL,
    fault_no INTEGER NOT NULL,
    rule TEXT NOT NULL,
    file TEXT NOT NULL,
    sheet TEXT NOT NULL,
    "row" INTEGER NOT NULL,
    "column" TEXT NOT NULL,
    got TEXT NOT NULL,
    expected TEXT NOT NULL,
    "values" TEXT NOT NULL,
    PRIMARY KEY (round_id, instrument_id, source, fault_no)
) STRICT;

CREATE TABLE job_runs (
    step_key TEXT NOT NULL,
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    step TEXT NOT NULL,
    params TEXT NOT NULL,
    inputs TEXT NOT NULL,
    outputs TEXT NOT NULL,
    code_sha256 TEXT NOT NULL,
    libraries TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (step_key)
) STRICT;

CREATE TABLE rounds (
    round_id TEXT NOT NULL,
    title TEXT NOT NULL,
    created TEXT NOT NULL,
    config_sha256 TEXT NOT NULL,
    amend_no INTEGER NOT NULL,
    is_training INTEGER NOT NULL,
    PRIMARY KEY (round_id),
    CONSTRAINT is_training_flag CHECK (is_training IN (0, 1))
) STRICT;

CREATE TABLE appraisal_entries (
    round_id TEXT NOT NULL,
    rulebook_id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    criterion_code TEXT NOT NULL,
    appraisal_stage TEXT NOT NULL,
    entry_no INTEGER NOT NULL,
    choice_code TEXT,
    value TEXT,
    numerator TEXT,
    denominator TEXT,
    option_counts TEXT,
    leaf_status TEXT,
    evidence_id TEXT,
    entered_by TEXT,
    reason TEXT,
    log_seq INTEGER NOT NULL,
    PRIMARY KEY (round_id, rulebook_id, unit_id, criterion_code, appraisal_stage, entry_no),
    FOREIGN KEY(round_id) REFERENCES rounds (round_id),
    FOREIGN KEY(log_seq) REFERENCES audit_log (seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE approvals (
    approval_no INTEGER NOT NULL,
    round_id TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload_sha256 TEXT NOT NULL,
    state TEXT NOT NULL,
    proposer TEXT NOT NULL,
    proposed_at TEXT NOT NULL,
    approver TEXT NOT NULL,
    document_id TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (approval_no),
    FOREIGN KEY(round_id) REFERENCES rounds (round_id)
) STRICT;

CREATE UNIQUE INDEX approvals_open_once ON approvals (round_id, action, subject, payload_sha256) WHERE state IN ('proposed', 'approved');

CREATE TABLE current_runs (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    step TEXT NOT NULL,
    step_key TEXT NOT NULL,
    PRIMARY KEY (round_id, instrument_id, step),
    FOREIGN KEY(step_key) REFERENCES job_runs (step_key)
) STRICT;

CREATE TABLE instruments (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    public_id TEXT NOT NULL,
    state TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (round_id, instrument_id),
    FOREIGN KEY(round_id) REFERENCES rounds (round_id),
    UNIQUE (public_id)
) STRICT;

CREATE TABLE person_keys (
    person_id TEXT NOT NULL,
    key_no INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    created TEXT NOT NULL,
    ended TEXT NOT NULL,
    PRIMARY KEY (person_id, key_no),
    FOREIGN KEY(person_id) REFERENCES people (person_id)
) STRICT;

CREATE TABLE pins (
    round_id TEXT NOT NULL,
    amend_no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (round_id, amend_no, kind, id),
    FOREIGN KEY(round_id) REFERENCES rounds (round_id)
) STRICT;

CREATE TABLE publications (
    round_id TEXT NOT NULL,
    release_no INTEGER NOT NULL,
    state TEXT NOT NULL,
    outputs TEXT NOT NULL,
    contents TEXT NOT NULL,
    log_seq INTEGER NOT NULL,
    log_head TEXT NOT NULL,
    proposer TEXT NOT NULL,
    approver TEXT NOT NULL,
    document_id TEXT NOT NULL,
    created TEXT NOT NULL,
    released_at TEXT NOT NULL,
    PRIMARY KEY (round_id, release_no),
    FOREIGN KEY(round_id) REFERENCES rounds (round_id)
) STRICT;

CREATE TABLE reopenings (
    round_id TEXT NOT NULL,
    reopen_no INTEGER NOT NULL,
    reason TEXT NOT NULL,
    counts_until TEXT NOT NULL,
    approval_no TEXT NOT NULL,
    log_seq INTEGER NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (round_id, reopen_no),
    FOREIGN KEY(round_id) REFERENCES rounds (round_id),
    FOREIGN KEY(log_seq) REFERENCES audit_log (seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE signatures (
    log_seq INTEGER NOT NULL,
    person_id TEXT NOT NULL,
    public_key_code TEXT NOT NULL,
    payload_sha256 TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (log_seq, person_id),
    FOREIGN KEY(person_id) REFERENCES people (person_id),
    FOREIGN KEY(log_seq) REFERENCES audit_log (seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE cases (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    stratum_id TEXT NOT NULL,
    is_issued INTEGER NOT NULL,
    is_reserve INTEGER NOT NULL,
    case_status TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (round_id, instrument_id, case_id),
    CONSTRAINT is_issued_flag CHECK (is_issued IN (0, 1)),
    CONSTRAINT is_reserve_flag CHECK (is_reserve IN (0, 1)),
    FOREIGN KEY(round_id, instrument_id) REFERENCES instruments (round_id, instrument_id)
) STRICT;

CREATE TABLE draw_commits (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    commit_no INTEGER NOT NULL,
    record TEXT NOT NULL,
    commit_hash TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (round_id, instrument_id, commit_no),
    FOREIGN KEY(round_id, instrument_id) REFERENCES instruments (round_id, instrument_id),
    UNIQUE (commit_hash)
) STRICT;

CREATE TABLE received (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    file_name TEXT NOT NULL,
    received_on TEXT NOT NULL,
    n_rows INTEGER NOT NULL,
    PRIMARY KEY (round_id, instrument_id, batch_id),
    FOREIGN KEY(round_id, instrument_id) REFERENCES instruments (round_id, instrument_id),
    UNIQUE (round_id, instrument_id, sha256)
) STRICT;

CREATE TABLE reserve_changes (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    approval_no INTEGER NOT NULL,
    stratum_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    first_order INTEGER NOT NULL,
    last_order INTEGER NOT NULL,
    reason TEXT NOT NULL,
    change_no INTEGER NOT NULL,
    decided_at TEXT NOT NULL,
    PRIMARY KEY (round_id, instrument_id, approval_no, stratum_id),
    FOREIGN KEY(round_id, instrument_id) REFERENCES instruments (round_id, instrument_id),
    FOREIGN KEY(approval_no) REFERENCES approvals (approval_no)
) STRICT;

CREATE TABLE draw_openings (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    commit_no INTEGER NOT NULL,
    party TEXT NOT NULL,
    nonce TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (round_id, instrument_id, commit_no, party),
    FOREIGN KEY(round_id, instrument_id, commit_no) REFERENCES draw_commits (round_id, instrument_id, commit_no)
) STRICT;

CREATE TABLE received_rows (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    row_no INTEGER NOT NULL,
    case_id TEXT NOT NULL,
    rated_unit_id TEXT NOT NULL,
    answer_hash TEXT NOT NULL,
    PRIMARY KEY (round_id, instrument_id, batch_id, row_no),
    FOREIGN KEY(round_id, instrument_id, batch_id) REFERENCES received (round_id, instrument_id, batch_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE counted (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    rated_unit_id TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    row_no INTEGER NOT NULL,
    PRIMARY KEY (round_id, instrument_id, case_id, rated_unit_id),
    FOREIGN KEY(round_id, instrument_id, batch_id, row_no) REFERENCES received_rows (round_id, instrument_id, batch_id, row_no)
) WITHOUT ROWID, STRICT;

CREATE TABLE row_decisions (
    round_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    row_no INTEGER NOT NULL,
    decision_no INTEGER NOT NULL,
    row_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    log_seq INTEGER NOT NULL,
    PRIMARY KEY (round_id, instrument_id, batch_id, row_no, decision_no),
    FOREIGN KEY(round_id, instrument_id, batch_id, row_no) REFERENCES received_rows (round_id, instrument_id, batch_id, row_no),
    FOREIGN KEY(log_seq) REFERENCES audit_log (seq) DEFERRABLE INITIALLY DEFERRED
) WITHOUT ROWID, STRICT;

CREATE INDEX row_decisions_by_log_seq ON row_decisions (log_seq);
