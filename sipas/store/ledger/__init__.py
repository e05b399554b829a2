"""The ledger: its database, tables, log and seals, and how a ledger of an earlier version is brought up to date."""
