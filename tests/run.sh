#!/usr/bin/env bash
# Passes the tests, from nothing: set-up, build, all tests.
#
#   bash tests/run.sh          everything, the slow suites in their short form
#   bash tests/run.sh --all    the slow suites in full: long kill and bit-flip runs, ten minutes of each fuzzer, all tests
#                              under ASan and UBSan, TSan
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

all=false
for argument in "$@"; do
    case "$argument" in
        --all) all=true ;;
        *) printf 'run.sh: unknown argument %s; expected --all or nothing\n' "$argument" >&2; exit 2 ;;
    esac
done
long=()
if $all; then long=(--all); fi
say() { printf '\n== %s (%s)\n' "$*" "$(date +%H:%M:%S)"; }
passed=0
# suite PRESET FOLDER TESTS TARGETS [CMAKE ARGUMENT...]: configures, builds the targets, runs the tests (a regular
# expression), as many at a time as there are processors. "" stands for all of them. apart=LABEL leaves out those with it.
suite() {
    local preset=$1 folder=$2 tests=$3 targets=$4
    shift 4
    say "building $folder: preset $preset $*"
    mkdir -p "$folder"
    cmake --preset "$preset" -B "$folder" "$@" > "$folder/configure.log" 2>&1 || { cat "$folder/configure.log"; exit 1; }
    grep 'sextant: libtorch' "$folder/configure.log" || echo "-- sextant: without libtorch"
    # shellcheck disable=SC2086
    cmake --build "$folder" --target ${targets:-all}
    say "testing $folder"
    ctest --test-dir "$folder" --output-on-failure --no-tests=error -j "$(nproc)" -R "${tests:-.}" -LE "${apart:-^$}" | tee "$folder/tests.log"
    passed=$((passed + $(grep -c ' Passed ' "$folder/tests.log")))
    # What each test says at its end: its counts.
    awk '$2 == "Testing:" { name = $3 } /^<end of output>/ { print (index(line, name) ? "" : name ": ") line } /[a-z]/ { line = $0 }' \
        "$folder/Testing/Temporary/LastTest.log"
}

if [ "${SEXTANT_TORCH:-}" = none ]; then
    echo "run.sh: the tests need libtorch; unset SEXTANT_TORCH" >&2
    exit 2
fi
mkdir -p build
bash cmake/setup.sh --tests
# One suite takes from the compiler cache what another has compiled, precompiled headers too.
export CCACHE_BASEDIR=$PWD CCACHE_SLOPPINESS=pch_defines,time_macros

# Everything, with the libtorch that a plain configuration finds.
apart=families suite ci build/ci "" ""
# What runs networks, with the newest libtorch.
suite ci build/ci-torch-2.13 '^(model|encode|encode_soak|rerank|search|import_clip|command_line|readme)$' \
    'test_model test_encode test_rerank test_search encode_soak families_probe sextant_cli 1_first_search' \
    -DCMAKE_PREFIX_PATH="$(build/python/bin/python -c 'import torch; print(torch.utils.cmake_prefix_path)')"
# Every model family, exported once and run with both.
say "testing every model family"
form=("${long[@]}")
for folder in build/ci build/ci-torch-2.13; do
    form+=(--probe $folder/tests/parity/families_probe
           --libtorch "$(sed -n 's/.*sextant: libtorch \([0-9]*\.[0-9]*\).*/\1/p' $folder/configure.log)")
done
build/python/bin/python -W ignore tests/parity/parity_families.py "${form[@]}"
passed=$((passed + 1))
# Without libtorch: everything builds, and an index can be linked alone.
suite no-torch build/no-torch '^(core|kernels|store|index|model|encode|search|consumer|example_2_own_vectors)$' ""
# What meets hostile bytes, under the sanitizers.
suite asan build/asan '^(media|media_bombs|preprocess|tokenize|bundle|store|index|index_io_errors|search)$' \
    'test_media media_bombs test_preprocess test_tokenize test_bundle test_store test_index index_io_errors test_search' -DSEXTANT_WITH_TORCH=OFF

# Readers beside a writer, where no race goes unseen.
suite tsan build/tsan '^index_readers$' index_readers
build/tsan/tests/hostile/index_readers "${long[@]}"
passed=$((passed + 1))

# The fuzzers. A finding is left in build/asan/tests/fuzz.
fuzz_seconds=30
if $all; then fuzz_seconds=600; fi
suite asan build/asan '^fuzz_' fuzzers -DSEXTANT_WITH_TORCH=OFF \
    -DSEXTANT_FUZZ_SECONDS=$fuzz_seconds

if $all; then
    say "the slow suites in full"
    for program in index_bit_flips index_truncation index_kill index_io_errors; do build/ci/tests/hostile/$program --all; done
    for folder in build/ci build/ci-torch-2.13; do $folder/tests/hostile/encode_soak --all; done
    build/python/bin/python tests/hostile/hostile_models.py --probe build/ci/tests/hostile/hostile_models --all
    build/python/bin/python tests/parity/real_retrieval.py --probe build/ci-torch-2.13/tests/parity/families_probe
    suite asan build/asan-all "" "all fuzzers" -DSEXTANT_FUZZ_SECONDS=1
    suite tsan build/tsan '^(store|index|encode|rerank|search)$' 'test_store test_index test_encode test_rerank test_search'
fi
say "all tests passed"
echo "$passed passed, 0 failed"
