"""Compares the rows of tokens that sextant feeds a network with those that Hugging Face `tokenizers` pads: both sides, to
the longest or to a fixed length, up to a multiple, single texts and pairs.

    python tests/parity/parity_padding.py --probe BUILD/tests/parity/padding_probe [--batches 300] [--seed N]
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import tokenize_pipelines as pipelines
import tokenize_texts as texts

FAMILIES = ("clip", "roberta", "mpnet", "bert", "llama")


def make_job(rng, lines):
    count = rng.randrange(1, 6)
    return {"texts": [rng.choice(lines) for _ in range(count)],
            "seconds": [rng.choice(lines) for _ in range(count)] if rng.random() < 0.3 else None,
            "max_length": rng.choice((8, 13, 16, 77, 128)), "side": rng.choice(("left", "right")),
            "multiple": rng.choice((0, 1, 2, 8, 24, 64)), "fixed": rng.random() < 0.3,
            "pad_id": rng.randrange(50), "pad_type_id": rng.randrange(3)}


def expected(tokenizer, job):
    tokenizer.enable_truncation(job["max_length"])
    tokenizer.enable_padding(direction=job["side"], pad_id=job["pad_id"], pad_type_id=job["pad_type_id"], pad_token="x",
                             length=job["max_length"] if job["fixed"] else None, pad_to_multiple_of=job["multiple"] or None)
    encodings = tokenizer.encode_batch(list(zip(job["texts"], job["seconds"])) if job["seconds"] else job["texts"])
    return [[e.ids for e in encodings], [e.attention_mask for e in encodings], [e.type_ids for e in encodings]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--batches", type=int, default=300, help="of each pipeline")
    parser.add_argument("--seed", type=int, default=20261126)
    args = parser.parse_args()
    print("seed", args.seed)
    rng = random.Random(args.seed)
    lines = texts.glosses(rng, 1500)
    mismatches = padded = 0
    for family in FAMILIES:
        tokenizer = {**pipelines.FAMILIES, **pipelines.OTHERS}[family](lines)
        jobs = [make_job(rng, lines + [""]) for _ in range(args.batches)]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "tokenizer.json"
            file.write_text(tokenizer.to_str(), encoding="utf-8")
            done = subprocess.run([args.probe, file], input="".join(json.dumps(job) + "\n" for job in jobs), text=True,
                                  capture_output=True)
        if done.returncode != 0:
            sys.exit("%s: the probe failed: %s" % (family, done.stderr))
        seen = [json.loads(line) for line in done.stdout.splitlines()]
        wanted = [expected(tokenizer, job) for job in jobs]
        wrong = [job for job, a, b in zip(jobs, wanted, seen, strict=True) if a != b]
        for job in wrong[:2]:
            print("   ", json.dumps(job)[:400])
        mismatches += len(wrong)
        padded += sum(0 in row for answer in wanted for row in answer[1])
        print("%-10s %d batches, %d mismatches" % (family, len(jobs), len(wrong)))
    assert padded > len(FAMILIES) * args.batches / 2, "hardly anything was padded"
    print("%d rows padded, mismatches in all: %d" % (padded, mismatches))
    sys.exit(mismatches > 0)


main()
