#!/usr/bin/env bash
# Measures one thing, beside its peer or beside chance:  bash benchmarks/run.sh NAME
#   queries     how many of 50 plain queries find a fitting picture among the first 5 of the bundled drawings
#   preprocess  texts to ids and JPEG files to tensors, beside the Python originals
# Parameters are printed above the figures; each figure is one line: figure NAME VALUE goal GOAL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
    queries)
        bash cmake/setup.sh
        mkdir -p build
        cmake -S . -B build/quickstart -G Ninja -DCMAKE_BUILD_TYPE=Release > build/quickstart.log 2>&1 ||
            { cat build/quickstart.log; exit 1; }
        cmake --build build/quickstart --target sextant_cli
        python3 benchmarks/queries.py build/quickstart/sextant ;;
    preprocess)
        bash cmake/setup.sh --tests
        mkdir -p build
        cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release -DSEXTANT_WITH_TORCH=OFF -DSEXTANT_BUILD_EXAMPLES=OFF \
            -DSEXTANT_BUILD_BENCHMARKS=ON > build/bench.log 2>&1 || { cat build/bench.log; exit 1; }
        cmake --build build/bench
        build/python/bin/python benchmarks/image.py build/bench/benchmarks/bench_image ;;
    *) echo "usage: bash benchmarks/run.sh queries|preprocess" >&2; exit 2 ;;
esac
