# Breeze. Each goal first installs what it lacks from the distribution's packages (tools/deps.sh says
# what and why); CMake does the work. `make help` lists the goals.

PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
MICROPYTHON_LIB ?= $(HOME)/.micropython/lib

.DEFAULT_GOAL := build
.PHONY: help build demo test faults interop bench size fuzz format doc install install-micropython clean

help: ## this list
	@echo 'make GOAL, where GOAL is one of'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
	    while IFS='|' read -r goal text; do printf '  %-20s %s\n' "$$goal" "$$text"; done
	@echo 'Variables: PREFIX, DESTDIR (install), MICROPYTHON_LIB (install-micropython),'
	@echo '  FUZZ_SECONDS (fuzz, per target), PERIPHERAL, CENTRAL (demo: transports, see README.md),'
	@echo '  BREEZE_TRIXIE, BREEZE_VENV, BREEZE_LINUX (tools/deps.sh: what is already there).'

build: ## the library, the virtual air and the MicroPython module, release, in build/release
	@tools/deps.sh build
	@tools/configure.sh release
	@cmake --build --preset release

demo: ## two stock MicroPython programs talk over the virtual air [PERIPHERAL=... CENTRAL=...]
	@tools/deps.sh demo
	@tools/configure.sh release
	@cmake --build --preset release -- --quiet
	@python3 tools/demo.py --build build/release \
	    $(if $(PERIPHERAL),--peripheral '$(PERIPHERAL)') $(if $(CENTRAL),--central '$(CENTRAL)')

test: ## everything that proves Breeze; JUnit XML in build/test-results
	@tools/deps.sh test
	@python3 tests/run.py $(if $(SUITES),--only $(SUITES))

faults: ## every fault at every point of the scenarios in tests/fault
	@tools/deps.sh test
	@tools/configure.sh sanitize
	@cmake --build --preset sanitize --target fault fault_eatt fault_signing
	@build/sanitize/tests/fault/fault
	@build/sanitize/tests/fault/fault_eatt eatt
	@build/sanitize/tests/fault/fault_signing signed

interop: ## against Bumble, RootCanal, and Linux and BlueZ in QEMU; writes doc/INTEROP.md
	@tools/deps.sh interop
	@python3 tools/interop.py

bench: ## throughput and instruction counts, into build/bench.json
	@tools/deps.sh bench
	@tools/configure.sh bench
	@cmake --build --preset bench
	@python3 bench/run.py --build build/bench --out build/bench.json

size: ## flash and RAM on Cortex-M0+ per layer and level, into build/size.json
	@tools/deps.sh size
	@python3 tools/size.py --out build/size.json

fuzz: ## every fuzz target for FUZZ_SECONDS
	@tools/deps.sh fuzz
	@tools/configure.sh fuzz
	@cmake --build --preset fuzz --target $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
	@python3 tools/fuzz.py --build build/fuzz --seconds $(FUZZ_SECONDS)

format: ## clang-format on all C files
	@tools/deps.sh format
	@tools/format.sh

doc: ## the API reference, into build/doc
	@tools/deps.sh doc
	@python3 tools/doc.py --out build/doc

install: build ## library, headers, pkg-config and CMake package, below PREFIX (and DESTDIR)
	@DESTDIR='$(DESTDIR)' cmake --install build/release --prefix '$(PREFIX)'

install-micropython: build ## the module for stock MicroPython, into MICROPYTHON_LIB
	@tools/install_micropython.sh build/release '$(MICROPYTHON_LIB)'

clean: ## remove build/
	@cmake -E rm -rf build
