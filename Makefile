# The one door for chores. `make` alone lists them. Nothing outside this folder is changed, except that root
# gets missing Debian packages installed (and is told which).

VENV    ?= .venv
PYTHON  ?=
WORKERS ?= 2
VISITS  ?= 1000000
PEOPLE  ?= 120000
SERVED  ?= $(CURDIR)/.demo
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := $(VENV)/bin
RUN := $(VENV)/.ready-to-run
DEV := $(VENV)/.ready-to-test
PACKAGED := $(wildcard connectors/*.py policies/*)  # copied when the package is installed, so a change installs anew

.DEFAULT_GOAL := help
.PHONY: help demo test test-full check bench mutate docs dist clean

help:  ## list the chores
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(RUN)  ## set up, invent a province's claims, answer questions under a privacy budget, verify the log
	@$(if $(SERVE),rm -rf $(SERVED))
	@$(BIN)/sandbox demo --visits $(VISITS) --people $(PEOPLE) $(if $(DEMO_LANG),--lang $(DEMO_LANG)) $(if $(SERVE),--keep $(SERVED)) $(ARGS)
	@$(if $(SERVE),$(BIN)/sandbox serve --demo $(SERVED)/outpatient.yaml --home $(SERVED)/server)

test: check  ## everything a change must pass: checks, then the whole suite
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not full"

test-full: check  ## the suite with the long runs
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(DEV)  ## style, types and layers
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache

bench: $(DEV)  ## measure against plain DuckDB; prints the tables of docs/benchmarks.md
	@$(BIN)/python -m benchmarks

mutate: $(DEV)  ## does a test see each small mistake in what bounds, draws or charges? ARGS="noise/choice --sample 20"
	@nice $(BIN)/python -m tests.mutation $(ARGS)

docs: $(DEV)  ## check that the documents say what the code does
	@$(BIN)/python -m pytest tests/test_docs.py

dist: $(RUN)  ## build both wheels into dist/: the product, and the light client
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist . ./packaging/client

clean:  ## remove what the chores made (never the home folder of an installation)
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN): pyproject.toml .ci/prepare $(PACKAGED)
	@VENV="$(VENV)" PYTHON="$(PYTHON)" .ci/prepare run
	@touch $@

$(DEV): pyproject.toml .ci/prepare $(PACKAGED)
	@VENV="$(VENV)" PYTHON="$(PYTHON)" .ci/prepare test
	@touch $@ $(RUN)
