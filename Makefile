# Two commands do everything on a fresh machine: `make demo` and `make test`. The other gates are in CONTRIBUTING.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# Tests of one file stay together: their fixtures are made once. Two, since a laptop and CI have two cores.
BOTH := -n 2 --dist loadfile

.PHONY: setup demo check test soak bench lock clean
.DELETE_ON_ERROR:

setup: $(STAMP)

# uv comes from PyPI when it is missing, into a small environment of its own: nothing is installed by hand.
$(STAMP): requirements.lock pyproject.toml verifier/pyproject.toml
	@set -e; uv=$$(command -v uv || true); \
	if [ -z "$$uv" ]; then \
	  [ -x .venv-uv/bin/uv ] || { $(PYTHON) -m venv .venv-uv && .venv-uv/bin/pip install --quiet uv; }; \
	  uv=.venv-uv/bin/uv; \
	fi; \
	[ -x $(BIN)/python ] || $$uv venv --quiet --python $$(command -v $(PYTHON)) $(VENV); \
	$$uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock; \
	$$uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . --editable ./verifier
	@touch $@

demo: setup
	@$(BIN)/kemiao demo

check: setup
	@$(BIN)/ruff format --check --quiet src verifier tests && $(BIN)/ruff check --quiet src verifier tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q $(BOTH) -m "not slow and not soak"

test: setup
	@$(BIN)/ruff check --quiet src verifier tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q $(BOTH) -m "not soak"

soak: setup
	@$(BIN)/pytest -q -m soak
	@$(BIN)/kemiao bench all

bench: setup
	@$(BIN)/kemiao bench all

# requirements.lock: versions and hashes, no download addresses.
lock:
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet -o requirements.lock

clean:
	rm -rf $(VENV) .venv-uv demo kemiao-home
