"""Exports tiny models of every family, built by the real classes with seeded random weights, and real MiniLM, and compares
what Sextant makes of them with the originals: over texts and odd pictures, singly and in batches.

    python tests/parity/parity_families.py --probe build/ci/tests/parity/families_probe --libtorch 1.13.1
        [--all] [--only WORD] [--write]

The short form takes fewer inputs; --all takes 200 texts and 100 pictures. Cosines must be at least 0.99999, scores within
1e-4, and rankings equal but for ties under 1e-6. A row per model goes into examples/export/FAMILIES.md with --write; without
it the run fails if that table does not list exactly what was verified.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "examples/export"))
import export  # noqa: E402
from tiny import all_cases, comparison, pictures, table  # noqa: E402
from tiny.case import SEED as SEED_OF_MODELS  # noqa: E402
from tokenize_texts import glosses, odd_text  # noqa: E402

SEED = 5


def inputs(case, full, paths):
    """The same for every model: definitions, odd texts, one that is empty, one that is cut; and odd pictures."""
    rng, count = random.Random(SEED), 200 if full else 40
    texts = ["", "a red bicycle", " ".join(glosses(rng, 12))] + glosses(rng, count // 2)
    texts += [odd_text(rng, ["<mask>", "[MASK]", "</s>"]) for _ in range(count - len(texts))]
    if case.avoided:
        texts = [text.replace(case.avoided, "") for text in texts]
    made = {"documents": texts, "queries": texts[:count // 2]}
    made["pairs"] = [(rng.choice(texts), rng.choice(texts)) for _ in range(count - 2)] + [("", ""), (texts[2], texts[2])]
    made["images"] = paths
    made["picture_pairs"] = made["text_images"] = [(rng.choice(texts), path) for path in paths]
    return {kind: made[kind] for kind in case.kinds}


def asked(probe, bundle, request, batch_size):
    """What the probe answers: by kind of input a dictionary as the originals' (tiny/case.py)."""
    with tempfile.TemporaryDirectory() as folder:
        given, result = pathlib.Path(folder) / "request.json", pathlib.Path(folder) / "floats"
        given.write_text(json.dumps({"batch_size": batch_size, **request}), encoding="utf-8")
        done = subprocess.run([probe, str(bundle), str(given), str(result)], stdout=subprocess.PIPE, check=True,
                              env={**os.environ, "OMP_NUM_THREADS": "1"})
        floats = np.fromfile(result, dtype=np.float32)
    at = 0

    def matrix(shape):
        nonlocal at
        at += shape[0] * shape[1]
        return floats[at - shape[0] * shape[1]:at].reshape(shape)

    answer = json.loads(done.stdout)
    for kind, outputs in answer.items():
        for output, value in outputs.items():
            if output == "sparse" and not kind.startswith("queries of "):
                outputs[output] = [{token: weight for token, weight in row} for row in value]
            elif output == "multi" and not kind.startswith("queries of "):
                outputs[output] = [matrix(shape) for shape in value]
            else:
                outputs[output] = matrix(value[0])[:, 0] if output == "scores" else matrix(value[0])
    return answer


def verify(case, options, paths):
    """Exports one model and compares it; returns the worst figures."""
    with tempfile.TemporaryDirectory() as folder:
        source, bundle = pathlib.Path(folder) / "model", pathlib.Path(folder) / "bundle"
        source.mkdir()
        case.make(source)
        export.export(case.export_from(source), bundle, **case.options)
        given = inputs(case, options.all, paths)
        original = case.original(source)
        expected = {kind: original(kind, list(items)) for kind, items in given.items()}
        worst, manifest = comparison.Worst(), json.loads((bundle / "manifest.json").read_text())
        for batch_size in (1, 32):
            worst = worst.and_of(comparison.compare(asked(options.probe, bundle, given | {"scores": True}, batch_size), expected, manifest))
        return worst


def verify_all(options, paths):
    """The rows of what passes, and the cases that fail."""
    rows, failed = [], []
    for case in all_cases():
        if options.only not in f"{case.family}: {case.configuration}":
            continue
        start = time.monotonic()
        try:
            worst = verify(case, options, paths)
        except (export.ExportError, subprocess.CalledProcessError) as error:
            print(f"{case.family}: {case.configuration}: {error}")
            failed.append(case)
            continue
        print(f"{case.family}: {case.configuration}: {worst}; {time.monotonic() - start:.1f} s", flush=True)
        if worst.passes():
            rows.append(table.Row(case.family, case.configuration, options.libtorch, worst))
        else:
            failed.append(case)
    return rows, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--libtorch", required=True, help="the version that the probe runs")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="", help="models whose family or configuration contains this")
    parser.add_argument("--write", action="store_true", help="write the table's rows")
    options = parser.parse_args()

    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)  # the models are so small that a second thread would only wait
    print(f"inputs with seed {SEED}, models with seed {SEED_OF_MODELS} and on")
    with tempfile.TemporaryDirectory() as folder:
        rows, failed = verify_all(options, pictures.write(pathlib.Path(folder), 100 if options.all else 12))
    path = TOP / "examples/export/FAMILIES.md"
    if options.write:
        table.write(path, rows, options.libtorch, partly=bool(options.only))
    elif not options.only:
        failed += table.differences(path, rows, options.libtorch)
    print(f"{len(rows)} models verified, {len(failed)} failures")
    if failed or not rows:
        sys.exit("FAILED")


if __name__ == "__main__":
    main()
