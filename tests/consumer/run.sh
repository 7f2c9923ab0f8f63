#!/usr/bin/env bash
# Builds the consumer projects against a build folder and against what it installs:  run.sh BUILD SOURCE
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" > "$work/install.log"
installed=$(dirname "$(find "$work/prefix" -name sextantConfig.cmake)")

consume() {  # project, where find_package looks
    local name
    name=$1-$(basename "$2")
    cmake -S "$source/tests/consumer/$1" -B "$work/$name" -G Ninja -DCMAKE_BUILD_TYPE=Release -Dsextant_DIR="$2" > "$work/$name.log" 2>&1 &&
        cmake --build "$work/$name" >> "$work/$name.log" 2>&1 || { cat "$work/$name.log"; echo "FAILED: $1 against $2"; exit 1; }
    (cd "$source" && "$work/$name/consumer") || { echo "FAILED: running $1"; exit 1; }
}

for project in whole index_only; do
    consume $project "$build"
    consume $project "$installed"
done

# The index alone must not drag libtorch in.
for where in "$build" "$installed"; do
    if ldd "$work/index_only-$(basename "$where")/consumer" | grep -E 'libtorch|libc10'; then
        echo "FAILED: index_only links libtorch"
        exit 1
    fi
done

# The umbrella header shows no third-party header but Eigen's.
echo '#include <sextant/sextant.hpp>' > "$work/umbrella.cpp"
strangers=$("${CXX:-c++}" -std=c++20 -M -I"$work/prefix/include" $(pkg-config --cflags eigen3) "$work/umbrella.cpp" | tr ' \\' '\n\n' |
    grep -E '^/' | grep -vE '/c\+\+/|/gcc/|/clang/|/include/(bits|asm|asm-generic|linux|sys|gnu)/|/include/[a-z0-9_-]+\.h$|/include/[a-z0-9_-]+-linux-gnu/|/eigen3/|/include/sextant/|umbrella\.cpp' || true)
if [ -n "$strangers" ]; then
    echo "FAILED: the umbrella header shows: $strangers"
    exit 1
fi
echo "consumers: 2 projects, each against the build tree and the install tree"
