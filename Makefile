# The commands of a day's work; `make help` lists them. They need Python 3.11 or newer, make and git.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
# The packages to install; on a machine with an NVIDIA GPU: make env LOCK=requirements/gpu.txt
LOCK ?= requirements/cpu.txt
# FULL=1 lets the demo train what it would otherwise take ready-made.
FULL ?=
# How many tests run at a time: one a core, and not more than the memory holds.
WORKERS ?= -n auto --maxprocesses 4
# How much of the paper `make reproduce` does: quick or full.
TIER ?= quick

BIN := .venv/bin
OWN_UV := .cache/uv/bin/uv
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv || echo $(OWN_UV))
export UV_HTTP_TIMEOUT ?= 300
# Images of Python often set it; then every process compiles what it imports anew, torch among it, and starts in
# twice the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help env demo reproduce test check docs lock

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

env: .venv/installed ## make the environment in .venv from the lock; does nothing while both fit

demo: env ## build, fine-tune, unlearn and evaluate in small (FULL=1: train everything)
	$(BIN)/bench demo $(if $(FULL),--full)

reproduce: env ## the paper in small, its document into docs/ (TIER=full: for hours)
	$(BIN)/bench reproduce mini --tier $(TIER) --document docs/mini-reproduction.md

# Each worker has a core to itself; which slow tests share a worker says tests/grouped.py.
test: export OMP_NUM_THREADS = 1
test: env ## run all tests, the fast ones first
	@echo "The fast tests, several at a time"
	$(BIN)/python -m pytest -q $(WORKERS)
	@echo "The slow tests, several at a time; the longest are told at the end"
	$(BIN)/python -m pytest -q $(WORKERS) --dist loadfile --no-loadscope-reorder -m slow --durations 15

check: env ## format, lint, types, the rooms' import directions, the code's shapes, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -s tests/test_shapes.py tests/test_docs.py tests/test_docs_site.py

docs: env ## the documentation as a site, in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

lock: | $(UV) ## resolve the locks in requirements/ anew, after a change of pyproject.toml or an .in file
	$(UV) pip compile -q pyproject.toml requirements/cpu.in --extra train --extra ray --extra dev \
	  --override requirements/overrides.txt --python-version 3.11 \
	  --python-platform x86_64-unknown-linux-gnu --no-annotate --no-header -o requirements/cpu.txt
	$(UV) pip compile -q pyproject.toml requirements/gpu.in --extra train --extra dev \
	  --python-version 3.11 \
	  --python-platform x86_64-unknown-linux-gnu --no-annotate --no-header -o requirements/gpu.txt

.venv/installed: $(LOCK) pyproject.toml | $(UV)
	@$(PYTHON) -c 'import sys; sys.exit("make env: Python 3.11 or newer is needed; name one with PYTHON=..." if sys.version_info < (3, 11) else 0)'
	[ -x $(BIN)/python ] || $(UV) venv -q --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	$(UV) pip install -q --python $(BIN)/python --no-deps -r $(LOCK) -e .
	@touch $@

$(OWN_UV):
	@{ $(PYTHON) -m venv .cache/uv && .cache/uv/bin/python -m pip install -q uv; } \
	  || $(PYTHON) -m pip install -q --target .cache/uv uv \
	  || { echo "make env: uv is not here and cannot be installed; install uv, or Python's venv or pip" >&2; exit 1; }
