# Commands for contributors. Every target installs what it needs into .venv on first use.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
CORE := $(VENV)/core.stamp
DEV := $(VENV)/dev.stamp
DOCS := $(VENV)/docs.stamp
# Two more than processors, since tests often wait for a server or a browser.
WORKERS := $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 2)')
# Tests sync thousands of small files: their folder is in memory where 8 GiB are free, and programs may run there.
SCRATCH = $(shell $(PYTHON) -c 'import os, tempfile; m = "/dev/shm"; s = os.statvfs(m); \
  print(m if s.f_bavail * s.f_frsize >> 33 and not s.f_flag & os.ST_NOEXEC else tempfile.gettempdir())' 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint bench screenshots reference docs setup clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

demo: $(CORE)  ## run the shop from files to a published release
	cd examples/shop && ../../$(BIN)/medallion run
	cd examples/shop && ../../$(BIN)/medallion status
	@printf '%s\n' '' 'Open next (from examples/shop):' \
	  '  medallion.yaml                                     the declaration that did this' \
	  '  ../../$(BIN)/medallion show gold.country_stats    a table of the release' \
	  '  ../../$(BIN)/medallion quarantine                 every rejected row, with the reason' \
	  '  ../../$(BIN)/medallion run                        again: nothing changed, so nothing is computed' \
	  '  lake/gold/clients_stats.parquet                    the same tables, for any other tool'

# Byte code is written whatever the environment says, since tests start hundreds of Python processes.
test: $(DEV)  ## all tests, with real servers; ARGS="-k name" selects, ARGS=--cov measures coverage
	PYTHONDONTWRITEBYTECODE= TMPDIR="$(SCRATCH)" $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

lint: $(DEV)  ## style, types, imports, sizes and plain words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.source_rules

bench: $(DEV)  ## compare with the same work written by hand; bench-shop, bench-mongodb, … are parts
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.mongodb
	$(BIN)/python -m benchmarks.api
	$(BIN)/python -m benchmarks.lake_s3
	$(BIN)/python -m benchmarks.sources
	$(BIN)/python -m benchmarks.dashboard

bench-%: $(DEV)
	$(BIN)/python -m benchmarks$(subst .shop,,.$*) $(ARGS)

screenshots: $(DEV)  ## pictures of every page of the shop's dashboard, in build/screenshots
	$(BIN)/python -m scripts.screenshots $(ARGS)

reference: $(DEV)  ## write the reference sections of docs/ from the code
	$(BIN)/python -m scripts.reference

docs: $(DOCS)  ## the documentation, in build/docs
	$(BIN)/sphinx-build --fail-on-warning --builder html docs build/docs

setup: $(DEV) $(DOCS)  ## everything into .venv, for an editor

clean:  ## remove .venv and everything generated
	rm -rf $(VENV) build dist htmlcov .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf examples/*/lake examples/helpdesk/helpdesk.*

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

$(CORE): pyproject.toml constraints.txt | $(BIN)/pip
	$(INSTALL) --editable .
	@touch $@

# Dependency groups need a pip of 2025.
$(DEV): pyproject.toml constraints.txt | $(BIN)/pip
	$(INSTALL) --upgrade 'pip>=25.1'
	$(INSTALL) --editable '.[all]' --group dev
	@touch $(CORE) $@

$(DOCS): $(DEV)
	$(INSTALL) --group docs
	@touch $@
