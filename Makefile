# Two commands matter: `make demo` serves a clinic, `make test` runs every test. Nothing else is ever needed.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
REQUIREMENTS := requirements/dev.txt requirements/uv.txt
ARGS ?=

.PHONY: help setup demo serve test prove check bench golden clean

help:
	@echo "make demo     set up all there is to set up, then serve an invented clinic on http://127.0.0.1:8080"
	@echo "make test     set up, then every test in its bounded profile (minutes)"
	@echo "make serve    serve with the settings of the environment (docs/settings.md)"
	@echo "make check    formatting, lint, types"
	@echo "make prove    the long seeded runs: races, kills, fuzzing, oracles"
	@echo "make bench    measure against pgbench, asyncpg alone and a typical implementation"
	@echo "make golden   write golden/ anew from the declarations"
	@echo "make setup    only set up"

setup: $(STAMP)

$(STAMP): $(REQUIREMENTS) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "openprac needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv \
		|| { echo "$(PYTHON) has no venv module: install it (Debian: python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $(REQUIREMENTS)
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	$(BIN)/python -m compileall -q openprac
	@touch $(STAMP)

demo: setup
	@exec $(BIN)/openprac demo $(ARGS)

serve: setup
	@exec $(BIN)/openprac serve $(ARGS)

test: setup
	$(BIN)/pytest -n 2 --dist loadfile -m "not prove" $(ARGS)

prove: setup
	$(BIN)/pytest -m prove $(ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m bench $(ARGS)

golden: setup
	$(BIN)/python -m tests.golden

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
