"""Long checks are sampled in `make test` and whole in `make test-full` or `make test-slow`.

`-m "not slow"` asks for the sample (tests/conftest.py); without it everything is whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

IS_SAMPLED = False


def sampled(some: int, whole: int) -> int:
    """How many examples, draws or rows: `some` are enough to fail on a wrong program, `whole` is the full check."""
    return some if IS_SAMPLED else whole


def first_of(some: int, cases: Iterable[Any]) -> list[Any]:
    """Cases of a parametrised test: the first `some` in `make test`, the others marked `full`."""
    found = list(cases)
    rest = [one if isinstance(one, tuple) else (one,) for one in found[some:]]
    return [*found[:some], *(pytest.param(*one, marks=pytest.mark.full) for one in rest)]
