# make demo   real orders through their whole life, on this machine
# make test   everything CI runs
# make run    the shop on http://127.0.0.1:8787, with tokens and curl lines to paste
#
# A machine needs Python >= 3.11 and make. Everything else goes into .venv (and node_modules), here.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SETUP := .venv/.ready
STAGE ?= dev
DATA ?=
ORDERS ?=

.PHONY: help setup demo replay run import drift statistics reconcile books test check bench hot-sku mutants sweep synth deploy docs format clean

help:
	@sed -n '1,5p' Makefile | sed 's/^# \{0,1\}//'
	@echo "Further: import FILE= KIND= URL= TOKEN= (a file into the catalogue), drift [URL= TOKEN= REPAIR=1] (stock against its movements), statistics ARCHIVE= (of a copy of the archive), books [URL= TOKEN= REPAIR=1] (the chain of vouchers, all accounts), reconcile PROVIDER= DAY= [FILE=] [URL= TOKEN=] (a bill against the books), check (fast part of test), replay (the demo, everything sent twice), bench, hot-sku (the part of it on a real engine), mutants, sweep (full fault sweep), docs (regenerate), synth, deploy STAGE=dev"

setup: $(SETUP)

$(SETUP): requirements.txt requirements-archive.txt requirements-dev.txt package.json package-lock.json
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements-dev.txt)"
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements-dev.txt \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

node_modules/.ready: $(SETUP) package.json package-lock.json
	$(BIN)/python -m infra.npm ci --omit=dev
	@touch $@

demo: $(SETUP)
	$(BIN)/python -m local.demo $(if $(DATA),--data $(DATA)) $(if $(ORDERS),--orders $(ORDERS))

replay: $(SETUP)
	$(BIN)/python -m local.demo --replay $(if $(DATA),--data $(DATA)) $(if $(ORDERS),--orders $(ORDERS))

run: $(SETUP)
	$(BIN)/python -m local

drift: $(SETUP)
	$(BIN)/python -m local.drift $(if $(URL),--url $(URL)) $(if $(TOKEN),--token-file $(TOKEN)) $(if $(REPAIR),--repair)

books: $(SETUP)
	$(BIN)/python -m local.books $(if $(URL),--url $(URL)) $(if $(TOKEN),--token-file $(TOKEN)) $(if $(REPAIR),--repair)

statistics: $(SETUP)
	$(BIN)/python -m local.statistics $(if $(ARCHIVE),--from $(ARCHIVE)) $(if $(TO),--to $(TO))

import: $(SETUP)
	$(BIN)/python -m local.importer "$(FILE)" --kind $(KIND) --url $(URL) --token-file $(TOKEN) \
		$(if $(MODE),--mode $(MODE)) $(if $(DRY),--dry-run)

reconcile: $(SETUP)
	$(BIN)/python -m local.reconcile --provider $(PROVIDER) --day $(DAY) $(if $(FILE),--file "$(FILE)") \
		$(if $(URL),--url $(URL)) $(if $(TOKEN),--token-file $(TOKEN))

check: $(SETUP)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check node_modules/.ready
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q

bench: $(SETUP)
	$(BIN)/python -m bench

hot-sku: $(SETUP)
	$(BIN)/python -m bench.hot_sku

mutants: $(SETUP)
	$(BIN)/python -m tests.mutants

sweep: $(SETUP)
	ORDERCYCLE_SWEEP=full $(BIN)/python -m pytest -n 2 --dist worksteal -q tests/sweep

docs: $(SETUP)
	$(BIN)/python -m local.documents

synth: $(SETUP)
	$(BIN)/python app.py

deploy: $(SETUP)
	$(BIN)/python -m infra.npm ci
	$(BIN)/python -m infra.npm exec -- cdk deploy --app "$(BIN)/python app.py" -c stage=$(STAGE)

format: $(SETUP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv node_modules cdk.out .build
