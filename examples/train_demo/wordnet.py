"""Reads WordNet 3.0's own data files (package wordnet-base): words, glosses and the is-a tree of nouns."""

import re
from functools import lru_cache
from pathlib import Path

FOLDER = Path("/usr/share/wordnet")


@lru_cache(maxsize=None)
def synsets():
    """[(part of speech, [lemmas], gloss without examples, [keys of hypernyms], key)] for all 117,659 synsets."""
    rows = []
    for part in ("noun", "verb", "adj", "adv"):
        for line in (FOLDER / f"data.{part}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):  # the licence at the head of each file
                continue
            data, _, gloss = line.partition(" | ")
            fields = data.split(" ")
            count = int(fields[3], 16)
            lemmas = [re.sub(r"\(.*\)", "", fields[4 + 2 * i]).replace("_", " ") for i in range(count)]
            pointers = fields[5 + 2 * count:]
            parents = [part + pointers[i + 1] for i in range(0, len(pointers) - 3, 4) if pointers[i] in ("@", "@i")]
            rows.append((part, lemmas, gloss.split(';  "')[0].split('; "')[0].strip(), parents, part + fields[0]))
    return rows


@lru_cache(maxsize=None)
def single_words():
    return {lemma.lower() for _, lemmas, _, _, _ in synsets() for lemma in lemmas if " " not in lemma}


@lru_cache(maxsize=None)
def _first_noun_sense():
    """Word -> key of its commonest noun sense, as the order in index.noun has it."""
    senses = {}
    for line in (FOLDER / "index.noun").read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            continue
        fields = line.split()
        senses[fields[0].replace("_", " ")] = "noun" + fields[6 + int(fields[3])]
    return senses


@lru_cache(maxsize=None)
def _nouns():
    return {key: (lemmas, parents) for part, lemmas, _, parents, key in synsets() if part == "noun"}


def kinds_of(word):
    """What the word is a kind of, nearest first: 'dog' -> ['dog', 'canine', 'carnivore', 'mammal', ...]."""
    nouns, chain = _nouns(), []
    key = _first_noun_sense().get(word)
    while key in nouns and len(chain) < 16:
        lemmas, parents = nouns[key]
        chain.append(lemmas[0].lower())
        key = parents[0] if parents else None
    return chain
