#!/usr/bin/env bash
# Installs what sextant is built with, from the distribution (Debian or Ubuntu), as root or with sudo.
#
#   bash cmake/setup.sh            what the library and the examples need
#   bash cmake/setup.sh --tests    what the tests need too
#
# libtorch is taken from, in this order: CMAKE_PREFIX_PATH, the active Python's torch, the distribution's libtorch-dev.
# SEXTANT_TORCH=pip makes a private Python environment in build/python with torch 2.13.0 and uses that.
# SEXTANT_TORCH=none installs no libtorch (configure with -DSEXTANT_WITH_TORCH=OFF).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

packages=(g++ cmake ninja-build pkg-config ccache libeigen3-dev libsqlite3-dev libxxhash-dev libssl-dev nlohmann-json3-dev
          zlib1g-dev libjpeg-dev libpng-dev libwebp-dev libstb-dev libutf8proc-dev libpcre2-dev libcli11-dev)
python_packages=()
tests=false
for argument in "$@"; do
    case "$argument" in
        --tests) tests=true ;;
        *) fail "unknown argument $argument; expected --tests or nothing" ;;
    esac
done
if $tests; then packages+=(catch2 python3 python3-venv wordnet-base unicode-cldr-core); fi

# Where libtorch comes from.
have_cmake_torch() {
    local prefix prefixes
    IFS=';' read -ra prefixes <<< "${CMAKE_PREFIX_PATH//:/;}"
    for prefix in "${prefixes[@]}"; do
        [ -e "$prefix/Torch/TorchConfig.cmake" ] || [ -e "$prefix/share/cmake/Torch/TorchConfig.cmake" ] && return 0
    done
    return 1
}
have_python_torch() { command -v python3 > /dev/null && python3 -c 'import torch' 2> /dev/null; }
CMAKE_PREFIX_PATH=${CMAKE_PREFIX_PATH:-}
case "${SEXTANT_TORCH:-}" in
    pip) packages+=(python3 python3-venv); python_packages+=(torch==2.13.0); say "libtorch: torch 2.13.0 in build/python" ;;
    none) say "libtorch: none" ;;
    "") if have_cmake_torch; then say "libtorch: from CMAKE_PREFIX_PATH"
        elif have_python_torch; then say "libtorch: the active Python's torch $(python3 -c 'import torch; print(torch.__version__)')"
        else packages+=(libtorch-dev libopenblas0-pthread); say "libtorch: the distribution's libtorch-dev"; fi ;;  # with the plain BLAS it is ten times slower
    *) fail "SEXTANT_TORCH is '$SEXTANT_TORCH'; expected pip, none or nothing" ;;
esac

# Distribution packages, only those that are not there yet.
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    say "installing: ${missing[*]}"
    as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo > /dev/null || fail "neither root nor sudo: as root, run: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null ||
        fail "apt-get could not install: ${missing[*]}"
fi

# Python packages, in an environment of their own.
if $tests; then python_packages+=(-r tests/requirements.txt); fi
if [ ${#python_packages[@]} -gt 0 ]; then
    if [ ! -x build/python/bin/python ]; then
        say "making a Python environment in build/python"
        mkdir -p build
        python3 -m venv build/python
    fi
    say "Python packages: ${python_packages[*]}"
    build/python/bin/python -m pip install -q --disable-pip-version-check "${python_packages[@]}" 2> build/python/pip.log ||
        { cat build/python/pip.log >&2; fail "pip could not install: ${python_packages[*]}"; }
fi
# Those that pin another torch go without their dependencies into a folder that only the tests of pictures look into.
vision=build/python/vision
if $tests && ! cmp -s tests/requirements-vision.txt $vision/requirements.txt; then
    say "Python packages: -r tests/requirements-vision.txt"
    build/python/bin/python -m pip install -q --disable-pip-version-check --no-deps --upgrade --target $vision \
        -r tests/requirements-vision.txt 2> build/python/pip.log ||
        { cat build/python/pip.log >&2; fail "pip could not install: tests/requirements-vision.txt"; }
    cp tests/requirements-vision.txt $vision/requirements.txt
fi
say "set-up is complete"
