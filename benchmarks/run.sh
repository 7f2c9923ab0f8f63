#!/usr/bin/env bash
# Measures one thing, beside its peer or beside chance:  bash benchmarks/run.sh NAME
#   queries      how many of 50 plain queries find a fitting picture among the first 5 of the bundled drawings
#   preprocess   how much faster than the Python originals texts and pictures become what a network is fed
# Parameters are printed above the figures; each figure is one line: figure NAME VALUE goal GOAL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
    queries)
        bash cmake/setup.sh
        mkdir -p build
        build=build/quickstart${SEXTANT_TORCH:+-$SEXTANT_TORCH}
        cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release > "$build.log" 2>&1 || { cat "$build.log"; exit 1; }
        cmake --build "$build" --target sextant_cli
        python3 benchmarks/queries.py "$build/sextant" ;;
    preprocess)
        bash cmake/setup.sh --tests
        cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release -DSEXTANT_WITH_TORCH=OFF -DSEXTANT_BUILD_EXAMPLES=OFF \
            -DSEXTANT_BUILD_BENCHMARKS=ON > build/bench.log 2>&1 || { cat build/bench.log; exit 1; }
        for part in text image; do
            cmake --build build/bench --target "${part}_benchmark"
            "${SEXTANT_PYTHON:-build/python/bin/python}" "benchmarks/$part.py" "build/bench/benchmarks/${part}_benchmark"
        done ;;
    *) echo "usage: bash benchmarks/run.sh queries|preprocess" >&2; exit 2 ;;
esac
