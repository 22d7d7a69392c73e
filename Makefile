# The commands of a developer. `make run` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
# uv installs in seconds; where it cannot, pip does the same from the same hashes.
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) \
	|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)

.PHONY: run test env lint types imports migrations bundle check format lock chaos bench bench-growth keys clean

run: $(VENV)/runtime
	@exec $(BIN)/python -m config.launch

test: $(VENV)/development
	@$(BIN)/python -m tests.e2e.chromium
	@$(BIN)/python -m pytest $(TESTS)

env: $(VENV)/development

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rapport needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12 run")'
	@echo "  environment              making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/runtime: requirements.txt | $(BIN)/uv
	@echo "  environment              installing packages"
	@$(call INSTALL,requirements.txt)
	@touch $@

$(VENV)/development: $(VENV)/runtime requirements-dev.txt
	@echo "  environment              installing tools for tests"
	@$(call INSTALL,requirements-dev.txt)
	@touch $@

lint: $(VENV)/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/development
	$(BIN)/mypy

imports: $(VENV)/development
	$(BIN)/lint-imports

migrations: $(VENV)/development
	@# Without a database Django warns that it cannot check the history, and compares models and files all the same.
	DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

bundle:
	scripts/check_bundle.sh

check: lint types imports migrations bundle

format: $(VENV)/development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(BIN)/uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes requirements-bench.in -o requirements-bench.txt

chaos: $(VENV)/development
	@# CHAOS_SCALE=1 for every promise in full, WRITE=1 for the table in docs/chaos.md, CHAOS="-k postgres" for one.
	@$(BIN)/python -m pytest --ds tests.chaos.settings -m chaos --capture=sys tests/chaos $(CHAOS)

bench: $(VENV)/development $(VENV)/peers/ready
	PEERS_PYTHON=$(VENV)/peers/bin/python $(BIN)/python -m benchmarks

# With ten million old step rows: takes some minutes, and 20 GB of disk meanwhile.
bench-growth: $(VENV)/development
	$(BIN)/python -m benchmarks --growth

# Other engines, apart from ours: one of them brings a database driver that Django would prefer.
$(VENV)/peers/ready: requirements-bench.txt | $(BIN)/uv
	$(PYTHON) -m venv $(VENV)/peers
	$(BIN)/uv pip install --quiet --python $(VENV)/peers/bin/python --require-hashes -r requirements-bench.txt
	@touch $@

keys: $(VENV)/runtime
	@$(BIN)/python -m config.data_dir

clean:
	rm -rf $(VENV) .data staticfiles
