SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run dev test bench fuzz check fmt schema clean tools web

# The folder in which rustup installs cargo. A shell that was started before the installation does not have it in PATH.
export PATH := $(PATH):$(HOME)/.cargo/bin
BUILT := $(or $(CARGO_TARGET_DIR),target)
ARGS ?=

help: ## show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: tools ## build the server and start it on http://127.0.0.1:8000 (settings: docs/configuration.md)
	@scripts/build
	@exec "$(BUILT)/release/confab" serve

dev: tools ## run a debug server; rebuild and restart it at every change
	@scripts/need inotifywait=inotify-tools
	@exec scripts/dev

test: tools ## run all tests with a temporary PostgreSQL and Redis (ARGS='name' for some)
	@cargo fetch --locked & scripts/build-web; scripts/install-packages tests/identity-provider; scripts/install-packages tests/conformance; wait $$!
	@npm --prefix web test --silent
	@scripts/with-services cargo test --locked $(ARGS)
	@[ "$(ARGS)" ] || scripts/test-schema
	@[ "$(ARGS)" ] || scripts/test-protocols
	@[ "$(ARGS)" ] || scripts/test-clients
	@[ "$(ARGS)" ] || scripts/test-page

bench: tools ## measure the release build under load (ARGS='--help' for options)
	@scripts/build
	@scripts/with-services cargo run --release --locked -p confab-bench -- $(ARGS)

fuzz: tools ## search for input that violates an invariant (TARGET=guard SECONDS=600; targets: fuzz/targets)
	@scripts/need c++=g++
	@scripts/fuzz "$(or $(TARGET),guard)" "$(or $(SECONDS),600)"

# Uses the binary that the tests have built. `cargo run` would build another one, because the tests' dependencies enable
# more features.
check: tools web ## check format, lints, licences, documentation, and that schema.graphql is current
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked
	cargo build --tests --locked
	@"$(BUILT)/debug/confab" schema | diff -u schema.graphql - || \
		{ echo 'schema.graphql differs from the code. Run make schema.' >&2; exit 1; }
	scripts/check-licenses
	scripts/check-prose

fmt: ## format the code
	cargo fmt --all

schema: tools web ## write schema.graphql from the code
	@cargo run --quiet --locked -- schema >target/schema.graphql
	@mv target/schema.graphql schema.graphql

clean: ## remove build results; data/ stays
	cargo clean
	rm -rf web/dist web/node_modules

tools:
	@command -v cargo >/dev/null || { echo 'cargo is missing. Install Rust from https://rustup.rs.' >&2; exit 1; }
	@scripts/need cc=gcc /usr/include/stdlib.h=libc6-dev

web:
	@scripts/build-web
