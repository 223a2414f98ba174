SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run dev test bench fuzz check fmt schema clean tools web

# Where rustup puts cargo; a shell that was open before does not know it yet.
export PATH := $(PATH):$(HOME)/.cargo/bin
BUILT := $(or $(CARGO_TARGET_DIR),target)
ARGS ?=

help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: tools ## install and build what is missing, then serve on http://127.0.0.1:8000 (settings: CONFAB_…, .env)
	@scripts/build
	@exec "$(BUILT)/release/confab" serve

dev: tools ## a debug server, built and started anew at every change
	@scripts/need inotifywait=inotify-tools
	@exec scripts/dev

test: tools ## every test, with a PostgreSQL and a Redis of their own (ARGS='name' for some)
	@cargo fetch --locked & scripts/build-web; scripts/install-packages tests/identity-provider; scripts/install-packages tests/conformance; wait $$!
	@npm --prefix web test --silent
	@scripts/with-services cargo test --locked $(ARGS)
	@[ "$(ARGS)" ] || scripts/test-schema
	@[ "$(ARGS)" ] || scripts/test-protocols
	@[ "$(ARGS)" ] || scripts/test-clients
	@[ "$(ARGS)" ] || scripts/test-page

bench: tools ## measure the release build under load (ARGS='--help' for more)
	@scripts/build
	@scripts/with-services cargo run --release --locked -p confab-bench -- $(ARGS)

fuzz: tools ## look for input that breaks a law (TARGET=guard SECONDS=600; targets: fuzz/targets)
	@scripts/need c++=g++
	@scripts/fuzz "$(or $(TARGET),guard)" "$(or $(SECONDS),600)"

# The schema is asked of the binary that the tests have built: `cargo run` would build another, since the tests'
# dependencies add features to it.
check: tools web ## format, clippy, rustdoc, and whether schema.graphql is up to date
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked
	cargo build --tests --locked
	@"$(BUILT)/debug/confab" schema | diff -u schema.graphql - || \
		{ echo 'schema.graphql is not what the code exports: run make schema' >&2; exit 1; }

fmt: ## format the code
	cargo fmt --all

schema: tools web ## write schema.graphql anew
	@cargo run --quiet --locked -- schema >target/schema.graphql
	@mv target/schema.graphql schema.graphql

clean: ## remove what was built; data/ stays
	cargo clean
	rm -rf web/dist web/node_modules

tools:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust with rustup first.' >&2; exit 1; }
	@scripts/need cc=gcc /usr/include/stdlib.h=libc6-dev

web:
	@scripts/build-web
