"""A small made-up round, its numbers explained once."""

import pytest
from traced_round import made_up_round

from sipas.trace import TraceInputs, TraceTables, explain_all


@pytest.fixture(scope="session")
def inputs() -> TraceInputs:
    return made_up_round(n_units=4, forms_a_unit=30)


@pytest.fixture(scope="session")
def tables(inputs: TraceInputs) -> TraceTables:
    return explain_all(inputs)
