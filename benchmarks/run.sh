#!/usr/bin/env bash
# Measures one thing, beside its peer or beside chance:  bash benchmarks/run.sh NAME
#   queries    how many of 50 plain queries find a fitting picture among the first 5 of the bundled drawings
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
    *) echo "usage: bash benchmarks/run.sh queries" >&2; exit 2 ;;
esac
