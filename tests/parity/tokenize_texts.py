"""The texts on which parity_tokenize.py compares: everything is made from one seed."""
import functools
import glob
import os
import random
import xml.etree.ElementTree as xml

CLDR = "/usr/share/unicode/cldr/common/annotations"  # Debian package unicode-cldr-core


@functools.cache
def all_glosses():
    lines = []
    for path in sorted(glob.glob("/usr/share/wordnet/data.*")):
        with open(path, encoding="utf-8", errors="replace") as file:
            lines += [line.split("|", 1)[1].strip() for line in file if "|" in line]
    return lines


def glosses(rng, count):
    """Definitions of WordNet (Debian package wordnet-base), or generated sentences."""
    if all_glosses():
        return rng.sample(all_glosses(), min(count, len(all_glosses())))
    syllables = [a + b for a in "bcdfglmnprst" for b in ("a", "e", "i", "o", "u", "an", "er", "ing")]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(5000)]
    return [" ".join(rng.choices(words, k=rng.randint(3, 20))) + rng.choice(".;!?") for _ in range(count)]


ALPHABETS = ((0x61, 0x7A), (0xDF, 0xFF), (0x100, 0x17F), (0x3B1, 0x3C9), (0x430, 0x44F), (0x561, 0x586), (0x5D0, 0x5EA), (0x621, 0x64A),
             (0x904, 0x94D), (0x985, 0x9CD), (0xA05, 0xA4D), (0xA85, 0xACD), (0xB85, 0xBCD), (0xC05, 0xC4D), (0xC85, 0xCCD), (0xD05, 0xD4D),
             (0xD85, 0xDCA), (0xE01, 0xE4D), (0xE81, 0xEC4), (0x1000, 0x103A), (0x10D0, 0x10F0), (0x1200, 0x135A), (0x1780, 0x17B5),
             (0x1820, 0x1877), (0x1E00, 0x1EFF), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x13A0, 0x13F4))


@functools.cache
def all_annotations():
    """By language."""
    found = []
    for path in sorted(glob.glob(os.path.join(CLDR, "*.xml"))):
        lines = [a.get("cp") + " " + (a.text or "") for a in xml.parse(path).iter("annotation")]
        if lines:
            found.append(lines)
    return found


def annotations(rng, count):
    """CLDR's names of emoji in all languages that have some, with the emoji; without CLDR words of thirty alphabets."""
    lines = [line for found in all_annotations() for line in rng.sample(found, min(len(found), 2 + 4 * count // 100))]
    if not lines:
        for _ in range(count):
            first, last = rng.choice(ALPHABETS)
            words = ["".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 9))) for _ in range(rng.randint(1, 8))]
            lines.append(rng.choice(EMOJI) + " " + " ".join(words))
    rng.shuffle(lines)
    return lines[:count], len(all_annotations()) or len(ALPHABETS)


@functools.cache
def code_points():
    return [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


ALIKE = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0x12000, 0x15FFF), (0x17000, 0x18FFF),
         (0x20000, 0x323AF))  # ideographs, Hangul, private use, cuneiform, Tangut
NOTHING = ((0x323B0, 0xDFFFF), (0xE0200, 0x10FFFF))


@functools.cache
def kinds_of_points():
    """All code points: those of their own kind, those of which thousands are alike, those that are not assigned."""
    kinds = [], [], []
    for c in code_points():
        kinds[1 if any(a <= c <= b for a, b in ALIKE) else 2 if any(a <= c <= b for a, b in NOTHING) else 0].append(c)
    return kinds


def every_code_point(rng, share, share_of_alike):
    """Each code point alone, and between letters, in texts of thirty-two; of those that are alike a smaller share."""
    shares = share, share_of_alike, 0.002 * share
    points = sorted(c for kind, part in zip(kinds_of_points(), shares) for c in rng.sample(kind, int(part * len(kind))))
    for i in range(0, len(points), 32):
        yield " ".join(chr(c) for c in points[i:i + 32])
        yield "".join("a" + chr(c) for c in points[i:i + 32]) + "b"
        yield "".join("e" + chr(c) + "\u0301 " for c in points[i:i + 32])


EMOJI = ["\U0001F600", "\U0001F468\u200D\U0001F469\u200D\U0001F467", "\U0001F44D\U0001F3FD", "\U0001F1E9\U0001F1EA", "\u2764\uFE0F",
         "1\uFE0F\u20E3", "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F"]
SPACES = [" ", "  ", "\t", "\n", "\r\n", "\u00A0", "\u2003", "\u3000", "\u0085", "\u2028", "\u180E", "\u200B", "\u000B", " \n "]
ODD = ["\u0130", "\u03A3", "\u00DF", "\uFB01", "\u1E9E", "e\u0301", "\u0301", "\u0344", "\uAC00", "\u1100\u1161\u11A8", "\uFDFA", "\u4E2D\u6587",
       "\u0E01\u0E33", "\u0928\u0940", "\uFF21\uFF11", "\u00BD", "\u2167", "\u0660", "\u0000", "\u0007", "\u007F", "\uFFFD", "\uFEFF", "\uE000",
       "\U0002B820", "\U0002B920", "\u212A", "\u017F", "'S", "'\u017F", "'LL", "don't", "I'M", "\u2019s", "...", "--", "\u2014", "$5.00",
       "12345", "\u2581", "\u0120", "##ing", "<0x0A>", "</w>", "'", "\"", "\\", "_", "a_b", "C++", "\u20AC", "\u200D", "\u0323\u0307",
       "\U00011935\U00011930", "\u3042\u30A2\u6F22", "\u30FC", "\u0430\u0431", "\u0065\u0323\u0302", "\u1EC7", "\u1112\u1161\u11AB", "\u0F73"]


def any_char(rng):
    ranges = ((0x20, 0x7F), (0xA0, 0x600), (0x600, 0xD800), (0xE000, 0x10000), (0x10000, 0x20000), (0xE000, 0x110000))
    return chr(rng.randrange(*rng.choice(ranges)))


def odd_text(rng, added):
    pools = [EMOJI, SPACES, ODD, added, SPACES, added, [any_char(rng) for _ in range(4)],
             ["the", "The", "cafe", "Caf\u00E9", "running", "x" * rng.randint(1, 130), "a", "B", "z\u0308"]]
    return "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(0, 24)))


def random_utf8(rng):
    """What is left of random bytes when all that is no UTF-8 is taken out, and random code points."""
    if rng.random() < 0.5:
        return rng.randbytes(rng.randint(1, 200)).decode("utf-8", errors="ignore")
    return "".join(any_char(rng) for _ in range(rng.randint(1, 60)))


def long_runs(rng):
    for unit in ("a", " ", "\n", "\u00E9", "\u4E2D", "\u0301", "ab", "a ", "!", "1", "\U0001F600", "<mask>", "\u0323\u0301"):
        for times in (2, 99, 100, 101, rng.randint(200, 3000)):
            yield unit * times
            yield "x" + unit * times + " y"
