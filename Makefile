# Điểm Cầu. `make demo` shows it, `make test` proves it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR

# Given to the verb: `make demo ARGS="--listen 127.0.0.1:9000"`.
ARGS ?=

WEB_SOURCES := $(shell find web/src web/sw web/public config/i18n -type f 2>/dev/null) \
	$(wildcard web/index.html web/vite.config.ts web/tsconfig.json web/package.json)

.PHONY: help demo deps test test-long chaos build bench web

help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: web ## A province of its own on http://127.0.0.1:8080, one sign-in link per role
	cargo build --locked --profile demo
	$(CARGO_TARGET_DIR)/demo/diemcau demo $(ARGS)

deps: ## Says what this machine lacks for the tests, and installs it
	@tests/deps.sh test

test: deps ## Everything: format, web, lint, Rust on both databases, browser
	@tests/gates.sh

test-long: web ## A hundred times as many generated cases, 20 kills; 300 points at once; what is promised of poor lines; Firefox
	@tests/deps.sh long
	PROPTEST_CASES=25600 CHAOS_ROUNDS=20 tests/gates.sh rust storm long

chaos: deps ## Full and hanging disks, killed processes, lost servers, again and again: ROUNDS=10
	@for round in $$(seq $(or $(ROUNDS),10)); do \
	  echo "== round $$round"; \
	  cargo test --locked --test it -- store_faults recorder::faults recorder::recovery recorder::second chaos && \
	  cargo test --locked --test it -- --ignored --test-threads 1 a_disk_that_hangs three_hundred_points; \
	done

build: web ## target/release/diemcau: one file with the pages inside
	cargo build --locked --release
	@ls -lh $(CARGO_TARGET_DIR)/release/diemcau

bench: ## This server beside Janus and the floor, one JSON line per figure: ARGS="--runs 1 --only 8x60"
	@benches/media.sh $(ARGS)

# The pages come first: they are put into the program.
web: web/dist/index.html

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	npm --prefix web run build
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	@tests/deps.sh build
	npm --prefix web ci --no-audit --no-fund
	@touch $@
