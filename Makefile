# Everything runs from here: `make warehouse` and `make test` need Python 3.11 or newer, pip and make, nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Whole files side by side: the slower tiers wait for servers and processes more than they compute.
SIDE_BY_SIDE := --numprocesses 3 --dist loadfile
export DAGSTER_DISABLE_TELEMETRY := yes
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help warehouse test lint types unit integration pipeline dev sample ocr bench lock clean

help:  ## Lists what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# The lock files hold versions and hashes only; the project itself is installed in place, without its dependencies.
$(VENV)/.run: requirements/run.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -qq --require-hashes --requirement requirements/run.lock
	$(BIN)/pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock requirements/oldest-duckdb.lock $(VENV)/.run
	$(BIN)/pip install -qq --require-hashes --requirement requirements/dev.lock
	$(BIN)/pip install -qq --require-hashes --no-deps --upgrade --target .compat/duckdb-1.4 --requirement requirements/oldest-duckdb.lock
	@touch $@

warehouse: $(VENV)/.run  ## Sets up and builds the warehouse from the embedded sample
	@$(BIN)/ogi build
	@echo; echo "What became of the applications that each office received (ogi sql):"
	@$(BIN)/ogi sql "$$(cat docs/first-query.sql)"

test: lint types unit integration pipeline  ## Sets up and runs lint, types and all tests

lint: $(VENV)/.dev  ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy --strict on schemas and pipeline
	$(BIN)/mypy

unit: $(VENV)/.dev  ## The fast tier
	$(BIN)/pytest tests/unit

integration: $(VENV)/.dev  ## Readers on real files, a local web server, DuckDB
	$(BIN)/pytest $(SIDE_BY_SIDE) tests/integration

pipeline: $(VENV)/.dev  ## The whole build, the command, Dagster
	$(BIN)/pytest $(SIDE_BY_SIDE) tests/pipeline

dev: $(VENV)/.run  ## Dagster's page on http://127.0.0.1:3000, with its runs kept in .dagster/
	@mkdir -p .dagster && cp dagster.yaml .dagster/
	DAGSTER_HOME=$(CURDIR)/.dagster $(BIN)/dagster dev

ocr: $(VENV)/.run  ## Adds the reading of scans (about 220 MB) to the set-up
	$(BIN)/pip install -qq --require-hashes --requirement requirements/ocr.lock

sample: $(VENV)/.dev  ## Typesets the embedded sample again from its facts
	$(BIN)/python scripts/make_sample.py

bench: $(VENV)/.dev  ## Speed against the obvious alternatives
	$(BIN)/python -m benchmarks

lock: $(VENV)/.dev  ## Resolves the dependencies again and writes the lock files (versions and hashes only)
	$(BIN)/pip install -qq uv
	$(BIN)/python scripts/lock.py

clean:  ## Removes what was built; the archive stays
	rm -rf $(VENV) .compat .dagster build dist data/warehouse data/work
