# What to do first: `make demo`. Each target works as the first command on a fresh machine.

PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/.installed
DEVELOP := $(VENV)/.develop
PIP_INSTALL := $(VENV)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
# Builds run apart from what is installed, and have to be told their versions by themselves.
BUILD := --build-constraint constraints.txt
# What builds the package, and what that asks for once it is told to build an editable one.
BUILDERS := hatchling editables
LISTED := $(filter-out .%,$(wildcard src tests benchmarks examples))

.DEFAULT_GOAL := help
.PHONY: help demo up install test check format pictures chromium ffmpeg constraints clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: $(INSTALLED) ## draw 60 short videos, take them in, and serve the feed
	$(VENV)/bin/coldreel demo $(ARGS)

up: ## the same on your own videos: make up VIDEOS=/path/to/folder
	@test -n "$(VIDEOS)" || { echo "Say which videos: make up VIDEOS=/path/to/folder" >&2; exit 2; }
	@$(MAKE) --no-print-directory $(INSTALLED)
	$(VENV)/bin/coldreel up "$(VIDEOS)" $(ARGS)

install: $(INSTALLED) ## make .venv with coldreel in it
	@echo "Ready: $(VENV)/bin/coldreel --help"

test: chromium ffmpeg check ## check, then the unit, integration and browser tests
	@temporary=$$(mktemp -d) && trap 'rm -rf "$$temporary"' EXIT && \
	$(VENV)/bin/python -m pytest --numprocesses 3 --dist loadfile --basetemp "$$temporary/t" $(ARGS)

pictures: chromium $(DEVELOP) ## take the picture in the README anew
	SCREENSHOTS=build/pictures $(VENV)/bin/python -m pytest tests/browser -k take_pictures
	cp build/pictures/feed.webp docs/feed.webp

check: $(DEVELOP) ## formatting, lint and types
	$(VENV)/bin/ruff format --check $(LISTED)
	$(VENV)/bin/ruff check $(LISTED)
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy tests/integration      # apart, because each folder has a conftest of its own
	$(VENV)/bin/mypy tests/browser

format: $(DEVELOP) ## put the code into its form
	$(VENV)/bin/ruff check --fix $(LISTED)
	$(VENV)/bin/ruff format $(LISTED)

constraints: $(VENV)/.made ## resolve every dependency anew and pin it in constraints.txt
	fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && \
	$(PYTHON) -m venv "$$fresh" && \
	"$$fresh/bin/python" -m pip install --quiet --upgrade pip && \
	"$$fresh/bin/python" -m pip install --quiet . --group dev $(BUILDERS) && \
	"$$fresh/bin/python" -m pip freeze --all --exclude coldreel --exclude setuptools | sed -n 's/+cpu$$//; /==/p' > constraints.txt

clean: ## remove .venv and what the tools left
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache

$(INSTALLED): pyproject.toml constraints.txt | $(VENV)/.made
	$(PIP_INSTALL) pip
	$(PIP_INSTALL) $(BUILD) --editable .
	@touch $@

$(DEVELOP): pyproject.toml constraints.txt | $(VENV)/.made
	$(PIP_INSTALL) pip
	$(PIP_INSTALL) $(BUILD) --editable . --group dev
	@touch $(INSTALLED) $@

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no $(PYTHON). Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python …" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "coldreel needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)." >&2; \
	  echo "Name another: make PYTHON=/path/to/python …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu:" >&2; \
	  echo "  apt install python3-venv        (or python$$version-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The browser tests drive Debian's Chromium, and upright pictures are held against the command ffmpeg; nothing is
# downloaded from elsewhere.
chromium ffmpeg:
	@if command -v $@ || command -v $@-browser; then exit 0; fi >/dev/null; \
	if [ "$$(id -u)" = 0 ] && grep -qs '^ID=debian' /etc/os-release; then \
	  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $@ && exit 0; \
	fi; \
	echo "Some tests need $@: sudo apt install $@" >&2; \
	if [ "$$CI" = true ]; then exit 1; fi; \
	echo "They are skipped without it." >&2
