"""Exports tiny models of every family, built by the real classes with seeded random weights, and real MiniLM, and compares
what Sextant makes of them with the originals: over texts and odd pictures, singly and in batches.

    python tests/parity/parity_families.py --probe build/ci/tests/parity/families_probe --libtorch 1.13
        [--probe PROBE --libtorch VERSION ...] [--all] [--only WORD] [--write]

Each model is exported once, and asked with every libtorch that is given. As many models at a time as there are processors.
The short form takes fewer inputs; --all takes 200 texts and 100 pictures. Cosines must be at least 0.99999, scores within
1e-4, and rankings equal but for ties under 1e-6. A row per model goes into examples/export/FAMILIES.md with --write; without
it the run fails if that table does not list exactly what was verified.
"""
import argparse
import concurrent.futures
import functools
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

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
CASES = list(all_cases())


def inputs(case, full, paths):
    """The same for every model: definitions, odd texts, one that is empty, one that is cut; and odd pictures."""
    rng, count = random.Random(SEED), 200 if full else 40
    texts = ["", "a red bicycle", " ".join(glosses(rng, 12))] + glosses(rng, count // 2)
    texts += [odd_text(rng, ["<mask>", "[MASK]", "</s>"]) for _ in range(count - len(texts))]
    # The originals' packages know different versions of Unicode: without what the oldest has not assigned.
    texts = ["".join(c for c in text if unicodedata.category(c) != "Cn") for text in texts]
    if case.avoided:
        texts = [text.replace(case.avoided, "") for text in texts]
    made = {"documents": texts, "queries": texts[:count // 2]}
    made["pairs"] = [(rng.choice(texts), rng.choice(texts)) for _ in range(count - 2)] + [("", ""), (texts[2], texts[2])]
    made["images"] = paths
    made["picture_pairs"] = made["text_images"] = [(rng.choice(texts), path) for path in paths]
    return {kind: made[kind] for kind in case.kinds}


def asked(probe, bundle, request, batch_sizes):
    """What the probe answers: for each batch size, by kind of input a dictionary as the originals' (tiny/case.py)."""
    with tempfile.TemporaryDirectory() as folder:
        given, result = pathlib.Path(folder) / "request.json", pathlib.Path(folder) / "floats"
        given.write_text(json.dumps({"batch_sizes": batch_sizes, **request}), encoding="utf-8")
        done = subprocess.run([probe, str(bundle), str(given), str(result)], stdout=subprocess.PIPE, check=True,
                              env={**os.environ, "OMP_NUM_THREADS": "1"})
        floats = np.fromfile(result, dtype=np.float32)
    at = 0

    def matrix(shape):
        nonlocal at
        at += shape[0] * shape[1]
        return floats[at - shape[0] * shape[1]:at].reshape(shape)

    answers = json.loads(done.stdout)
    for kind, outputs in itertools.chain.from_iterable(answer.items() for answer in answers):
        for output, value in outputs.items():
            if output == "sparse" and not kind.startswith("queries of "):
                outputs[output] = [{token: weight for token, weight in row} for row in value]
            elif output == "multi" and not kind.startswith("queries of "):
                outputs[output] = [matrix(shape) for shape in value]
            else:
                outputs[output] = matrix(value[0])[:, 0] if output == "scores" else matrix(value[0])
    return answers


def verify(options, paths, case):
    """Exports one model and compares it; returns the worst figures of each libtorch."""
    with tempfile.TemporaryDirectory() as folder:
        source, bundle = pathlib.Path(folder) / "model", pathlib.Path(folder) / "bundle"
        source.mkdir()
        case.make(source)
        export.export(case.export_from(source), bundle, **case.options)
        given = inputs(case, options.all, paths)
        original = case.original(source)
        expected = {kind: original(kind, list(items)) for kind, items in given.items()}
        manifest = json.loads((bundle / "manifest.json").read_text())
        found = []
        for probe in options.probe:
            answers = asked(probe, bundle, given | {"scores": True, "verify": True}, [1, 32])
            found.append(functools.reduce(comparison.Worst.and_of, (comparison.compare(answer, expected, manifest) for answer in answers)))
        return found


def tried(options, paths, number):
    """What verify() finds in one of all cases, which do not travel to another process, or why it finds nothing."""
    try:
        return verify(options, paths, CASES[number])
    except (export.ExportError, subprocess.CalledProcessError) as error:
        return [comparison.Worst(strays=str(error))] * len(options.probe)


def verify_all(options, paths):
    """The rows of what passes, and how many do not."""
    chosen = [number for number, case in enumerate(CASES) if options.only in f"{case.family}: {case.configuration}"]
    rows, failures = [], 0
    # The models are so small that a second thread for one would only wait.
    with concurrent.futures.ProcessPoolExecutor(len(os.sched_getaffinity(0)), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for number, found in zip(chosen, pool.map(functools.partial(tried, options, paths), chosen)):
            case = CASES[number]
            for libtorch, worst in zip(options.libtorch, found):
                print(f"{case.family}: {case.configuration}: libtorch {libtorch}: {worst}", flush=True)
                if worst.passes():
                    rows.append(table.Row(case.family, case.configuration, libtorch, worst))
                else:
                    failures += 1
    return rows, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True, action="append")
    parser.add_argument("--libtorch", required=True, action="append", help="the version that the probe runs")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="", help="models whose family or configuration contains this")
    parser.add_argument("--write", action="store_true", help="write the table's rows")
    options = parser.parse_args()
    if len(options.probe) != len(options.libtorch):
        parser.error("one --libtorch for each --probe")

    transformers.logging.set_verbosity_error()
    print(f"inputs with seed {SEED}, models with seed {SEED_OF_MODELS} and on")
    with tempfile.TemporaryDirectory() as folder:
        rows, failures = verify_all(options, pictures.write(pathlib.Path(folder), 100 if options.all else 12))
    path = TOP / "examples/export/FAMILIES.md"
    for libtorch in options.libtorch:
        if options.write:
            table.write(path, [row for row in rows if row.libtorch == libtorch], libtorch, partly=bool(options.only))
        elif not options.only:
            failures += len(table.unverified(path, rows, libtorch))
    print(f"{len(rows)} models verified, {failures} failures")
    if failures or not rows:
        sys.exit("FAILED")


if __name__ == "__main__":
    main()
