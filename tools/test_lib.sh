# What tools/test.sh is made of: kinds, counts, and the running of test programs. Sourced, not run.
#
# A kind is a function kind_<name> that sets passed, failed and skipped, or `why` when it could not run at all
# (counted as one skipped), or `note` for what should be seen beside the counts.

jobs=${BUILD_JOBS:-$(nproc)}
logs=build/test
total_passed=0 total_failed=0 total_skipped=0
declare -A broken=()
export TEST_SECONDS_MAX=${TEST_SECONDS_MAX:-600} FUZZ_SECONDS=${FUZZ_SECONDS:-10}
# binutils names functions and lines in the reports; LLVM's own symbolizer is a package of 70 MB.
symbols=external_symbolizer_path=/usr/bin/addr2line
export ASAN_OPTIONS=${ASAN_OPTIONS:-strict_string_checks=1:$symbols}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:$symbols}
export TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1:$symbols}

begin() {
  mkdir -p "$logs"
  rm -rf "${logs:?}"/*
}

# Whether one of the kinds named was asked for on the command line; everything is when nothing was said.
wanted() {
  local kind
  for kind in "$@"; do
    [[ -z $only || ,$only, == *,$kind,* ]] && return 0
  done
  return 1
}

check_kinds() {
  local asked kind
  IFS=, read -ra asked <<<"$1"
  shift
  for kind in "${asked[@]}"; do
    [[ " $* " == *" $kind "* ]] && continue
    echo "tools/test.sh: there is no kind '$kind'; there are: $*" >&2
    return 1
  done
}

# The end of a log, after the lines that name errors when a pattern for them is given.
show() {
  echo "---- $1"
  [[ -n ${3:-} ]] && grep -nE "$3" "$1" | head -n 40
  tail -n "$2" "$1"
  echo "----"
}

# Runs a kind and prints its line: run <kind> [tree [mode]].
run() {
  local start=$EPOCHREALTIME label="$*" passed=0 failed=0 skipped=0 why="" note=""
  [[ $1 == fuzz ]] && label=fuzz || label=${label/ fuzz/ sanitized}
  # A tree that did not build as a whole still has programs to run, old ones among them: not those.
  if [[ $1 != build && -n ${2:-} && -n ${broken[$2]:-} ]]; then
    why="the build $2 failed"
  else
    "kind_$1" "${@:2}"
  fi
  local seconds
  seconds=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
  if [[ -n $why ]]; then
    skipped=1
    printf '%-22s skipped: %s\n' "$label" "$why"
  else
    printf '%-22s %5d passed %3d failed %3d skipped %8s s%s\n' \
      "$label" "$passed" "$failed" "$skipped" "$seconds" "${note:+  ($note)}"
  fi
  ((total_passed += passed, total_failed += failed, total_skipped += skipped))
  return 0
}

# Adds the last line of a log, `N passed, M failed, K skipped`, to the counts. A log without one is a failure.
add_summary() {
  local line
  line=$(tail -n 1 "$1")
  if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
    ((passed += BASH_REMATCH[1], failed += BASH_REMATCH[2], skipped += BASH_REMATCH[3]))
    ((BASH_REMATCH[2] == 0))
  else
    ((failed += 1))
    return 1
  fi
}

# The programs CMake registered in a tree, a JSON object a line: what lies about from older builds is not run.
registered() {
  ctest --test-dir "build/$1" --show-only=json-v1 2>/dev/null |
    jq -c '.tests[] | {name: ((.command // [.name])[0] | split("/") | last), command: (.command // [])}'
}

# Runs one registered program (JSON as above) and leaves <base>.log, <base>.json and <base>.rc.
run_program() {
  local base=$1/$(jq -r .name <<<"$2") command
  mapfile -t command < <(jq -r '.command[]' <<<"$2")
  if ((${#command[@]} == 0)); then
    echo "the program was not built" >"$base.log"
    echo 127 >"$base.rc"
    return
  fi
  case ${command[0]##*/} in
    fuzz_*) command+=("-max_total_time=$FUZZ_SECONDS") ;;
    *) command+=(--gtest_brief=1 "--gtest_output=json:$base.json") ;;
  esac
  timeout --kill-after=10 "$TEST_SECONDS_MAX" "${command[@]}" >"$base.log" 2>&1 </dev/null
  echo $? >"$base.rc"
}
export -f run_program

# Counts one program that has run. A crash, a leak or a time-out without a failed test is one failure more.
count_program() {
  local base=$1 rc tests=0 bad=0 left_out=0
  rc=$(<"$base.rc")
  if [[ -s $base.json ]]; then
    read -r tests bad left_out < <(jq -r '
      [.tests, .failures, .disabled + ([.testsuites[].testsuite[] | select(.result == "SKIPPED")] | length)]
      | map(tostring) | join(" ")' "$base.json")
  elif ((rc == 0)); then
    tests=1
  fi
  if ((rc != 0 && bad == 0)); then
    bad=1 tests=$((tests + 1))
    ((rc == 124 || rc == 137)) && echo "stopped after $TEST_SECONDS_MAX seconds" >>"$base.log"
    echo "${base##*/} ended with $rc" >>"$base.log"
  fi
  ((passed += tests - bad - left_out, failed += bad, skipped += left_out))
  ((bad == 0)) || show "$base.log" 150
}

# run_programs <tree> <how many at once> <pattern of names> [pattern of names to leave out]
run_programs() {
  local folder=$logs/$label programs base
  folder=${folder// /-}
  mkdir -p "$folder"
  mapfile -t programs < <(registered "$1" | jq -c --arg take "$3" --arg leave "${4:-^$}" \
    'select(.name | test($take) and (test($leave) | not))')
  if ((${#programs[@]} == 0)); then
    why="no program of this kind yet"
    return
  fi
  printf '%s\0' "${programs[@]}" |
    xargs -0 -P "$2" -I '{}' bash -c 'run_program "$@"' run_program "$folder" '{}'
  for base in "$folder"/*.rc; do
    count_program "${base%.rc}"
  done
}

finish() {
  echo "$total_passed passed, $total_failed failed, $total_skipped skipped" | tee "$logs/summary"
  ((total_failed == 0))
}
