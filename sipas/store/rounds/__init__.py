"""Rounds and their instruments: what they are pinned to, their states, units merged in the field."""
