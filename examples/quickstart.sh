#!/usr/bin/env bash
# The main job on a fresh machine: set up, build, index the bundled pictures, search them with words.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }

mkdir -p build
bash cmake/setup.sh
build=build/quickstart${SEXTANT_TORCH:+-$SEXTANT_TORCH}  # a build folder keeps the libtorch it began with
say "building ($build)"
with_torch=$([ "${SEXTANT_TORCH:-}" = none ] && echo OFF || echo ON)
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSEXTANT_WITH_TORCH="$with_torch" > "$build.log" 2>&1 ||
    { cat "$build.log"; exit 1; }
cmake --build "$build" --target sextant_cli

sextant=$build/sextant
index=$build/pictures.sextant
say "sextant index examples/pictures --into $index"
rm -f "$index"
"$sextant" index examples/pictures --into "$index"
for words in "heart" "a tall tree" "a yellow lemon"; do
    say "sextant search $index \"$words\" --k 5 --rerank"
    "$sextant" search "$index" "$words" --k 5 --rerank --html "$build/contact-sheet.html"
done
say "done: open $build/contact-sheet.html in a browser, or search for something else"
