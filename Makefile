# make demo [PHOTO=photo.jpg]  enlarge a photo          make test   the tests
# make check                   format, lint, types      make bench  speed and memory of this machine
# make docs                    the pages that commands and models' cards write

PYTHON ?= python3
BIN := .venv/bin
PHOTO ?=
ARGUMENTS ?=

.PHONY: demo test check bench docs clean

$(BIN)/python:
	$(PYTHON) -m venv .venv

.venv/demo: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	@touch $@

.venv/dev: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: .venv/demo
	@$(BIN)/python examples/demo.py $(PHOTO)

test: .venv/dev
	$(BIN)/python -m pytest

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev
	$(BIN)/python benchmarks/measure.py $(ARGUMENTS)

docs: .venv/dev
	$(BIN)/python docs/reference.py
	$(BIN)/python docs/cards.py
	$(BIN)/python docs/degradations.py

clean:
	rm -rf .venv build dist
