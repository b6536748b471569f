# `make help` lists the words.
.DEFAULT_GOAL := help
.PHONY: run demo assets texts test test-ci test-slow bench docs wheel fast-wheel lock clean help
SHELL := /bin/bash
# Without compiled files every service that a test starts compiles all sources anew: a second of work each time.
unexport PYTHONDONTWRITEBYTECODE

# The first Python that is new enough; PYTHON=/path/to/python overrides.
PYTHON := $(or $(PYTHON),$(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done))
BIN := .venv/bin
READY := .venv/.ready
# A package folder that is not there yet is left out, not an error.
PACKAGES = $(patsubst %/__init__.py,%,$(wildcard $(addsuffix /__init__.py,callcenter routing sim api scenarios)))

run: $(READY) ## simulate the shipped day and write its report to out/
	$(BIN)/callcenter simulate telecom-hotline --out out/telecom-hotline

demo: $(READY) ## serve the flagship's day at http://127.0.0.1:8080, to look at the pages
	-$(MAKE) --no-print-directory assets
	$(BIN)/callcenter serve --demo

assets: $(READY) ## fetch the few scripts of others that live pages use, by npm
	@command -v npm >/dev/null || { if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "adding npm"; apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends npm >/dev/null; fi; }
	$(BIN)/python -m api.pages.assets

texts: $(READY) ## bring the catalogues of translations up to date
	$(BIN)/python -m api.pages.i18n
	$(BIN)/python -m callcenter.language
	$(BIN)/python -m callcenter.cli.help_texts

test: $(READY) ## style, types, import contracts and the tests (the quick ones)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict $(PACKAGES)
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 -m "not slow and not ci"

test-ci: $(READY) ## tests with real servers, real wheels and other processes
	$(call add_parts,deploy/apt-packages-ci.txt)
	$(MAKE) --no-print-directory assets
	$(BIN)/pytest -m ci || { [ $$? = 1 ] && echo "What failed is run once more, alone. What passes only now is a race: mend it." && \
		$(BIN)/pytest -m ci --last-failed --last-failed-no-failures none; }

test-slow: $(READY) ## long property searches and statistical proofs
	$(BIN)/pytest -n 2 -m slow --hypothesis-profile=slow

bench: $(READY) ## measure; prints ratios
	$(BIN)/python -m benchmarks

docs: $(READY) ## build the pages and the reference of every module into build/docs
	$(BIN)/python -m docs.site

wheel: $(READY) ## build dist/*.whl
	$(BIN)/python -m hatchling build -t wheel

fast-wheel: $(READY) ## the same with the engine compiled for this machine: needs a C compiler, and minutes
	HATCH_BUILD_HOOK_ENABLE_CUSTOM=true $(BIN)/python -m hatchling build -t wheel

lock: .venv-lock/bin/uv ## pin what pyproject.toml asks for, hashes and all (UPGRADE=1 takes the newest)
	.venv-lock/bin/uv pip compile --quiet --all-extras --universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --no-emit-index-url --no-header $(if $(UPGRADE),--upgrade) -o requirements.lock pyproject.toml

clean: ## remove everything that make made
	rm -rf .venv .venv-lock build dist out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# Kept between changes of the lock; `make clean` starts anew.
$(READY): pyproject.toml requirements.lock
	$(call new_venv,.venv)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check --disable-pip-version-check
	@touch $@

.venv-lock/bin/uv:
	$(call new_venv,.venv-lock)
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14'

# Debian ships python3 without venv. As root we add it; otherwise we say how.
define new_venv
	@test -n "$(PYTHON)" || { echo "callcenter needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11, or does not start: say make PYTHON=/path/to/a/newer/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		package=$$("$(PYTHON)" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "adding $$package"; apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y "$$package" >/dev/null; \
		else echo "$(PYTHON) has no venv: install it first (on Debian: sudo apt-get install $$package)" >&2; exit 1; fi; }
	"$(PYTHON)" -m venv $(1)
endef

# Real parts for the tests, from Debian: as root we add what is missing; otherwise we say how, and tests skip by name.
define add_parts
	@missing=$$(for package in $$(grep -v '^#' $(1)); do dpkg -s "$$package" >/dev/null 2>&1 || echo "$$package"; done); \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "adding" $$missing; apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y $$missing >/dev/null; \
		else echo "for every test: sudo apt-get install" $$missing >&2; fi; fi
endef
