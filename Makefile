# make demo | make test | make test-slow | make lint | make bench: each sets up what it needs (Python 3.11-3.13 and make).
PYTHON ?= $(shell for one in python3.13 python3.12 python3.11 python3; do \
	$$one -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$one; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
FOLDER ?= workspace
WORKERS ?= auto
# A worker that runs out of tests takes from the end of another's list: what a module shares is seldom built twice.
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.PHONY: demo test test-slow lint bench clean

demo: $(READY)
	$(BIN)/sipas -w "$(FOLDER)" demo

test: $(READY_DEV)
	$(PYTEST) -m "not slow"

test-slow: $(READY_DEV)
	$(PYTEST)

lint: $(READY_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY_DEV)
	$(BIN)/python benchmarks/estimates.py
	$(BIN)/python benchmarks/draw.py
	$(BIN)/python benchmarks/allocation.py
	$(BIN)/python benchmarks/weighting.py
	$(BIN)/python benchmarks/replication.py
	$(BIN)/python benchmarks/national.py

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed / Cần Python 3.11, 3.12 hoặc 3.13"; exit 1; }
	if command -v uv >/dev/null 2>&1; then uv venv -q --seed --python "$$(command -v $(PYTHON))" $(VENV); else $(PYTHON) -m venv $(VENV); fi
	touch $@

# The second lock holds the first, so one rule serves both: stock pip refuses hashes for an editable install, hence two steps.
define install
	if command -v uv >/dev/null 2>&1; then \
		uv pip install -q --python $(BIN)/python --no-deps --require-hashes -r $(1); \
	else \
		$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(1); \
	fi
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip --disable-pip-version-check check
endef

$(READY): requirements.lock pyproject.toml | $(VENV)/.python
	$(call install,requirements.lock)
	touch $@

$(READY_DEV): requirements-dev.lock pyproject.toml | $(VENV)/.python
	$(call install,requirements-dev.lock)
	touch $(READY) $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
