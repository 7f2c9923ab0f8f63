#!/usr/bin/env bash
# The main job on a fresh machine: set up, build, index the bundled pictures, search them with words.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }

mkdir -p build
bash cmake/setup.sh
say "building (build/quickstart)"
with_torch=$([ "${SEXTANT_TORCH:-}" = none ] && echo OFF || echo ON)
cmake -S . -B build/quickstart -G Ninja -DCMAKE_BUILD_TYPE=Release -DSEXTANT_WITH_TORCH="$with_torch" > build/quickstart.log 2>&1 ||
    { cat build/quickstart.log; exit 1; }
cmake --build build/quickstart --target sextant_cli

sextant=build/quickstart/sextant
index=build/quickstart/pictures.sextant
say "sextant index examples/pictures --into $index"
rm -f "$index"
"$sextant" index examples/pictures --into "$index"
for words in "heart" "a tall tree" "a yellow lemon"; do
    say "sextant search $index \"$words\" --k 5 --rerank"
    "$sextant" search "$index" "$words" --k 5 --rerank --html build/quickstart/contact-sheet.html
done
say "done: open build/quickstart/contact-sheet.html in a browser, or search for something else"
