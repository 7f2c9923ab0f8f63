#!/usr/bin/env bash
# From nothing to the two demo bundles: installs Debian packages and a private Python, draws, trains, evaluates, exports.
#
#   bash examples/train_demo/run.sh [WORK_FOLDER]     (default: build/train_demo)
#
# On 2 cores the whole takes under 90 minutes. SCALE=0.1 trains for a tenth of the steps, to see that everything runs.
# OUT chooses where the bundles go (default: examples/models).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mkdir -p "${1:-$here/../../build/train_demo}" && cd "${1:-$here/../../build/train_demo}" && pwd)
out=${OUT:-$here/../models}
scale=${SCALE:-1}
export PYTHONPATH="$here:$here/../export" PYTHONDONTWRITEBYTECODE=1 TOKENIZERS_PARALLELISM=false
packages="openclipart-svg fonts-noto-color-emoji unicode-cldr-core wordnet-base librsvg2-bin python3-venv"
TIMEFORMAT='   (%lR on the clock, %lU + %lS of CPU)'

steps() { awk "BEGIN { printf \"%d\", $1 * $scale }"; }
step() { printf '\n== %s\n' "$1"; shift; time "$@"; }
train() { (cd "$work" && nice python "$here/$1.py" "$work" "${@:2}"); }

install_packages() {
  local missing=()
  for package in $packages; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  if [ ${#missing[@]} -gt 0 ]; then
    local root=""; [ "$(id -u)" = 0 ] || root=sudo
    echo "installing ${missing[*]}"
    $root apt-get update -qq && $root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
}

install_python() {
  [ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
}

# Three small networks at once on two cores, since convolutions this small gain little from a second thread.
train_towers() {
  local jobs=() job
  export OMP_NUM_THREADS=1
  train train_image image_a "$(steps 2600)" 1 0.08 >"$work/image_a.log" 2>&1 & jobs+=($!)
  train train_image image_b "$(steps 2600)" 2 0.05 >"$work/image_b.log" 2>&1 & jobs+=($!)
  train train_text text "$(steps 1500)" 1 >"$work/text.log" 2>&1 & jobs+=($!)
  unset OMP_NUM_THREADS
  for job in "${jobs[@]}"; do wait "$job"; done
  for job in image_a image_b text; do tail -n 1 "$work/$job.log"; done
}

step "Debian packages" install_packages
step "Python packages in $work/venv" install_python
export PATH="$work/venv/bin:$PATH"
step "drawing every picture once" train render 64
step "MiniLM's vectors of captions, WordNet's words and glosses" train teacher
step "the small tokenizer" train tokenizer
step "image towers and text tower" train_towers
step "the pictures of the examples" python "$here/pictures.py" "$work" "$work/pictures"
step "the dual encoder's bundle" train export "$out" dual
step "the reranker" train train_rerank "$(steps 310)" 1
step "the reranker's bundle" train export "$out" rerank
step "held-out figures of both" train report "$out"
