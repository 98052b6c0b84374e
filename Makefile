PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench clean

$(BIN)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

demo: $(BIN)/.installed  ## the call events of a real attended transfer
	$(BIN)/cacofonisk replay marbles/recordings/ast22/attended_transfer_by_caller.jsonl

test: $(BIN)/.installed  ## all tests
	$(BIN)/pytest -q

lint: $(BIN)/.installed  ## formatting, lint, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(BIN)/.installed  ## one table of how fast it is; BENCHMARKS.md tells what its rows mean
	$(BIN)/python benchmarks/table.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
