# Tillstone: every target makes what it needs, on a machine that has only Python >= 3.11 and make.
#
#   PYTHON=python3.12      the interpreter to build on (else the first new enough one found)
#   PORT=8081              where `make demo` listens
#   TESTS="tests/store -x" what `make test` runs, and how

VENV  := .venv
BIN   := $(VENV)/bin
PORT  := 8080
TESTS :=

.DEFAULT_GOAL := help
.PHONY: help demo test torture lint format coverage bench docs lock clean

help:  ## this list
	@echo 'Tillstone. What can be made:'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.run  ## a running shop with sample data, and the curl lines to try on it
	@$(BIN)/tillstone demo --port $(PORT)

test: $(VENV)/.dev  ## the tests, in random order; PostgreSQL's too if TILLSTONE_TEST_POSTGRES_URL names a server
	@$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal $(TESTS)

torture: $(VENV)/.dev  ## the long forms: kill -9, interleavings, hostile bodies
	@TORTURE=long $(BIN)/pytest -s tests/torture -m torture $(TESTS)

lint: $(VENV)/.dev  ## ruff, the format, mypy --strict and the import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev  ## what ruff can put right by itself
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

coverage: $(VENV)/.dev  ## the tests with branch coverage
	@$(BIN)/pytest -n auto --maxprocesses 4 --cov --cov-report term-missing:skip-covered $(TESTS)

bench: $(VENV)/.bench  ## our server against its peers: CPU per request, latency, memory
	@$(BIN)/python benchmarks/load.py

docs: $(VENV)/.run  ## the reference pages, from the tables
	@$(BIN)/tillstone docs --write docs/reference

lock: $(VENV)/.uv  ## new versions of every dependency, within what pyproject.toml allows
	@$(COMPILE) pyproject.toml -o requirements/runtime.txt
	@$(COMPILE) pyproject.toml --extra postgres --group dev -c requirements/runtime.txt -o requirements/dev.txt
	@$(COMPILE) --group bench -c requirements/dev.txt -o requirements/bench.txt

clean:  ## away with everything that was made
	@rm -rf $(VENV) build dist htmlcov .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# ----------------------------------------------------------------------------------------------------------------------
# The environment, by stamps: a step is done again only when its lock file changes. --no-deps: the locks are complete.

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command 'make lock' --upgrade

# $(1): what uv and pip both understand. pip is the second road, for a machine where uv cannot go.
INSTALL = UV_BUILD_CONSTRAINT=requirements/build.txt $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps $(1) \
	|| { echo 'uv could not; trying pip' >&2; $(BIN)/pip install -qq --disable-pip-version-check --no-deps $(1); }

FIND_PYTHON = for p in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$$p" && break; done

$(VENV)/.uv: requirements/installer.txt
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then echo 'Tillstone needs Python 3.11 or newer: make PYTHON=/path/to/python3' >&2; exit 1; fi; \
	echo "Installing into $(VENV), once, on $$("$$python" --version)"; \
	rm -rf $(VENV) && "$$python" -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "$$python cannot make environments (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps -r $< || echo 'no uv for this machine: pip does it all' >&2
	@touch $@

$(VENV)/.run: requirements/runtime.txt requirements/build.txt pyproject.toml $(VENV)/.uv
	@$(call INSTALL,-r requirements/runtime.txt -e .)
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@$(call INSTALL,-r requirements/dev.txt)
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	@$(call INSTALL,-r requirements/bench.txt)
	@touch $@
