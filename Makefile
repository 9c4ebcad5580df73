# make demo | make lab | make test | make fast | make check : each creates what it needs.
# Needs Python 3.10-3.12 and make.
PYTHON ?= python3
ENV := .venv
BIN := $(ENV)/bin
UV := .uv/bin/uv
UV_WANTED := "uv>=0.9,<1"
READY := $(ENV)/.ready
PYTEST_ARGS ?=
# In a container one is root, where Jupyter asks to be told that this is meant.
LAB_ARGS ?= $(if $(filter 0,$(shell id -u)),--allow-root)
SPOKEN = $$($(BIN)/python -c 'from paddle_lab.i18n import current_language; print(current_language())')

# Set in many containers: every process that a test starts would then compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

# A file at a time: tests of one file share a kernel or a server. More processes than two cores, as tests
# wait for others; one of them has the browser's (tests/browser_apart.py).
WORKERS ?= 4
PARALLEL = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
QUICK = -m "not slow and not browser and not network"
# Tests that build broken environments use the uv that made this one.
PYTEST = PATH="$(CURDIR)/.uv/bin:$$PATH" $(BIN)/python -m pytest

.PHONY: help demo lab test fast t check docs lock release bench clean

help:
	@echo "make demo      fine-tune, export and verify a Chinese classifier, in the terminal"
	@echo "make lab       open JupyterLab on the welcome notebook (PADDLE_LAB_LANG=zh or en)"
	@echo "make fast      the fast tests;  make t R=runs  those of one package"
	@echo "make check     lint, types, and the front end's lint, types and unit tests"
	@echo "make test      all tests"
	@echo "make docs      build the documentation into site/"
	@echo "make lock      resolve requirements/dev.in anew;  make release  build and check what is published"

demo: $(READY)
	$(BIN)/python -m paddle_lab.demo

lab: $(READY)
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/welcome_$(SPOKEN).ipynb $(LAB_ARGS)

test: $(READY)
	$(PYTEST) $(PARALLEL) --hypothesis-profile=thorough $(PYTEST_ARGS)

fast: $(READY)
	$(PYTEST) $(QUICK) $(PARALLEL) $(PYTEST_ARGS)

# One package's fast tests in one process: make t R=runs, make t R=runs/test_state.py
t: $(READY)
	$(PYTEST) $(QUICK) tests/$(R) $(PYTEST_ARGS)

# What is quickest to fail comes first.
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/make_notebooks.py --check
	$(BIN)/python tools/options_page.py --check
	$(BIN)/python tools/errors_page.py --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/develop.py --check

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

release: $(READY)
	$(BIN)/python tools/release.py

# The environment: uv in a corner of its own, locked versions, the package and its lab extension.
$(READY): requirements/lock.txt setup.py pyproject.toml labextension/package.json $(UV)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' || \
	  { echo "Python 3.10, 3.11 or 3.12 is needed; choose one with: make PYTHON=python3.11 ..."; exit 1; }
	$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(ENV)
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements/lock.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python tools/develop.py
	@touch $@

$(UV):
	@$(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet --disable-pip-version-check $(UV_WANTED) \
	  || { rm -rf .uv; $(PYTHON) -m pip install --quiet --disable-pip-version-check --target .uv $(UV_WANTED); } \
	  || { rm -rf .uv; echo "uv could not be installed. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

lock: $(UV)
	$(UV) pip compile --quiet --universal --python-version 3.10 --no-emit-index-url --no-header \
	  --no-annotate requirements/dev.in --output-file requirements/lock.txt

bench: $(READY)
	@for file in benchmarks/*.py; do echo "$(BIN)/python $$file"; done

clean:
	rm -rf $(ENV) .uv build dist site *.egg-info paddle_lab/labextension labextension/node_modules
