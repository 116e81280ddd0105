# Builds, tests and documents scratchbird in .venv, which `make build` makes.
#
#   make build    the package, its development tools and the development server in .venv
#   make demo     the examples, on a development server
#   make test     every test, Rust and Python
#   make test-live  the tests that suit any server, on the one of SCRATCHBIRD_TEST_DSN
#   make test-sqlalchemy  SQLAlchemy's own suite, with each SQLAlchemy that the dialect is for
#   make test-pandas  pandas' own tests of SQL, through SQLAlchemy
#   make test-long  the long loops, and every byte of the exchanges that are cut, at full size; logs what they measured
#   make lint     formatters, linters and type checkers
#   make bench    the benchmarks, on a release build; ONLY=name runs one workload
#   make instructions  counts the instructions of the decode loop with valgrind, and compares them with those kept
#   make docs     the documentation, in site/
#   make clean    removes what the targets above made, except cargo's target folder
#
# Settings: PYTHON (python3), PROFILE (quick; release for measuring), CARGO_TARGET_DIR (target), PROCESSES (3, of the
# Python tests, each with a development server of its own; they wait more than they work).

PYTHON ?= python3
PROFILE ?= quick
PROCESSES ?= 3
VENV := .venv
BIN := $(VENV)/bin
TARGET := $(or $(CARGO_TARGET_DIR),target)

DEV := $(VENV)/.dev
EXTENSION := $(VENV)/.extension-$(PROFILE)
SERVER := $(VENV)/.server-$(PROFILE)

WORKSPACE := Cargo.toml Cargo.lock
EXTENSION_SOURCES := $(shell find rust/wire rust/client rust/columns rust/vectors rust/python -name '*.rs' -o -name Cargo.toml)
SERVER_SOURCES := $(shell find rust/wire rust/devserver -name '*.rs' -o -name Cargo.toml)

export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_QUIET := 1

.PHONY: build demo test test-rust test-python test-live test-long test-pandas test-sqlalchemy lint lint-rust lint-python bench instructions docs clean tools
.DELETE_ON_ERROR:

build: $(DEV) $(EXTENSION) $(SERVER)

