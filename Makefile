# Two commands do everything on a fresh machine: `make run` and `make test`.

PYTHON ?= python3
VENV   ?= .venv
TESTS  ?= tests
# many programs are started, and each would compile what it loads again
unexport PYTHONDONTWRITEBYTECODE
# half of the tests' time is waiting for programs that they started
WORKERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) * 3 / 2 )))
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "simtui needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.PHONY: run demo test lint check soak bench screenshots clean help

run: $(READY) ## open simtui on ~/SimAI (without a terminal: the plain overview)
	@$(BIN)/simtui

demo: $(READY) ## open it on a throw-away home with sample workflows
	@$(BIN)/simtui --samples

test: $(READY) ## lint, types, contracts, and all tests but the long ones
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not soak"

check: $(READY) ## the fast tests alone, or those of TESTS="tests/store tests/cli"
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m "not soak" $(TESTS)

soak: $(READY) ## the long fault and fuzz tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m soak

bench: $(READY) ## every budget beside its floor, as ratios
	@$(BIN)/python -m tests.bench

screenshots: $(READY) ## draw the pictures in screenshots/ again
	$(BIN)/python -m tests.screenshots

clean: ## take away what make made here
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist

help: ## this
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
