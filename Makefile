# QLOP: make run | test | lint | check | bench | demo | lock | clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip --quiet
LOCK_OPTIONS := --generate-hashes --no-header --no-emit-index-url --no-annotate --universal --python-version 3.11 --quiet

.PHONY: run demo test lint check bench lock clean
.DEFAULT_GOAL := run

run: $(VENV)/installed-run
	$(BIN)/qlop ui --demo

demo: $(VENV)/installed-run
	$(BIN)/qlop demo

test: $(VENV)/installed-test system-packages
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

bench: $(VENV)/installed-test $(VENV)-peers/installed system-packages
	QLOP_PEERS_PYTHON=$(abspath $(VENV)-peers/bin/python) $(BIN)/python -m pytest tests/benchmarks -o addopts= -v --benchmark-sort=name --benchmark-columns=min,median,rounds

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "QLOP needs Python 3.11 or newer; $(PYTHON) is older or missing. Call: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "$(PYTHON) cannot make environments. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed-run: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Where the pinned CPU build of PyTorch cannot be had, the newest of the registry is as good, and may be large.
$(VENV)/installed-test: requirements-test.lock requirements-torch.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements-test.lock
	$(PIP) install --require-hashes --no-deps --requirement requirements-torch.lock || $(PIP) install "torch>=2.6"
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/installed-run

$(VENV)-peers/installed: requirements-bench.lock
	$(PYTHON) -m venv $(VENV)-peers
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(VENV)-peers/bin/python -m pip --quiet install --require-hashes --requirement requirements-bench.lock
	@touch $@

.PHONY: system-packages
system-packages:
	@sh tests/system_packages.sh

# Needs uv (https://docs.astral.sh/uv); only for those who change dependencies.
lock:
	uv pip compile pyproject.toml --group build $(LOCK_OPTIONS) --output-file requirements.lock
	uv pip compile pyproject.toml --extra postgres --group build --group test $(LOCK_OPTIONS) --constraints requirements.lock --output-file requirements-test.lock
	uv pip compile --group bench $(LOCK_OPTIONS) --output-file requirements-bench.lock

clean:
	rm -rf $(VENV) $(VENV)-peers build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
