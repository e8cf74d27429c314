# From a bare checkout to everything. Needs make and Python 3.11 or newer.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -q
CLIENT := $(BIN)/python web/client/build.py
LOCKS  := deploy/requirements
UV      = .lock-venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
          --no-header --no-emit-index-url --no-emit-find-links $(LOCK_FLAGS)

STATIC := check-types check-format check-style check-layers check-client-style check-client-types
# Tests that mostly wait, beside tests that mostly compute; then browsers two by two; then alone,
# what breaks a connection and says how soon it is back, what judges sound as it is heard or as it was
# recorded, what calls an end in Python, and what stands behind a proxy that gives up on a node
# without an answer.
BESIDE := test-web test-servers
BROWSE := test-pages test-talks
PAGES  := $(addprefix tests/e2e/test_,$(addsuffix .py,access access_rights admin blur board \
          board_converges chat_survives consents documents forms guard keyboard protection))
ALONE  := $(addprefix tests/e2e/test_,$(addsuffix .py,advisor_vanishes comes_back ladder \
          media_core probe recorded restart weather wedged))
SERVED := $(addprefix tests/integration/,bus postgres deploy faults media test_canary_on_the_bus.py \
          test_client_build.py test_uploads.py)
ELSE   := --ignore=tests/integration/web $(addprefix --ignore=,$(SERVED))
# The longest first, so that nothing is waited for alone in the end; one more at once than there
# are processors, because a third of them is spent waiting for the disk and for clocks.
CHECKS := check-unit-sessions check-client-tests check-unit-signaling check-unit-rest $(STATIC)

# What is started a hundred times is compiled once.
unexport PYTHONDONTWRITEBYTECODE
# What these tests write is gone after them: where memory has room for it, no disk is waited for.
# They kill processes, which loses nothing that was written; none of them cuts the power.
MEMORY := $(shell test -w /dev/shm && df -Pk /dev/shm | awk 'NR == 2 && $$4 > 2000000 {print "/dev/shm"}')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench faults board e2e lint fmt lock clean install client packages system $(CHECKS) $(BESIDE) $(BROWSE)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install client ## Start the platform with demo data; the sign-ins are printed
	@$(BIN)/visavis demo

test: system check client ## Check, then integration and browser tests
	@$(MAKE) --no-print-directory --keep-going --output-sync=target -j2 $(BESIDE)
	@$(MAKE) --no-print-directory --keep-going --output-sync=target -j2 $(BROWSE)
	$(BIN)/python -m pytest -q tests/integration $(ELSE) $(ALONE)

check: install packages ## Format, style, types, layers and unit tests; fast
	@$(MAKE) --no-print-directory --keep-going --output-sync=target -j$$(($$(nproc) + 1)) $(CHECKS)

lint: install packages ## Everything of check but the tests
	@$(MAKE) --no-print-directory --keep-going --output-sync=target -j$$(($$(nproc) + 1)) $(STATIC)

e2e: system install client ## Only the browser tests
	$(BIN)/python -m pytest -q tests/e2e

bench: install client ## Measure; prints the figures
	@$(BIN)/python -m tests.bench

faults: system install ## Break three nodes, Redis and PostgreSQL at length; prints what held
	@$(BIN)/python -m tests.faults

board: system install client ## Let two browsers draw at random at length; prints whether they agree
	@$(BIN)/python -m tests.board

fmt: install ## Format the code and fix what can be fixed
	$(BIN)/ruff check -q --fix-only .
	$(BIN)/ruff format .

lock: install .lock-venv/bin/uv ## Rewrite the lock files (LOCK_FLAGS=--upgrade for newer releases)
	$(UV) --extra dev --extra media -o $(LOCKS)/dev.txt pyproject.toml
	$(UV) --no-annotate -c $(LOCKS)/dev.txt -o $(LOCKS)/run.txt pyproject.toml
	$(UV) --no-annotate -c $(LOCKS)/dev.txt --extra media -o $(LOCKS)/media.txt pyproject.toml
	$(CLIENT) lock

clean: ## Delete everything that was built or installed here
	rm -rf $(VENV) .lock-venv web/client/node_modules web/static/dist dist .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- the single checks

check-unit-sessions check-unit-signaling check-unit-rest test-web: export PYTEST_DEBUG_TEMPROOT = $(MEMORY)
check-format:
	$(BIN)/ruff format --check -q .
check-style:
	$(BIN)/ruff check -q .
check-types:
	$(BIN)/mypy --no-error-summary
check-layers:
	@$(BIN)/lint-imports --verbose > $(VENV)/layers.log 2>&1 || { cat $(VENV)/layers.log; exit 1; }
check-client-style:
	@cd web/client && ../../$(BIN)/oxlint --quiet
check-client-types:
	$(CLIENT) tool typescript/bin/tsc --noEmit
	$(CLIENT) tool typescript/bin/tsc --noEmit -p tsconfig.tools.json
check-client-tests:
	$(CLIENT) tool vitest/vitest.mjs run --reporter=dot
check-unit-signaling:
	$(BIN)/python -m pytest -q -m "not long" tests/unit/signaling
check-unit-sessions:
	$(BIN)/python -m pytest -q -m "not long" tests/unit/sessions
check-unit-rest:
	$(BIN)/python -m pytest -q -m "not long" tests/unit --ignore=tests/unit/signaling --ignore=tests/unit/sessions

test-web:
	$(BIN)/python -m pytest -q tests/integration/web
test-servers:
	$(BIN)/python -m pytest -q -m long tests/unit/sessions tests/unit/media
	$(BIN)/python -m pytest -q $(SERVED)
test-pages:
	$(BIN)/python -m pytest -q $(PAGES)
test-talks: # whatever is new comes here
	$(BIN)/python -m pytest -q tests/e2e $(addprefix --ignore=,$(PAGES) $(ALONE))

# ---- installation; the stamps make a second run quick

install: $(VENV)/.editable

system:
	@tests/setup-system

client: install
	@$(CLIENT)

packages: install
	@$(CLIENT) install

$(VENV)/bin/python:
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
	      --no-install-recommends python3 python3-venv ca-certificates >/dev/null; \
	  else echo "Please install Python 3.11 or newer with venv (Debian: apt install python3-venv)." >&2; exit 1; fi; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; try make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.locked: $(LOCKS)/dev.txt | $(VENV)/bin/python
	$(PIP) install --require-hashes -r $<
	@touch $@

$(VENV)/.editable: pyproject.toml web/client/hatch_build.py $(VENV)/.locked
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.lock-venv/bin/uv:
	$(PYTHON) -m venv .lock-venv
	.lock-venv/bin/python -m pip --disable-pip-version-check -q install uv
