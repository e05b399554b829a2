"""What every test stands on: one thread per process, one hypothesis profile, every error rendered with its facts."""

from __future__ import annotations

import os

from error_words import every_error_has_its_facts, watch
from hypothesis import settings

from sampling.errors import Fault, SurveyError

__all__ = ["every_error_has_its_facts"]
# Before numpy is imported: each worker of pytest-xdist has a core, threads of linear algebra would only fight for it.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
# A width in the caller's shell would be taken over by the screen when it is first imported.
os.environ.pop("COLUMNS", None)

# No deadline: a slow moment of the machine is no fault of the code. No example database: a run depends on the code
# alone. With CI set the examples are the same in every run, so that a red run there is a real one.
settings.register_profile(
    "house", deadline=None, database=None, derandomize=bool(os.environ.get("CI")), print_blob=True
)
settings.load_profile("house")
watch(SurveyError)
watch(Fault)
