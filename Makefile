# Everything a developer or a newcomer types. Needs Python 3.11 or newer, git and make; the rest
# is installed into .venv, from the pinned and hashed requirements files.

.PHONY: up dev test test-browser-code tested-agents check soak agents pythons bench twin format requirements clean
checks := format lint types imports dependencies spelling client browser dashboard
.PHONY: $(addprefix check-,$(checks))
.DELETE_ON_ERROR:
.SUFFIXES:

# Settings of other projects must not reach this one's environment.
unexport PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_NO_DEPS PIP_DRY_RUN

PYTHONS ?= python3 python3.13 python3.12 python3.11 python3.14
python := .venv/bin/python
# The browser code: it is checked and tested on the Node that builds the dashboard.
browser_tools := tools/browser/node_modules
browser_code := . $(addprefix ../../,agent_runs/dashboard/browser tests/dashboard/browser assets)
node := .venv/bin/node --disable-warning=MODULE_TYPELESS_PACKAGE_JSON
biome := cd tools/browser && node_modules/.bin/biome check $(browser_code)
pip := $(python) -m pip install --quiet --require-hashes --no-input --disable-pip-version-check
compile := .venv/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make requirements'

# An environment that was moved, or whose Python was removed, is made anew.
ifneq ($(shell { $(python) -c 'import pip' && cat .venv/root; } 2>/dev/null),$(CURDIR))
.PHONY: $(python)
endif

up: .venv/installed  ## start everything; stop with Ctrl-C
	@exec $(python) -m agent_runs up

dev: .venv/installed  ## start everything; a part whose sources change starts again
	@exec $(python) scripts/develop.py

# A part of the tests is for someone at work: it begins at once and measures no coverage.
whole := $(if $(strip $(ARGS)),,yes)
# More than the usual two cores: many tests wait, for servers that start and agents that end.
workers := 3

test: .venv/installed-dev $(if $(whole),check test-browser-code tested-agents)  ## check and run all tests; ARGS="-k store": some tests
	@$(python) -m pytest -n $(workers) $(if $(whole),--cov --cov-report=,$(ARGS))

check: .venv/installed-dev  ## all checks, side by side; make check-types runs one
	@$(MAKE) --no-print-directory --keep-going --jobs $(addprefix check-,$(checks)) \
	  || { echo "A check failed, see above; 'make check' repeats them without tests." >&2; exit 1; }

$(addprefix check-,$(checks)): .venv/installed-dev

check-format:
	@.venv/bin/ruff format --quiet --diff .

check-lint:
	@.venv/bin/ruff check --quiet .

check-types:
	@.venv/bin/basedpyright --pythonpath $(python)

check-imports:
	@.venv/bin/lint-imports --no-cache >.venv/imports.txt || { cat .venv/imports.txt; exit 1; }

check-dependencies:
	@.venv/bin/deptry --no-ansi . 2>.venv/dependencies.txt || { cat .venv/dependencies.txt; exit 1; }

check-spelling:
	@.venv/bin/codespell

check-client:
	@$(python) scripts/blocking_client.py --check

check-browser: $(browser_tools)/.installed
	@$(biome)
	@$(python) scripts/openapi.py tools/browser/openapi.json
	@$(node) $(browser_tools)/openapi-typescript/bin/cli.js tools/browser/openapi.json \
		--output tools/browser/openapi.d.ts >/dev/null
	@$(node) $(browser_tools)/typescript/bin/tsc --project tools/browser

check-dashboard:
	@$(python) -c 'from agent_runs.dashboard.serving.launch import build; build()' \
		>.venv/dashboard.txt 2>&1 || { cat .venv/dashboard.txt; exit 1; }

test-browser-code: .venv/installed  ## tests of the browser code that needs no browser
	@$(node) --test --test-reporter=dot 'tests/dashboard/browser/*.test.js'

