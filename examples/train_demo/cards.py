"""The README.md of each bundle, with the figures just measured."""

LICENCES = """\
## Data and licences

The weights are Apache-2.0, like the rest of this repository. They were learned from:

- drawings of the Open Clip Art Library (Debian package `openclipart-svg`): public domain;
- Noto Color Emoji (package `fonts-noto-color-emoji`): SIL Open Font Licence 1.1 (its build scripts Apache-2.0), with
  names and keywords of Unicode CLDR (package `unicode-cldr-core`): Unicode licence. No glyph of the font is shipped;
- words and definitions of WordNet 3.0 (package `wordnet-base`), copyright Princeton University: WordNet licence;
- vectors of all-MiniLM-L6-v2 (Apache-2.0), the teacher; the tokenizer is a part of its vocabulary, and the text
  tower's token embeddings began as the main directions of its own.
"""
COLUMNS = ["recall@1", "recall@5", "recall@10", "mrr"]


def table(found):
    lines = ["| query | search | " + " | ".join(COLUMNS) + " | recall@10, any of the title | chance of that |",
             "|---|---|" + "---|" * (len(COLUMNS) + 2)]
    for name in next(iter(found.values())):
        for search, results in found.items():
            values, any_of = results[name], results[name]["any_of_the_title"]
            lines.append(f"| {name.replace('_', ' ')} | {search.replace('_', ' ')} | "
                         + " | ".join(f"{values[c]:.3f}" for c in COLUMNS)
                         + f" | {any_of['recall@10']:.3f} | {any_of['chance@10']:.3f} |")
    return "\n".join(lines)


def measured(general, found):
    return f"""\
## Figures

Held-out pictures only: {general['held_out_pictures']} pictures whose titles, in any variant, no training picture had.
Each picture's own title (or title and keywords) searches among all of them, and only that very picture is right; chance
of recall@10 is {general['chance_recall@10']:.3f}. The last two columns count every picture of the same normalised title
as right.

{table(found)}

`python report.py` in `examples/train_demo` printed these; the same numbers stand in `manifest.json`.
"""


def dual(general, found):
    return f"""\
# sextant-demo: a small dual encoder for words and drawings

Two towers into one space of 256 dimensions, trained from scratch for the examples of this repository with
`examples/train_demo` on {general['training_pictures']} drawings and emoji, in under 90 minutes on 2 processor
cores. Pictures are squashed to 64 x 64 and seen by two small convolutional networks, each also mirrored; words pass
through 8,192 word pieces and two transformer layers. The first dimension lowers the cosine of pictures that lie near
every caption. Weights are 8-bit integers, computed with in float32.

{measured(general, found)}
## Limits

It knows clip art, icons, flags and emoji, not photographs; common English nouns, not sentences; it cannot read, count,
or tell who a person is. Good search over photographs needs a large model exported into a
bundle; this one shows that the machinery works, in {general['size_mb']} MB.

{LICENCES}"""


def rerank(general, found, share):
    title = {search: results["title"] for search, results in found.items()}
    before, after = title["retrieval"], title["retrieval_and_rerank"]
    gain = after["mrr"] - before["mrr"]
    if share > 0 and gain > 0.005:
        verdict = f"On held-out pictures it helps: MRR by title goes from {before['mrr']:.3f} to {after['mrr']:.3f}."
    elif share == 0:
        verdict = """\
**It does not help.** No share of the second part made the order on the validation slice better (MRR and recall@10), so
the share is 0: the score is the cosine of `sextant-demo`, and the order stays what it was. The bundle shows how
reranking works; leave it off otherwise."""
    else:
        verdict = (f"**On held-out pictures it does not help**: MRR by title is {before['mrr']:.3f} without and "
                   f"{after['mrr']:.3f} with it. It is here to show how reranking works; leave it off otherwise.")
    return f"""\
# sextant-demo-rerank: a small cross-encoder for (words, drawing) pairs

It scores one text against one picture. The towers of `sextant-demo` are inside; their agreement (the cosine) is the
first part of the score. In the second part the words look, through one layer of cross-attention, at 16 places of
the picture in each tower's last map; trained on the hard candidates of the training side, and added with the share
{share:g}, which was chosen on a validation slice of the training side. Scores are comparable within one query only.

{verdict}

{measured(general, found)}
The first 100 pictures of the retrieval were scored again.

## Limits

Those of `sextant-demo`. A pair costs two small convolutional networks, each run twice.

{LICENCES}"""
