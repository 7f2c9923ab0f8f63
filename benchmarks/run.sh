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
        cmake -S . -B build/quickstart -G Ninja -DCMAKE_BUILD_TYPE=Release > build/quickstart.log 2>&1 ||
            { cat build/quickstart.log; exit 1; }
        cmake --build build/quickstart --target sextant_cli
        python3 benchmarks/queries.py build/quickstart/sextant ;;
    *) echo "usage: bash benchmarks/run.sh queries" >&2; exit 2 ;;
esac
