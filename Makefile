# PostOffice. `make help` says what there is. Everything installs what it needs and asks nothing.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# One feature set for everything that is built here, so that nothing is compiled twice. `fail-points` lets kill tests end a process at a named
# step; it does nothing without its environment variable and is never part of a release.
FEATURES := postoffice-desktop/custom-protocol,postoffice-server/fail-points,postoffice-sms-sender/fail-points
WORKSPACE := --workspace --features $(FEATURES)
TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

.PHONY: set-up
set-up: ## Install what is missing on this machine (says what)
	@scripts/set-up

.PHONY: build
build: set-up ## Build server, SMS sender and desktop with progress
	@scripts/build "$(FEATURES)"

.PHONY: run
run: build ## A demo office on this machine: server, private Redis, SMS sender, window. Ctrl-C stops everything
	@scripts/run

.PHONY: demo
demo: build ## The same, scripted: registers a parcel in the real window, shows its SMS, writes docs/images
	@$(TARGET)/debug/postoffice-demo

.PHONY: test
test: check build ## Everything: checks, unit and integration tests, the window's end-to-end tests
	@scripts/test "$(FEATURES)"

.PHONY: check
check: set-up ## Formatting, lints, types, freshness of generated files, architecture rules
	@scripts/check "$(FEATURES)"

.PHONY: fmt
fmt: ## Format everything
	cargo fmt --all
	cd ui && npm run -s format

.PHONY: types
types: ## Write the TypeScript of the protocol
	cargo run -q -p postoffice-protocol --features ts --bin generate-types

.PHONY: bench
bench: set-up ## Measure and write target/bench.json (ONLY=create|postgres|lists|relay|locks|change|live|sms|window|memory; LONG=1: lists of 10 million)
	@scripts/bench "$(ONLY)"

.PHONY: bench-docs
bench-docs: bench ## The same, and put the table into docs/BENCHMARKS.md
	@$(TARGET)/release/postoffice-bench table docs/BENCHMARKS.md

.PHONY: faults
faults: set-up ## Inject faults, judge what is left, write target/faults.json (ONLY=locks|side_effects|resume|planted[/part of a scenario's name] SEED=… LONG=1)
	@scripts/faults "$(FEATURES)" "$(ONLY)" "$(SEED)"
