# What people and machines run here. `make test` is everything that must be green; `.ci/run` calls nothing else.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:

VENV := target/venv
PYTHON := $(VENV)/bin/python

CHROMIUM ?= /usr/bin/chromium
export CHROMIUM

.PHONY: help demo test bench lint fmt setup setup-system setup-python setup-node setup-bench check unit

help:
	@echo "make demo    router, PG simulators and samples in one process; Ctrl-C ends it"
	@echo "make test    everything that must be green"
	@echo "make bench   the benchmark suite; writes target/bench/report.json"
	@echo "make lint    formatting, clippy, licences and advisories"
	@echo "make fmt     formats the code"
	@echo "make setup   installs what the tests need"

demo:
	cargo run --release --quiet --bin naru -- demo

test: setup check unit

bench: setup-bench
	cargo bench --locked --bench e2e
	cargo bench --locked --bench micro

lint: check
	if cargo deny --version >/dev/null 2>&1; then
		cargo deny --all-features check
	else
		echo "lint: cargo-deny is not installed, licences and advisories were NOT checked (cargo install cargo-deny)"
	fi

fmt:
	cargo fmt --all

check:
	cargo fmt --all --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --no-default-features --lib --bins -- -D warnings

unit:
	if cargo nextest --version >/dev/null 2>&1; then
		cargo nextest run --locked
	else
		cargo test --locked --lib --bins --tests
	fi
	cargo test --locked --doc

setup: setup-system setup-python setup-node

# Debian packages are installed only for what is missing, and only where we may (root); else they are named.
setup-system:
	command -v cargo >/dev/null || { echo "setup: Rust is missing; install it with rustup (https://rustup.rs)"; exit 1; }
	missing=()
	command -v cc >/dev/null || missing+=(build-essential)
	command -v python3 >/dev/null && python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
	command -v node >/dev/null || missing+=(nodejs)
	command -v npm >/dev/null || missing+=(npm)
	command -v promtool >/dev/null && command -v prometheus >/dev/null || missing+=(prometheus)
	# The font is for the pictures: without one, Korean is boxes.
	command -v "$$CHROMIUM" >/dev/null || missing+=(chromium fonts-noto-cjk)
	[ $${#missing[@]} -gt 0 ] || exit 0
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then
		echo "setup: installing $${missing[*]}"
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq
		apt-get install -y -qq --no-install-recommends "$${missing[@]}"
		# Debian starts what it installs; the tests start their own.
		if [ -d /run/systemd/system ]; then systemctl disable --now --quiet prometheus 2>/dev/null || true; fi
	else
		echo "setup: these Debian packages (or their like) are needed: $${missing[*]}"
		exit 1
	fi

setup-python:
	[ -x $(PYTHON) ] || python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r tests/sdk/python/requirements.txt

setup-node:
	node -e 'if (Number(process.versions.node.split(".")[0]) < 20) { console.error("setup: node 20 or newer is needed, found " + process.versions.node); process.exit(1) }'
	for at in tests/sdk tests/browser; do
		[ $$at/node_modules/.package-lock.json -nt $$at/package-lock.json ] || npm --prefix $$at ci --no-audit --no-fund --silent
	done

# nginx and HAProxy stand beside the router in the benchmarks. Without them the rest is still measured, and says so.
setup-bench:
	export PATH="$$PATH:/usr/sbin:/usr/local/sbin"
	missing=()
	for tool in nginx haproxy; do
		command -v "$$tool" >/dev/null || missing+=("$$tool")
	done
	[ $${#missing[@]} -gt 0 ] || exit 0
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then
		echo "setup: installing $${missing[*]}"
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq
		apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null
		# Debian starts what it installs; here they run only while they are measured.
		if [ -d /run/systemd/system ]; then systemctl disable --now --quiet "$${missing[@]}"; fi
	else
		echo "setup: the comparison needs these Debian packages (or their like): $${missing[*]}"
	fi
