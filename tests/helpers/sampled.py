"""Long checks are sampled in `make test` and whole in `make test-slow`.

`-m "not slow"` asks for the sample (tests/conftest.py); without it everything is whole.
"""

IS_SAMPLED = False


def sampled(some: int, whole: int) -> int:
    """How many examples, draws or rows: `some` are enough to fail on a wrong program, `whole` is the full check."""
    return some if IS_SAMPLED else whole
