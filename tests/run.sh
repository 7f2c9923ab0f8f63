#!/usr/bin/env bash
# Passes the tests, from nothing: set-up, build, all tests.
#
#   bash tests/run.sh          everything, the slow suites in their short form
#   bash tests/run.sh --all    the slow suites in full: long kill and bit-flip runs, all tests under ASan and UBSan, TSan
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

all=false
for argument in "$@"; do
    case "$argument" in
        --all) all=true ;;
        *) printf 'run.sh: unknown argument %s; expected --all or nothing\n' "$argument" >&2; exit 2 ;;
    esac
done
say() { printf '\n== %s (%s)\n' "$*" "$(date +%H:%M:%S)"; }
passed=0
# preset, build folder, cmake arguments...: configures, builds, and runs every test.
suite() {
    local preset=$1 folder=$2 log
    shift 2
    say "building $folder (preset $preset $*)"
    mkdir -p "$folder"
    cmake --preset "$preset" -B "$folder" "$@" > "$folder/configure.log" 2>&1 || { cat "$folder/configure.log"; exit 1; }
    grep 'sextant: libtorch' "$folder/configure.log" || true
    cmake --build "$folder"
    say "testing $folder"
    log=$folder/tests.log
    ctest --test-dir "$folder" --output-on-failure ${test_filter:-} | tee "$log"
    passed=$((passed + $(grep -c ' Passed ' "$log")))
}

mkdir -p build
SEXTANT_TORCH='' bash cmake/setup.sh --tests
export SEXTANT_TORCH=''

# The libtorch that a plain configuration finds; then the other one that must work, for what runs networks.
suite ci build/ci
other=$(build/python/bin/python -c 'import torch; print(torch.utils.cmake_prefix_path)')
test_filter="-R ^(model|encode|rerank|search|parity_encode|command_line|readme)$" \
    suite ci build/ci-torch-2.13 -DCMAKE_PREFIX_PATH="$other"
# Without libtorch: everything builds, and the index is all that is needed to link.
test_filter="-R ^(core|kernels|store|index|model|encode|rerank|search|consumer|example_2_own_vectors)$" suite no-torch build/no-torch
# Under the sanitizers: what meets hostile bytes.
test_filter="-R ^(media|preprocess|tokenize|bundle|store|index|search)$" suite asan build/asan -DSEXTANT_WITH_TORCH=OFF

if $all; then
    say "slow suites in full"
    for program in index_bit_flips index_truncation index_kill; do build/ci/tests/hostile/$program --all; done
    test_filter='' suite asan build/asan-all
    test_filter="-R ^(store|index|encode|search)$" suite tsan build/tsan
fi
say "all tests passed"
echo "$passed passed, 0 failed"
