"""Weights of an instrument: the recipe of a round and how it is applied."""
