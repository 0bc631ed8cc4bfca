# `make` alone prints what there is to make.
.DEFAULT_GOAL := help
SHELL := bash
SYSTEM ?= shop
SPLIT ?=
BUILD_JOBS ?= $(shell nproc)
export BUILD_JOBS

RUNS ?= 300
SEED ?=

.PHONY: help setup ready up test bench faults format lint clean

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

setup: ## install the Debian packages that are missing
	@tools/setup.sh

ready:
	@tools/setup.sh --check >/dev/null || tools/setup.sh

up: ready ## build and run a system: SYSTEM=shop|todo|learn|gigs, SPLIT=1 for a process a service
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release --target portico -j $(BUILD_JOBS)
	@exec build/release/portico up $(SYSTEM) $(if $(SPLIT),--split)

test: ready ## run every test, as CI does
	@tools/test.sh

bench: ready ## run the benchmarks beside their peers
	@tools/setup.sh --group bench
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release --target portico -j $(BUILD_JOBS)
	@for peer in seed tuned; do \
	  [ -d bench/peers/$$peer/node_modules ] || npm ci --silent --prefix bench/peers/$$peer || exit 1; done
	@for script in orders read start; do python3 bench/$$script.py || exit 1; done

faults: ready ## put a real system under real faults: RUNS=300, SEED=… of the first
	@tools/setup.sh --group faults
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release --target portico faults_preload -j $(BUILD_JOBS)
	@python3 tests/faults/faults.py --steps
	@for topology in single split; do \
	  python3 tests/faults/faults.py --only stop_each --topology $$topology --runs 1 || exit 1; done
	@python3 tests/faults/faults.py --runs $(RUNS) $(if $(SEED),--seed $(SEED))

format: ## format the C++ sources
	@git ls-files -z --cached --others --exclude-standard '*.h' '*.cpp' | xargs -0 clang-format-19 -i

lint: ready ## the tidy test, then clang-tidy over what differs from main (ALL=1: over everything)
	@tools/lint.sh $(if $(ALL),--all)

clean: ## remove what was built; data in .portico stays
	rm -rf build
