"""Fieldwork in the ledger: draws, cases, reserves, contacts, received files and what counts of them."""
