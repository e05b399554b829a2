"""The draw: sealed, drawn, written out, verified by anyone."""
