"""Compares sextant's clean_text with what open_clip, without ftfy, and LAVIS do to a text before it is tokenized."""
import html
import html.entities
import os
import re
import string
import struct
import subprocess
import unicodedata

import tokenize_texts as texts


def whitespace(text):
    return " ".join(text.split()).strip()


def basic(text):
    return html.unescape(html.unescape(text)).strip()


def caption(text):
    """BLIP's, written from its documentation: LAVIS does not install beside the others."""
    text = re.sub(r"\s{2,}", " ", re.sub(r"[.!\"()*#:;~]", " ", text.lower()))
    return " ".join(text.rstrip("\n").strip(" ").split(" ")[:50])


# The functions of open_clip/tokenizer.py and LAVIS, in the order of TextCleaning.
CLEANINGS = (lambda text: text,
             lambda text: whitespace(basic(text)),
             lambda text: whitespace(basic(text)).lower(),
             lambda text: whitespace(basic(text).replace("_", " ").translate(str.maketrans("", "", string.punctuation)).lower()),
             caption)


def references(rng, count):
    """Names whole, cut, doubled and run together, and numbers of all kinds."""
    names = list(html.entities.html5)
    for name in names:
        yield "x&" + name + "y"
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(1, 6)):
            name = rng.choice(names)
            parts.append(rng.choice(("&" + name, "&" + name[:rng.randint(0, len(name))], "&amp;" + name, "&amp;amp;" + name,
                                     "&#%d;" % rng.randrange(0x120000), "&#x%x" % rng.randrange(0x300), "&#%d" % rng.randrange(400),
                                     "&#X%X;" % rng.randrange(0x12000), "&#", "&", ";", " ", "\x1c", "\u0130", "A\u03a3", "\u03a3", "'", "\u00ad",
                                     texts.odd_text(rng, ["\u03a3"]))))
        yield "".join(parts)
    for _ in range(count // 4):
        yield "".join(rng.choice((" ", "  ", "\n", ". ", "a", "Bc", "\u03a3", "!", "\u3000", "\x1c")) for _ in range(rng.randint(1, 250)))


def is_known(text):
    """Whether Python's Unicode has all the letters: those that it lacks have no lower case there."""
    return all(unicodedata.category(c) != "Cn" for c in basic(text))


def compare(rng, count, probe, folder, show):
    lines = list(references(rng, count)) + list(texts.every_code_point(rng, 1, 0.02)) + [texts.random_utf8(rng) for _ in range(count)]
    cases = [(rng.randrange(len(CLEANINGS)), "".join(filter(is_known, line)) if "&" not in line else line) for line in lines]
    cases = [case for case in cases if is_known(case[1])]
    inputs, out = os.path.join(folder, "inputs"), os.path.join(folder, "out")
    with open(inputs, "wb") as f:
        for cleaning, text in cases:
            raw = text.encode()
            f.write(struct.pack("<II", cleaning, len(raw)) + raw)
    done = subprocess.run([probe, "--clean", inputs, out], capture_output=True, text=True)
    if done.returncode != 0:
        print("cleaning: the probe failed:", done.stderr.strip())
        return 1
    with open(out, "rb") as f:
        data = f.read()
    at = wrong = 0
    for cleaning, text in cases:
        (size,), at = struct.unpack_from("<I", data, at), at + 4
        seen, at = data[at:at + size].decode(), at + size
        expected = CLEANINGS[cleaning](text)
        if seen != expected:
            wrong += 1
            if wrong <= show:
                print("   ", cleaning, ascii(text)[:300], "expected", ascii(expected)[:300], "seen", ascii(seen)[:300])
    print("%-20s %7d inputs %5d mismatches" % ("cleaning", len(cases), wrong), flush=True)
    return wrong
