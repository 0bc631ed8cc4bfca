#!/usr/bin/env bash
# Installs the Debian packages that Portico is built, tested and measured with; only those that are missing.
#
#   tools/setup.sh                  install what the build and the tests need
#   tools/setup.sh --group bench    install what the benchmarks need besides
#   tools/setup.sh --group faults   install what tests/faults needs besides
#   tools/setup.sh --check          print the missing packages, install nothing; exit 1 when some are missing
#   tools/setup.sh --list           print every package of the group
#
# The peers of the benchmarks and the OpenAPI linter come from npm: `npm ci` where their package.json is.
set -euo pipefail

compiler=(clang-19 lld-19 libclang-rt-19-dev clang-format-19 clang-tidy-19 libstdc++-12-dev binutils)
build=(ccache ninja-build cmake pkg-config make git python3)
libraries=(libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libargon2-dev libcrypt-dev libfmt-dev
  libspdlog-dev libtomlplusplus-dev libcli11-dev libsqlite3-dev libssl-dev libcurl4-openssl-dev
  libkainjow-mustache-dev libmimalloc-dev libbenchmark-dev libgtest-dev libgmock-dev)
tools=(ca-certificates curl jq lsof wrk)
bench=(postgresql wrk)
faults=(iproute2 util-linux)

fail() {
  echo "setup: $1" >&2
  exit 2
}

usage() {
  sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"
}

# Node.js from anywhere will do when it is 18 or newer; otherwise Debian's.
node_packages() {
  local major
  major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
  if ((major < 18)); then
    echo nodejs npm
  elif ! command -v npm >/dev/null; then
    echo npm
  fi
}

missing_of() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p' || true)
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

system_name() {
  (. /etc/os-release 2>/dev/null && echo "${ID:-unknown} ${VERSION_ID:-}") || echo "an unknown system"
}

install() {
  local sudo=() name
  name=$(system_name)
  [[ $name == "debian 12" ]] ||
    fail "the packages of Debian 12 are needed and this is $name: work in a container of the image debian:12."
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "packages are missing and only root may install them: run this as root or install sudo ($*)."
    sudo=(sudo)
  fi
  echo "setup: installing $*"
  local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  # A source that does not answer need not be the one the packages come from: the install below decides.
  "${apt[@]}" -o APT::Update::Error-Mode=any update ||
    echo "setup: some package lists could not be fetched; going on with those that are here" >&2
  "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null ||
    fail "apt-get could not install the packages: check the network (or http_proxy), then repeat."
  echo "setup: done"
}

group=base check=no list=no
while (($#)); do
  case $1 in
    --group) group=${2:-}; shift ;;
    --check) check=yes ;;
    --list) list=yes ;;
    -h | --help) usage; exit 0 ;;
    *) fail "unknown option '$1': see tools/setup.sh --help." ;;
  esac
  shift
done

case $group in
  base) wanted=("${compiler[@]}" "${build[@]}" "${libraries[@]}" "${tools[@]}") ;;
  bench) wanted=("${bench[@]}") ;;
  faults) wanted=("${faults[@]}") ;;
  *) fail "unknown group '$group': use base, bench or faults." ;;
esac
if [[ $list == yes ]]; then
  printf '%s\n' "${wanted[@]}"
  exit 0
fi

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  fail "this is not a Debian system (no apt-get): work in a container of the image debian:12."
[[ $group == base ]] && read -ra node <<<"$(node_packages)" && wanted+=("${node[@]}")
mapfile -t missing < <(missing_of "${wanted[@]}")

if ((${#missing[@]} == 0)); then
  echo "setup: every package of the group '$group' is installed"
elif [[ $check == yes ]]; then
  printf '%s\n' "${missing[@]}"
  exit 1
else
  install "${missing[@]}"
fi
