# make demo | make test | make test-full | make test-slow | make test-oldest | make lint | make bench: each sets up what it needs (Python 3.11-3.13 and make).
first_of = $(shell for one in $(1) python3; do \
	$$one -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$one; break; }; done)
PYTHON ?= $(call first_of,python3.13 python3.12 python3.11)
OLDEST_PYTHON ?= $(call first_of,python3.11 python3.12 python3.13)
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
OLDEST := $(VENV)-oldest
FOLDER ?= workspace
WORKERS ?= auto
# The long tests also wait (for servers, processes, the disk): one worker more than there are cores keeps these busy.
FULL_WORKERS ?= $(shell expr "$$(getconf _NPROCESSORS_ONLN)" + 1)
# A worker that runs out of tests takes from the end of another's list: what a module shares is seldom built twice.
PYTEST := python -m pytest -n $(WORKERS) --dist worksteal
# What touches every dependency: statistics, files, store, jobs, the command, the flows' imports.
OLDEST_TESTS := tests/sampling/test_reference_designs.py tests/sampling/test_same_bytes.py \
	tests/sampling/weighting/test_nonresponse.py tests/sipas/files/test_savfile.py tests/sipas/files/test_xlsxfile.py \
	tests/sipas/files/test_reading.py tests/sipas/store/test_contacts.py tests/sipas/store/test_workspace.py \
	tests/sipas/publish/test_minutes.py tests/flows/test_cli.py tests/flows/test_training.py

.PHONY: demo test test-full test-slow test-oldest lint bench clean

demo: $(READY)
	$(BIN)/sipas -w "$(FOLDER)" demo

test: $(READY_DEV)
	$(BIN)/$(PYTEST) -m "not full and not slow"

# What `make test` leaves out for its length: the example at full size, Prefect's own server, kills, whole workbooks.
test-full: $(READY_DEV)
	$(BIN)/python -m pytest -n $(FULL_WORKERS) --dist worksteal -m "full and not slow"

test-slow: $(READY_DEV)
	$(BIN)/$(PYTEST)

test-oldest: $(OLDEST)/.ready
	$(OLDEST)/bin/$(PYTEST) -m "not full and not slow" $(OLDEST_TESTS)

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
	$(BIN)/python benchmarks/traces.py
	$(BIN)/python benchmarks/national.py

define environment
	@test -n "$(1)" || { echo "Python 3.11, 3.12 or 3.13 is needed / Cần Python 3.11, 3.12 hoặc 3.13"; exit 1; }
	if command -v uv >/dev/null 2>&1; then uv venv -q --seed --python "$$(command -v $(1))" $(2); else $(1) -m venv $(2); fi
	touch $@
endef

# Each lock holds all that is needed, so one rule serves all: stock pip refuses hashes for an editable install, hence two steps.
define install
	if command -v uv >/dev/null 2>&1; then \
		uv pip install -q --python $(2)/bin/python --no-deps --require-hashes -r $(1); \
	else \
		$(2)/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(1); \
	fi
	$(2)/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(2)/bin/python -m pip --disable-pip-version-check check
endef

$(VENV)/.python:
	$(call environment,$(PYTHON),$(VENV))

$(OLDEST)/.python:
	$(call environment,$(OLDEST_PYTHON),$(OLDEST))

$(READY): requirements.lock pyproject.toml | $(VENV)/.python
	$(call install,requirements.lock,$(VENV))
	touch $@

$(READY_DEV): requirements-dev.lock pyproject.toml | $(VENV)/.python
	$(call install,requirements-dev.lock,$(VENV))
	touch $(READY) $@

$(OLDEST)/.ready: requirements-oldest.lock pyproject.toml | $(OLDEST)/.python
	$(call install,requirements-oldest.lock,$(OLDEST))
	touch $@

clean:
	rm -rf $(VENV) $(OLDEST) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
