# What one does with veille from a checkout. `make` alone prints this list.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test soak clients fuzz check docs bench secrets clean

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Both stamps say: the environment is as these two files want it.
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench
WANTED := constraints.txt pyproject.toml

# The other client that serves Elasticsearch 9, where the tests find it before the one that is installed.
CLIENT9 := $(VENV)/elasticsearch-9
CLIENT9_PACKAGES := elasticsearch==9.5.1 elastic-transport==9.4.2 sniffio==1.3.1

help: ## Print this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: $(RUN) ## Watch what is said, here and now; WATCH='query' chooses of what
	@exec $(BIN)/veille run $(if $(value WATCH),--watch '$(subst ','\'',$(value WATCH))')

# Tests start hundreds of processes of veille: each would compile it again where none may keep what it compiled.
test: export PYTHONDONTWRITEBYTECODE :=
test: check ## Pass every check and every test, a real Kafka and a real Elasticsearch included
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

soak: $(DEV) ## Pass the long tests, which `make test` leaves out
	$(BIN)/pytest -m soak

clients: $(DEV) $(CLIENT9) ## Pass the tests of the Elasticsearch sink and archive with version 9 of its client, too
	PYTHONPATH=$(CLIENT9) $(BIN)/pytest -m elasticsearch tests/contracts tests/sinks

fuzz: $(DEV) ## Ask the API many right and wrong things; EXAMPLES=300 of each sort to each route
	VEILLE_FUZZ=$(or $(EXAMPLES),100) $(BIN)/pytest --timeout 0 tests/web/test_contract.py

check: $(DEV) ## Lint, format, types, and which module may import which
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(DEV) ## Write the generated pages of docs/ again, from the code
	$(BIN)/python -m veille.docs docs

bench: $(BENCH) ## Measure; NAME=hop|enrich|match|sink|latency|bluesky|x for one of them
	$(BIN)/python -m bench $(NAME)

secrets: ## Write .env with passwords of its own for docker-compose.yml
	@deploy/secrets.sh

clean: ## Remove the environment and every cache; never the data folder
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo 'veille needs Python 3.11 or newer; none was found on the PATH' >&2; exit 2; }
	@echo 'Making the environment in $(VENV), once; this takes about a minute.' >&2
	@$(PYTHON) -m venv $(VENV)

$(RUN): $(WANTED) | $(VENV)/bin/python
	@echo 'Installing what veille needs ...' >&2
	@$(PIP) --editable .
	@touch $@

$(DEV): $(WANTED) | $(VENV)/bin/python
	@echo 'Installing what veille and its tests need ...' >&2
	@$(PIP) --editable '.[dev,parquet,transformer-build]'
	@touch $@ $(RUN)

$(CLIENT9): Makefile | $(DEV)
	@rm -rf $@
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $@ $(CLIENT9_PACKAGES)

$(BENCH): $(WANTED) | $(VENV)/bin/python
	@echo 'Installing what veille, its tests and the peers to compare with need ...' >&2
	@$(PIP) --editable '.[dev,parquet,transformer-build,bench]'
	@touch $@ $(DEV) $(RUN)
