# make run     the app, on the names and the model that come with it
# make test    format, lint, types, tests
# make coverage  the tests, and which lines none of them reaches
# make stress  kills, faults and hostile input at length, with counts; some minutes
# make pictures  the pictures in docs/, from the real app
# make bench   every figure that is claimed, side by side with its peers; ARGS="start" for some, "--full" for all
#
# The first call makes a virtual environment in .venv; PYTHON=... chooses the interpreter for it.

PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
BIN := .venv/bin

.PHONY: run test coverage stress check bench pictures clean

run: .venv/.ready
	@$(BIN)/namecls-tui $(ARGS)

test: check
	@scripts/test

coverage: .venv/.ready-for-tests
	@scripts/test --cov --cov-report=term-missing:skip-covered $(ARGS)

stress: .venv/.ready-for-tests
	@scripts/stress $(ARGS)

check: .venv/.ready-for-tests
	@scripts/check

bench: .venv/.ready-for-bench
	@$(BIN)/python -m bench $(ARGS)

# The pictures in docs/, from the real app
pictures: .venv/.ready
	@$(BIN)/python scripts/pictures.py
	@$(BIN)/python scripts/moving_picture.py

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/pip:  # which is there last: a setup that was interrupted begins again
	@test -n "$(PYTHON)" || { echo "namecls needs Python 3.11 or newer; none was found. Say where it is: make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv --clear .venv

.venv/.ready: pyproject.toml constraints.txt | .venv/bin/pip
	@echo "Setting up .venv, once; PyTorch is large, this can take some minutes ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

# All in one call; of its modules those are compiled that the tests import, when they do.
.venv/.ready-for-tests: pyproject.toml constraints.txt | .venv/bin/pip
	@echo "Setting up .venv for the tests, once; PyTorch is large, this can take some minutes ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e '.[dev]'
	@touch .venv/.ready $@

.venv/.ready-for-bench: .venv/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@
