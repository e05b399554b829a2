"""Runs of steps: what a round's steps read and made, whether it is still current, what a release froze."""
