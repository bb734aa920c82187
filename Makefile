# make demo [PHOTO=photo.jpg]  enlarge a photo          make bench     speed and memory of this machine
# make test                    tests of a few minutes   make test-all  all tests
# make check                   format, lint, types      make docs      the generated pages

PYTHON ?= python3
BIN := .venv/bin
PHOTO ?=
ARGUMENTS ?=
# One more than cores: tests wait for browsers and other processes a third of the time.
WORKERS := $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

.PHONY: demo test test-all check bench docs clean

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
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow"

test-all: test
	$(BIN)/python -m pytest -m slow

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev
	$(BIN)/python -m benchmarks.measure $(ARGUMENTS)

docs: .venv/dev
	$(BIN)/python -m docs.generators.cli_page
	$(BIN)/python -m docs.generators.model_pages
	$(BIN)/python -m docs.generators.degradations_page
	$(BIN)/python -m docs.generators.code_tree

clean:
	rm -rf .venv build dist
