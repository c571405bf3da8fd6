# Every target sets up what it needs: a virtual environment in .venv with the versions of constraints.txt. Stamp files
# remember what is installed, so that a second run starts at once.

.DEFAULT_GOAL := help

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	command -v $$python >/dev/null 2>&1 \
	&& $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && { echo $$python; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
METADATA := setup.cfg pyproject.toml constraints.txt

# More options for pytest: make test PYTEST_ARGS="-x -k parser"
PYTEST_ARGS ?=
# How many examples the properties of `make test-slow` try: slow 20,000 each, default 200.
PROFILE ?= slow
# Processes that run tests; 0 runs them in one.
JOBS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(JOBS)

.PHONY: help demo serve test test-slow soak bench mutants lint format types dist constraints clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## Watch whole conversations with a gateway: the main job, in a minute
	$(BIN)/sms-gateway demo

serve: $(VENV)/.installed ## Run a gateway on 127.0.0.1:2775 (SMPP) and 127.0.0.1:8025 (HTTP)
	$(BIN)/sms-gateway serve

test: $(VENV)/.installed-test ## Run the test suite (minutes)
	$(PYTEST) -m "not slow and not soak and not bench" $(PYTEST_ARGS)

test-slow: $(VENV)/.installed-test ## Run the slow tests: other clients, whole installs, long properties
	HYPOTHESIS_PROFILE=$(PROFILE) $(PYTEST) -m slow --timeout 1800 $(PYTEST_ARGS)

soak: $(VENV)/.installed-test ## Kill gateways two hundred times under load (hours)
	$(BIN)/python -m pytest -m soak --timeout 14400 $(PYTEST_ARGS)

# What to measure and how: make bench BENCH="b c --quick"; without it every load three times, and growth (ten minutes).
# The page is written to PAGE: PAGE=docs for the one that is kept.
BENCH ?=
PAGE ?= .benchmarks
bench: $(VENV)/.installed-test ## Measure a whole gateway beside other servers, and what the pure rooms cost
	$(BIN)/python -m tests.benchmarks $(BENCH)
	$(BIN)/python -m pytest tests/benchmarks -m bench --benchmark-columns=min,median,iqr,rounds --benchmark-sort=name \
		--benchmark-time-unit=us --benchmark-json=.benchmarks/costs.json $(PYTEST_ARGS)
	$(BIN)/python -m tests.benchmarks.reporting --to $(PAGE)

# Anew each time, for mutmut keeps its verdicts when only tests have changed.
mutants: $(VENV)/.installed-mutants ## Change the parser in two thousand ways: does a test notice each? (half an hour)
	rm -rf mutants
	HYPOTHESIS_PROFILE=mutants $(BIN)/mutmut run --max-children $(JOBS)
	$(BIN)/python -m tests.commands.parsing.unexplained

lint: $(VENV)/.installed-lint ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.installed-lint ## Format the sources
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(VENV)/.installed-lint ## Check types
	$(BIN)/mypy

dist: $(VENV)/.installed-lint ## Build the sdist and the wheel into dist/
	$(BIN)/python -m build --outdir dist .

constraints: $(VENV)/bin/python ## Choose the exact versions anew
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools
	echo '# Exact versions of everything that is installed, for reproducible environments. Made by `make constraints`.' \
		> constraints.new
	$(BIN)/pip-compile --quiet --upgrade --all-extras --strip-extras --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --no-emit-options --output-file - setup.cfg >> constraints.new
	mv constraints.new constraints.txt

clean: ## Remove everything that was made here, the virtual environment too
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .ci/node mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; say which with make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Debian and Ubuntu have venv in a package of its own:" \
		"apt install python3-venv"; exit 1; }

$(VENV)/.installed: $(METADATA) | $(VENV)/bin/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-test: $(METADATA) | $(VENV)/bin/python
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-lint: $(METADATA) | $(VENV)/bin/python
	$(PIP) --editable '.[test,lint]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-test

$(VENV)/.installed-mutants: $(METADATA) | $(VENV)/bin/python
	$(PIP) --editable '.[test,mutants]'
	@touch $@