# What must be on the machine beforehand, each with the way to get it.
tools:
	@command -v cargo >/dev/null || { \
	  echo "make: cargo is missing. Install Rust 1.88 or newer: https://rustup.rs, or 'brew install rust'." >&2; exit 1; }
	@command -v cc >/dev/null || { \
	  echo "make: a C compiler is missing. 'apt install build-essential', or on macOS 'xcode-select --install'." >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null || { \
	  echo "make: $(PYTHON) is missing. Install Python 3.8 or newer ('apt install python3', 'brew install python')," \
	       "or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 8))' || { \
	  echo "make: $(PYTHON) is older than Python 3.8; name a newer one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "make: $(PYTHON) has no venv and pip. 'apt install python3-venv', or use another: make PYTHON=..." >&2; exit 1; }

$(BIN)/python: | tools
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet 'maturin>=1.7,<2'

# The tools of the extra `dev`; maturin reads them from pyproject.toml and builds the extension on the way.
$(DEV): pyproject.toml | $(BIN)/python
	$(BIN)/maturin develop --quiet --profile $(PROFILE) --extras dev
	@rm -f $(VENV)/.extension-* && touch $(EXTENSION) $@

$(EXTENSION): $(EXTENSION_SOURCES) $(WORKSPACE) $(DEV)
	$(BIN)/maturin develop --quiet --profile $(PROFILE)
	@rm -f $(VENV)/.extension-* && touch $@

$(SERVER): $(SERVER_SOURCES) $(WORKSPACE) | $(BIN)/python
	cargo build --quiet --package scratchbird-devserver --profile $(PROFILE)
	install -m 755 $(TARGET)/$(PROFILE)/scratchbird-devserver $(BIN)/scratchbird-devserver
	@rm -f $(VENV)/.server-* && touch $@

demo: build
	$(BIN)/python examples/demo.py

test: test-rust test-python

# The development server's tests start the PostgreSQL that is in .venv.
test-rust: build
	cargo test --workspace
	cargo check --quiet --manifest-path rust/wire/fuzz/Cargo.toml --target-dir $(TARGET)/fuzz

# SQLAlchemy's suite brings a pytest plug-in of its own, so that it runs by itself; here a part of it.
test-python: build
	$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist loadfile
	$(BIN)/python -m tests.sqlalchemy.run -q -k "$(SQLALCHEMY_PART)"

SQLALCHEMY_PART := InsertBehavior or Returning or RowFetch or ComponentReflectionTestExtra or Integer or JSONTest or ServerSideCursors

test-pandas: build
	$(BIN)/python -m tests.frames.pandas_suite.run

# Each in an environment of its own under .venv, with what `make build` has built.
SQLALCHEMY_VERSIONS := 1.4 2.0 2.1
test-sqlalchemy: build $(SQLALCHEMY_VERSIONS:%=test-sqlalchemy-%)
test-sqlalchemy-%: build
	test -x $(VENV)/sqlalchemy-$*/bin/python || $(BIN)/python -m venv $(VENV)/sqlalchemy-$*
	$(VENV)/sqlalchemy-$*/bin/python -m pip install --pre 'sqlalchemy==$*.*' 'pytest>=8,<9' greenlet typing_extensions
	$(BIN)/python -m tests.sqlalchemy.run --python $(CURDIR)/$(VENV)/sqlalchemy-$*/bin/python --driver sync -q
	$(BIN)/python -m tests.sqlalchemy.run --python $(CURDIR)/$(VENV)/sqlalchemy-$*/bin/python --driver asyncio -q

# Against the server of SCRATCHBIRD_TEST_DSN, whatever it is; what is made there is dropped again.
test-live: build
	@test -n "$$SCRATCHBIRD_TEST_DSN" || { \
	  echo "make: say which server: SCRATCHBIRD_TEST_DSN=scratchbird://user:password@host:3092/database make test-live" >&2; \
	  exit 1; }
	$(BIN)/python -m pytest tests/live

test-long: build
	SCRATCHBIRD_TEST_LONG=1 SCRATCHBIRD_TEST_EVERY_BYTE=1 $(BIN)/python -m pytest --log-cli-level=INFO --durations=20 \
	  tests/faults/test_flat.py tests/faults/test_every_byte.py tests/pipeline/test_large.py

lint: lint-rust lint-python

lint-rust: | tools
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

lint-python: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/stubtest scratchbird._core

# What the measurements need, and no development tools. The peers are fetched while the servers are built.
bench: tools | $(BIN)/python
	$(BIN)/python -m pip install --quiet --requirement benchmarks/requirements.txt & peers=$$!; \
	  cargo build --quiet --release --package scratchbird-devserver --package scratchbird-bench-servers; built=$$?; \
	  wait $$peers && exit $$built
	$(BIN)/maturin develop --quiet --profile release
	install -m 755 $(TARGET)/release/scratchbird-devserver $(BIN)/scratchbird-devserver
	@rm -f $(VENV)/.extension-* $(VENV)/.server-* && touch $(VENV)/.extension-release $(VENV)/.server-release
	$(if $(ONLY),,$(BIN)/python benchmarks/wakeup.py)
	$(BIN)/python -m benchmarks --servers $(TARGET)/release/scratchbird-bench-servers $(if $(ONLY),--only $(ONLY))

instructions:
	@command -v valgrind >/dev/null || { echo "make: valgrind is missing. 'apt install valgrind'." >&2; exit 1; }
	$(MAKE) build PROFILE=release
	cargo build --quiet --package scratchbird-bench-servers --release
	$(BIN)/python -m pip install --quiet pyarrow
	$(BIN)/python -m benchmarks.instructions --servers $(TARGET)/release/scratchbird-bench-servers

docs: build
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis scratchbird/_core*.so scratchbird/_core*.pyd
	find scratchbird tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
