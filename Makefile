# Two commands do everything on a bare clone:
#   make demo   virtual environment, installation, the main job on real data
#   make test   the same, then the tests
#
# PYTHON=python3.12 picks another interpreter.
# TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu takes torch (only torch) from another index,
# for instance the CPU-only build, which is much smaller than the default one on Linux.

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX_URL ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint install install-dev clean

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/.torch: constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(if $(TORCH_INDEX_URL),--index-url $(TORCH_INDEX_URL)) torch
	@touch $@

$(VENV)/.installed: $(VENV)/.torch pyproject.toml
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) --editable '.[dev]'
	@touch $@

demo: install
	$(BIN)/graftwork demo

test: install-dev demo
	$(BIN)/python -m pytest
	$(BIN)/python -m pytest --doctest-modules src/graftwork

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) demo-run
