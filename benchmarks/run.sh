#!/usr/bin/env bash
# Measures one thing, beside its peer or beside chance:  bash benchmarks/run.sh NAME
#   queries      how many of 50 plain queries find a fitting picture among the first 5 of the bundled drawings
#   preprocess   how much faster than the Python originals texts and pictures become what a network is fed
#   encode       how much faster than sentence-transformers and transformers texts and pictures become vectors
#   index        how much faster than faiss and torch an index is searched exactly, and than faiss, hnswlib, usearch, scalable-vs and
#                scann approximately, at the same recall, and built; plots go to build/bench-data/graph-*.svg (the first run encodes
#                117,659 texts: ten minutes; the second set of the graph, 1 M x 512, takes 16 GB of memory: "index --rows 100000" for fewer)
#   filters      what a filter costs and does to recall, by how many records meet it and where they lie; on the same texts
#   scale        what an index costs as it grows, and what readers wait beside a writer; ROWS=300000 for less than a million
# Parameters are printed above the figures; each figure is one line: figure NAME VALUE goal GOAL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

configure_bench() {
    cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release -DSEXTANT_WITH_TORCH=OFF -DSEXTANT_BUILD_EXAMPLES=OFF \
        -DSEXTANT_BUILD_BENCHMARKS=ON > build/bench.log 2>&1 || { cat build/bench.log; exit 1; }
}

data=build/bench-data

glosses() {
    mkdir -p $data
    [ -e $data/glosses.npy ] || "${SEXTANT_PYTHON:-build/python/bin/python}" benchmarks/glosses.py $data/glosses.npy
}

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
        configure_bench
        for part in text image; do
            cmake --build build/bench --target "${part}_benchmark"
            "${SEXTANT_PYTHON:-build/python/bin/python}" "benchmarks/$part.py" "build/bench/benchmarks/${part}_benchmark"
        done ;;
    encode)
        bash cmake/setup.sh --tests
        torch=$("${SEXTANT_PYTHON:-build/python/bin/python}" -c 'import torch; print(torch.utils.cmake_prefix_path)')
        mkdir -p build
        cmake -S . -B build/bench-torch -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$torch" -DSEXTANT_BUILD_EXAMPLES=OFF \
            -DSEXTANT_BUILD_BENCHMARKS=ON > build/bench-torch.log 2>&1 || { cat build/bench-torch.log; exit 1; }
        cmake --build build/bench-torch --target encode_benchmark
        "${SEXTANT_PYTHON:-build/python/bin/python}" -W ignore benchmarks/encode.py build/bench-torch/benchmarks/encode_benchmark ;;
    index)
        bash cmake/setup.sh --tests
        peers=build/bench-python
        if ! cat benchmarks/requirements.txt benchmarks/graph-peers.txt | cmp -s - $peers/installed; then
            python3 -m venv --clear $peers
            $peers/bin/python -m pip install -q --disable-pip-version-check -r benchmarks/requirements.txt
            while read -r peer; do  # one that cannot be installed is left out, and graph.py says so
                $peers/bin/python -m pip install -q --disable-pip-version-check "$peer" || echo "cannot install $peer here"
            done < <(grep -v '^#' benchmarks/graph-peers.txt)
            cat benchmarks/requirements.txt benchmarks/graph-peers.txt > $peers/installed
        fi
        glosses
        configure_bench
        cmake --build build/bench --target index_benchmark
        $peers/bin/python benchmarks/index.py build/bench/benchmarks/index_benchmark $data "${@:2}"
        $peers/bin/python benchmarks/graph.py build/bench/benchmarks/index_benchmark $data "${@:2}" ;;
    filters)
        bash cmake/setup.sh --tests
        glosses
        configure_bench
        cmake --build build/bench --target filters_benchmark
        build/bench/benchmarks/filters_benchmark $data/glosses.npy 2 ;;
    scale)
        bash cmake/setup.sh
        mkdir -p $data
        configure_bench
        cmake --build build/bench --target scale_benchmark
        python3 benchmarks/scale.py build/bench/benchmarks/scale_benchmark $data --rows "${ROWS:-1000000}" ;;
    *) echo "usage: bash benchmarks/run.sh queries|preprocess|encode|index|filters|scale" >&2; exit 2 ;;
esac
