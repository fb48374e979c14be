# Homeward needs Python 3.11 or newer and make; everything else is brought along. Works with GNU make 3.81 (macOS).

VENV := .venv
STAMP := $(VENV)/installed
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest
UV := $(VENV)/lock-tool/bin/uv
ARGS ?=
UPGRADE ?=

.DEFAULT_GOAL := help
.PHONY: help run test walk check bench lock clean install browser styles

help:
	@echo "make run     start Homeward on this machine: http://127.0.0.1:8000 (PORT=9000 make run for another port)"
	@echo "make test    run the tests, on SQLite and on PostgreSQL (ARGS='-k words' to choose)"
	@echo "make walk    walk through the pages in a real browser, without and with a script, and look with axe"
	@echo "make check   format, lint, types, layers"
	@echo "make bench   measure the speed: every benchmark, and which goals are met (ARGS=list to choose)"
	@echo "make lock    write the locked dependencies anew after a change in pyproject.toml"
	@echo "make styles  make the stylesheet and the vendored scripts anew (needs npm)"
	@echo "make clean   remove the environment and caches; your data in var/ stays"

run: $(STAMP)
	@exec $(VENV)/bin/homeward up $(ARGS)

# One engine after the other, each with two processes that take the next file when they are done with one, so that both
# cores work until the end. Nothing chosen on PostgreSQL (exit code 5) is no failure: not every test touches the database.
WORKERS ?= 2
SHARED_OUT := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# Compiled once and kept: without it each of the processes that the tests start would compile the house anew.
unexport PYTHONDONTWRITEBYTECODE

test: $(STAMP) browser
	@echo "== SQLite: all tests, the walk through the pages in a browser among them"; \
	HOMEWARD_TEST_ENGINE=sqlite $(PYTEST) $(SHARED_OUT) $(ARGS); on_sqlite=$$?; \
	[ $$on_sqlite -ne 2 ] || exit 2; \
	echo "== PostgreSQL: the tests that touch the database"; \
	HOMEWARD_TEST_ENGINE=postgres $(PYTEST) $(SHARED_OUT) --ignore=tests/browser -m "engine and not browser" $(ARGS); on_postgres=$$?; \
	[ $$on_postgres -ne 5 ] || on_postgres=0; \
	if [ $$on_sqlite -ne 0 ]; then echo "== SQLite: failed (exit code $$on_sqlite)"; fi; \
	if [ $$on_postgres -ne 0 ]; then echo "== PostgreSQL: failed (exit code $$on_postgres)"; fi; \
	[ $$on_sqlite -eq 0 ] && [ $$on_postgres -eq 0 ]

# The part of the tests that needs a browser: every page of every role, with axe, and the stories.
walk: $(STAMP) browser
	HOMEWARD_TEST_ENGINE=sqlite $(PYTEST) $(SHARED_OUT) tests/browser $(ARGS)

# The tests in a real browser need one: found on this machine, or brought.
browser: $(STAMP)
	@$(PY) -m tests.browser.chromium

styles:
	@command -v npm >/dev/null || { echo "make styles needs npm; the files that it makes are committed, so the house runs without."; exit 1; }
	cd styles && npm install --no-audit --no-fund --silent && node build.mjs

check: $(STAMP)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(STAMP)
	@exec $(PY) -m benchmarks $(ARGS)

install: $(STAMP)

$(STAMP): $(PY) requirements/lock.txt pyproject.toml
	@echo "Installing the locked dependencies (once; a minute or two)"
	@# The lock is complete. Resolving it once more would let an older pip stumble over a release that came after it.
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input --no-deps --require-hashes -r requirements/lock.txt
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input --no-deps --no-build-isolation \
		--config-settings editable_mode=compat --editable .
	@$(PY) -m pip check -q
	@touch $@

$(PY):
	@python=; \
	for candidate in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3 python; do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
			python=$$candidate; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Homeward needs Python 3.11 or newer, and none was found. Install one, or name it: make PYTHON=/path/to/python3"; \
		exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "Python $$version is here, but without its venv and ensurepip modules." \
			"On Debian and Ubuntu: sudo apt install python$$version-venv"; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$($$python --version)"; \
	$$python -m venv --clear $(VENV)

lock: $(UV)
	$(LOCK) pyproject.toml requirements/build.in --extra dev --output-file requirements/lock.txt
	$(LOCK) pyproject.toml requirements/build.in --constraint requirements/lock.txt --output-file requirements/runtime.txt
	@! grep -nE '://|^-' requirements/lock.txt requirements/runtime.txt || { echo "A lock names an index or a file."; exit 1; }

LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --generate-hashes \
	--python-version 3.11 --python $(PY) --no-config $(UPGRADE)

$(UV): $(PY)
	@$(PY) -m venv $(VENV)/lock-tool
	@$(VENV)/lock-tool/bin/python -m pip install -qq --disable-pip-version-check 'uv>=0.9,<1'

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
