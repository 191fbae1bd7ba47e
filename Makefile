# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Each sets up what is missing first (script/setup), so neither needs preparation.

# Where the machine's Node is too old, script/setup brings one (script/own-node). It may come while
# make runs.
export PATH := $(CURDIR)/.node/bin:$(PATH)
OSAURUS_BRIDGE_NODE ?= $(shell ls $(CURDIR)/.node/bin/node 2>/dev/null)
export OSAURUS_BRIDGE_NODE

SUITES := check-text check-circles check-python check-node check-licences docs test-swift
SUITES_OF_BUILT := check-rust check-macos check-docs test-python test-mcp test-node test-console test-macos test-pip-install test-npm-install

.PHONY: help demo matrix test test-quick what-is-missing bench bench-check soak fuzz miri asan gen setup build build-tests check test-rust try-as-author clean $(SUITES) $(SUITES_OF_BUILT)

help:
	@echo "make demo       build the example plugins and run them in the reference host"
	@echo "make test       formatting, lints, types and every test"
	@echo "make test-quick what takes under three minutes of it: no network, no other toolchain"
	@echo "make matrix     every language's plugin in hosts of every ABI version, as a grid"
	@echo "make bench      what calls cost, beside a C plugin, a bare pipe and an MCP server"
	@echo "make bench-check  the same, and what became slower since tests/bench/ratios.txt"
	@echo "make fuzz       a minute of random inputs for each part of the reference host that reads any"
	@echo "make soak       a million calls and ten thousand loads, with memory figures"
	@echo "make miri       the unsafe code that stays in Rust, under Miri"
	@echo "make asan       the checker with plugins loaded, under AddressSanitizer"
	@echo "make docs       the documents as a book, in target/book"
	@echo "make gen        write the generated files again from the ABI spec"

setup:
	@script/setup

# Sets up what is missing while it compiles.
build:
	script/build

# What the tests and the demo run, without optimisation.
build-tests:
	script/build tests

demo:
	script/build demo
	target/debug/osaurus-demo

matrix: build-tests
	target/debug/build-probes target/matrix
	target/debug/osaurus-bridge matrix --list target/matrix/plugins.json --html target/matrix/matrix.html $(if $(SPEC),--spec $(SPEC))

# The same verdict each time, on any machine: what searches at random or measures is in fuzz, soak
# and bench.
test: what-is-missing build-tests
	script/run-tests

what-is-missing:
	@script/what-is-missing

# For between two edits. Takes what is installed: run `make build-tests` once before.
test-quick:
	@script/test-quick

check: build-tests
	script/run-tests checks

test-rust: build-tests
	script/run-tests rust

# One suite alone.
$(SUITES): setup
	@script/run-tests $@

$(SUITES_OF_BUILT): build-tests
	@script/run-tests $@

# A new author in Python and in TypeScript, by the commands of docs/start.md, with the time of each step.
try-as-author: build
	script/new-author

# From the committed inputs, which make test plays without searching. SECONDS=600 for ten minutes a
# target.
fuzz: setup
	script/fuzz $(or $(SECONDS),60)

bench: build setup
	script/bench

bench-check: build setup
	script/bench check

soak: build build-tests
	cargo run --release --locked -p osaurus-soak
	.venv/bin/python tests/soak/dev_edits.py target/release/osaurus-bridge target/node-projects/projects
	cargo test --locked -p osaurus-soak -p osaurus-reference-host --test quick --test load -- --ignored
	cargo test --locked -p osaurus-bridge-tests --test abuse -- --ignored

# Both install a pinned nightly toolchain with rustup, so make test does without them.
miri: setup
	script/miri

asan: setup
	script/asan

gen: setup
	cargo run -q -p osaurus-bridge -- gen
	script/gen-async-context
	script/third_party.py

clean:
	cargo clean
	rm -rf .venv .node
