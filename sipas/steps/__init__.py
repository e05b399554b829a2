"""The steps of a round: each declared once with what it reads, and made by a pure function of just that.

Modules are named after the steps. None of them knows the store, the publishing rooms, words or messages: a changed
label never makes a weight stale.
"""
