# Two commands matter: `make demo` and `make test`. Each sets up everything that it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DEPENDENCIES := $(VENV)/.dependencies
READY  := $(VENV)/.ready

.PHONY: help demo test test-pythons check nightly format lock clean
.DEFAULT_GOAL := help

help:           ## what can be typed here
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY)  ## watch the bridge do its job against stand-in vendors (KEEP=1 leaves it running)
	@$(BIN)/escalation-bridge demo $(if $(KEEP),--keep)

# Bytecode is kept even where the environment says otherwise: else each worker and each command that the tests start compiles anew.
test: export PYTHONDONTWRITEBYTECODE :=
test: check     ## everything that must hold: check, then all tests but the nightly ones
	@$(BIN)/pytest -n auto --dist worksteal -m 'not nightly' $(PYTEST_ARGS)

test-pythons: $(READY) ## the quick tests on every other Python from 3.11 that is here
	@tests/pythons

check: $(READY) ## ruff, mypy strict and the import rules
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@cd examples/third_party_plugin && ../../$(BIN)/mypy
	@$(BIN)/lint-imports

nightly: $(READY) ## the long runs, with other examples each time; the seed is printed
	@HYPOTHESIS_PROFILE=nightly $(BIN)/pytest -m nightly $(PYTEST_ARGS)

format: $(READY) ## let ruff put the code in order
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

lock:           ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-annotate --no-header --group dev --all-extras -o requirements/dev.lock

clean:          ## forget the environment
	rm -rf $(VENV)

# The environment is made anew when the lock changes; when the packaging changes, the project is installed into it again.
$(DEPENDENCIES): requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up $(VENV) (once; it takes about a minute)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) --require-hashes --requirement requirements/dev.lock
	@touch $@

$(READY): $(DEPENDENCIES) pyproject.toml
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@
