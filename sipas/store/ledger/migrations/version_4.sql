-- Tables that version 4 adds, as the database has them. Never edited: later versions change them by migrations of their
-- own.

CREATE TABLE erased_contacts (
    public_id TEXT NOT NULL,
    id_hash TEXT NOT NULL,
    log_seq INTEGER NOT NULL,
    PRIMARY KEY (public_id, id_hash),
    FOREIGN KEY(log_seq) REFERENCES audit_log (seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE personal_files (
    public_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    log_seq INTEGER NOT NULL,
    file_mark TEXT NOT NULL,
    n_rows INTEGER NOT NULL,
    n_erased INTEGER NOT NULL,
    PRIMARY KEY (public_id, kind, log_seq),
    FOREIGN KEY(log_seq) REFERENCES audit_log (seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;
