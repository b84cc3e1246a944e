# On a fresh machine two commands do all: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
JOBS ?= 2
SEED ?= 1

.PHONY: fuzz setup soak threats run serve system test lint bench lock clean

setup: $(VENV)/.runtime

# uv installs what the lock names, hash by hash; it comes from pip, so that only Python is asked for.
$(VENV)/.uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	touch $@

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/.uv
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps -e .
	$(BIN)/python -m compileall -q nightdex indexer search_api index_store model_chain
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements-dev.lock
	touch $@

# What npm holds and tests need: the accessibility checker, the extension's toolchain. Without npm those tests say so and are left out.
NODE_FOLDERS := tests/ui integrations/vscode
NODE_MODULES := $(NODE_FOLDERS:=/node_modules/.package-lock.json)

$(NODE_MODULES): %/node_modules/.package-lock.json: %/package-lock.json
	@if command -v npm >/dev/null; then cd $* && npm ci --no-audit --no-fund --silent; \
	  else echo "no npm: the tests that need $*/node_modules are left out"; fi

# The tools of other people that some tests drive, on Debian, as root. Elsewhere: tests without theirs are left out.
system:
	@missing=""; \
	for pair in chromium:chromium nvim:neovim node:nodejs npm:npm rg:ripgrep systemd-analyze:systemd logger:bsdutils; do \
	  command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair##*:}"; done; \
	if [ -n "$$missing" ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	fi

run: setup
	$(BIN)/nightdex run
	$(BIN)/nightdex search "which files are left out of the index and why" --limit 3
	$(BIN)/nightdex search "GenerationWriter.publish" --limit 3

serve: setup
	$(BIN)/nightdex serve

test: $(VENV)/.dev $(NODE_MODULES)
	$(BIN)/pytest -n $(JOBS)

# Thousands of made-up requests, by the OpenAPI document, in about ten minutes; `make test` makes a thousand. SEED=2 makes others.
fuzz: $(VENV)/.dev
	NIGHTDEX_FUZZ_EXAMPLES=300 NIGHTDEX_FUZZ_SEED=$(SEED) $(BIN)/pytest -q -s tests/integration/search/test_openapi.py

# What tests/faults lives through in short, at length: half an hour, bounded. SOAK=--json for a machine.
soak: $(VENV)/.dev
	$(BIN)/python -m tests.soak $(SOAK)

# Each defence of docs/THREATS.md taken away in a copy, and its tests run. THREATS="--only urls.toml" for some of them.
threats: $(VENV)/.dev
	$(BIN)/python -m tests.threats $(THREATS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

lock: $(VENV)/.uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --group dev -o requirements-dev.lock

clean:
	rm -rf $(VENV) .state .mypy_cache .ruff_cache .pytest_cache
