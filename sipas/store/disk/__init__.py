"""The disk below everything: whole files, locks, names, the clock, keys, encryption, settings."""
