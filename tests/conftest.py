"""What every test stands on: one thread per process, one hypothesis profile, every error rendered with its facts."""

from __future__ import annotations

import os

import pytest
import sampled
from error_words import every_error_has_its_facts, watch
from hypothesis import settings
from once import shared_folder

from errors import Fault, SurveyError

__all__ = ["every_error_has_its_facts", "shared_folder"]
# Before numpy is imported: each worker of pytest-xdist has a core, threads of linear algebra would only fight for it.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
# A width in the caller's shell would be taken over by the screen when it is first imported.
os.environ.pop("COLUMNS", None)

watch(SurveyError)
watch(Fault)


def pytest_configure(config: pytest.Config) -> None:
    """No deadline: a slow moment of the machine is no fault of the code. No example database: a run depends on the
    code alone. With CI set the examples are the same in every run, so that a red run there is a real one."""
    sampled.IS_SAMPLED = "not slow" in (config.option.markexpr or "")
    settings.register_profile(
        "house",
        max_examples=sampled.sampled(25, 100),
        deadline=None,
        database=None,
        derandomize=bool(os.environ.get("CI")),
        print_blob=True,
    )
    settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The round at full size starts first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: item.path.name != "test_example_round.py")