# The same tests as in `make test`, there in a short form; see tests/length.py.
soak: .venv/installed-dev  ## storms, kills and simulations, for hours; ARGS="-k kill"
	@TEST_LENGTH=long $(python) -m pytest -n 2 -m soak --timeout 7200 $(ARGS)

# The pinned agents of `make test`, into the user's cache; without a registry their tests are skipped.
tested-agents: .venv/installed-dev
	@$(python) -m tests.agents.install

agents: .venv/installed-dev  ## install today's coding agents into the cache, and try all scenarios
	@$(python) -m tests.agents.today $(ARGS)

pythons: .venv/installed-dev  ## every supported Python that is found here, in environments of its own
	@TEST_LENGTH=long $(python) -m pytest -m pythons -v -rs --timeout 7200 $(ARGS)

bench: .venv/installed-dev  ## measure speed; the table of docs/performance.md
	@$(python) -m bench $(ARGS)

twin: .venv/installed-dev  ## a twin of the hosted API to develop against; ARGS="--help"
	@exec $(python) -m tests.hosted_api_by_hand $(ARGS)

format: .venv/installed-dev $(browser_tools)/.installed  ## format the code and fix what can be fixed
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .
	$(python) scripts/blocking_client.py
	$(biome) --write

requirements: .venv/installed-dev  ## pin the newest versions that pyproject.toml allows
	$(compile) --upgrade pyproject.toml --output-file requirements.txt
	$(compile) --upgrade --group dev --constraints requirements.txt \
		--output-file requirements-dev.txt
	$(compile) --upgrade --no-annotate tests/official/requirements.in \
		--output-file tests/official/requirements.txt
	echo 'codegen==0.57.0' | $(compile) --python-version 3.12 --no-deps --no-header - \
		>>tests/official/requirements.txt

clean:  ## remove what was installed and built; runs and settings stay
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage* htmlcov
	rm -rf .web .web.lock .states assets/external $(browser_tools)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(python):
	@rm -rf .venv; found=; \
	for name in $(PYTHONS); do \
	  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  found="$$found $$name"; \
	  "$$name" -c 'import ensurepip, venv' 2>/dev/null || continue; \
	  "$$name" -m venv .venv && pwd >.venv/root && exit 0; \
	  rm -rf .venv; \
	done; \
	if [ -n "$$found" ]; then \
	  echo "$$found cannot make a virtual environment. On Debian and Ubuntu this helps:" >&2; \
	  echo "  sudo apt install python3-venv" >&2; \
	else \
	  echo "Python 3.11 or newer is needed, and none of these is: $(PYTHONS)." >&2; \
	  echo "Install one, or name yours: make PYTHONS=/path/to/python3.12" >&2; \
	fi; exit 1

# The command `agent-runs` of the environment runs this folder, so an edit needs no new install.
.venv/installed: requirements.txt $(python)
	@echo "Installing what agent-runs needs into .venv (once) ..."
	@$(pip) -r requirements.txt
	@$(python) -c 'import os, site; \
	  open(os.path.join(site.getsitepackages()[0], "agent_runs.pth"), "w").write(os.getcwd())'
	@printf '#!/bin/sh\nexec "%s/.venv/bin/python" -P -m agent_runs "$$@"\n' "$$PWD" \
	  >.venv/bin/agent-runs && chmod +x .venv/bin/agent-runs
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@echo "Installing what the tests need into .venv (once) ..."
	@$(pip) -r requirements.txt -r requirements-dev.txt
	@touch $@

# What checks the browser code, on the Node that builds the dashboard.
$(browser_tools)/.installed: tools/browser/package-lock.json .venv/installed
	@echo "Installing what checks the browser code (once) ..."
	@# With the certificates that everything else on this machine trusts, as behind a company proxy.
	@cd tools/browser && PATH="$(CURDIR)/.venv/bin:$$PATH" NODE_USE_SYSTEM_CA=1 \
		npm ci --loglevel=error
	@touch $@
