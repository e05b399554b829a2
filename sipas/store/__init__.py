"""The only room that writes: ledger, snapshots, received files, contacts, outputs."""
