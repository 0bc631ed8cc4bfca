#!/usr/bin/env bash
# The one test run: `make test` and CI run it as it stands.
#
#   tools/test.sh                    everything
#   tools/test.sh --quick            one build, no sanitizers, no fuzzing
#   tools/test.sh --only unit,tidy   some kinds:
#                                    build tidy compiler unit conformance systems faults contracts fuzz web
#   tools/test.sh --only tsan        unit tests under ThreadSanitizer (a third build: not in everything)
#
# Prints a line a kind with counts and seconds, the logs of what failed, and last the sum:
# `N passed, M failed, K skipped`. FUZZ_SECONDS is the time of a fuzz target (10), TEST_SECONDS_MAX that of a
# test program (600), FAULTS_SECONDS that of real faults (45), BUILD_JOBS how much runs at once (one a core).
#
# Two builds, so that two cores need less than 25 minutes from an empty checkout: `release` is what users
# run; `fuzz` (address and undefined-behaviour sanitizers with coverage counters) serves the sanitized tests
# and the fuzz targets alike. The counters cost a tenth of the compile time, one more build would double it.
set -uo pipefail
cd "$(dirname "$0")/.."
source tools/test_lib.sh

kind_build() {
  local tree=$1 log=$logs/build-$1.log
  # To the end in spite of errors, so that one run shows them all.
  if cmake --preset "$tree" >"$log" 2>&1 &&
    cmake --build --preset "$tree" -j "$jobs" -- -k 0 >>"$log" 2>&1; then
    passed=1
  else
    failed=1
    broken[$tree]=yes
    show "$log" 80 "FAILED|error:|Error"
  fi
}

kind_tidy() {
  local log=$logs/tidy.log rules_failed
  python3 -m unittest discover -s tests/tidy -p '*_test.py' >"$log" 2>&1 || { failed=1; show "$log" 60; }
  passed=$(sed -n 's/^Ran \([0-9]*\) test.*/\1/p' "$log")
  passed=$((${passed:-0} - failed))
  # The contracts are a kind of their own.
  tests/tidy/tidy.py --except generated >"$log" 2>&1
  add_summary "$log"
  rules_failed=$?
  ((rules_failed == 0)) && note=$(grep ': skipped: ' "$log" | paste -sd ';') || show "$log" 200
}

kind_compiler() { run_programs "$1" "$jobs" '^compiler_tests$'; }
kind_unit() { run_programs "$1" "$jobs" '_tests$' '^compiler_tests$|^system_|(^|_)conformance_'; }
kind_conformance() { run_programs "$1" "$jobs" '(^|_)conformance_(.*_)?tests$'; }

# One after the other: the systems take the ports they are known by.
kind_systems() { PORTICO_MODE=$2 run_programs "$1" 1 '^system_.*_tests$'; }

# A selection from seeds that stay the same; `make faults` is the long run.
kind_faults() {
  local log=$logs/faults.log seconds=${FAULTS_SECONDS:-45} part
  python3 -m unittest discover -s tests/faults -p '*_test.py' >"$log" 2>&1 || { failed=1; show "$log" 60; }
  passed=$(sed -n 's/^Ran \([0-9]*\) test.*/\1/p' "$log")
  passed=$((${passed:-0} - failed))
  for part in "--steps --quick" "--runs 100 --seed 1 --seconds $seconds"; do
    # shellcheck disable=SC2086
    python3 tests/faults/faults.py $part >"$log" 2>&1 </dev/null
    add_summary "$log" || show "$log" 60
    note+=$(grep ': skipped: ' "$log" | paste -sd ';')
  done
}

kind_contracts() {
  local log=$logs/contracts.log
  tests/tidy/tidy.py --only generated >"$log" 2>&1
  add_summary "$log" || show "$log" 60
  why=$(sed -n 's/^generated: skipped: //p' "$log")
}

kind_fuzz() { run_programs "$1" "$jobs" '^fuzz_'; }

kind_web() {
  local log=$logs/web.log
  if [[ ! -f web/package.json ]]; then
    why="no web/package.json yet"
  elif npm --prefix web ci >"$log" 2>&1 && npm --prefix web test >>"$log" 2>&1; then
    passed=1
  else
    failed=1
    show "$log" 80
  fi
}

usage() { sed -n '3,13{s/^# \{0,1\}//;p}' "$0"; }

only="" quick=no
while (($#)); do
  case $1 in
    --only) only=${2:-}; shift ;;
    --quick) quick=yes ;;
    -h | --help) usage; exit 0 ;;
    *) echo "tools/test.sh: unknown option '$1': see --help" >&2; exit 2 ;;
  esac
  shift
done
check_kinds "$only" build tidy compiler unit conformance systems faults contracts fuzz web tsan || exit 2

trees=(release fuzz)
[[ $quick == yes ]] && trees=(release)

needs_build() { [[ -z $only ]] || wanted build compiler unit conformance systems faults contracts fuzz; }

begin
if needs_build; then
  for tree in "${trees[@]}"; do run build "$tree"; done
fi
wanted tidy && run tidy
for tree in "${trees[@]}"; do
  wanted compiler && run compiler "$tree"
  wanted unit && run unit "$tree"
  wanted conformance && run conformance "$tree"
  for mode in direct wire split; do
    wanted systems && run systems "$tree" "$mode"
  done
done
wanted faults && [[ $quick == no ]] && run faults release
wanted contracts && run contracts
wanted fuzz && [[ $quick == no ]] && run fuzz fuzz
wanted web && run web
if [[ ,$only, == *,tsan,* ]]; then
  run build tsan
  run unit tsan
fi
finish
