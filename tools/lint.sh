#!/usr/bin/env bash
# The tidy test, then clang-tidy over the sources that differ from main; with --all over every source.
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=${BUILD_JOBS:-$(nproc)}
cmake --preset release --log-level=WARNING >/dev/null
# clang-tidy reads the precompiled header, so that one must be there.
cmake --build --preset release --target portico_pch >/dev/null
tests/tidy/tidy.py

if [[ ${1:-} == --all ]]; then
  mapfile -t sources < <(git ls-files '*.cpp')
else
  base=$(git merge-base HEAD main 2>/dev/null || git rev-parse HEAD)
  mapfile -t sources < <(
    { git diff --name-only --diff-filter=d "$base" -- '*.cpp'
      git ls-files --others --exclude-standard -- '*.cpp'; } | sort -u)
fi
if ((${#sources[@]} == 0)); then
  echo "clang-tidy: no source differs from main"
else
  printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$jobs" clang-tidy-19 -p build/release --quiet
fi
