"""Writes src/tokenize/unicode_tables.cpp: what Hugging Face `tokenizers` believes about each code point.

The package mixes several versions of Unicode (its crates carry tables of their own), so the properties are asked of
the package itself, one code point at a time. Run again when the pinned version of `tokenizers` changes:

    python tests/parity/tokenize_tables.py src/tokenize/unicode_tables.cpp

`unicodedata2` (from PyPI) names the normalisation data of the newest Unicode; libpcre2-8 is asked what it knows. Use
the oldest that is to be supported (Debian 12: PCRE2 10.42, Unicode 14).
"""
import argparse
import ctypes
import ctypes.util

import tokenizers
import unicodedata2
from tokenizers import Regex, normalizers, pre_tokenizers

POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
WHITE = [0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, *range(9, 14), *range(0x2000, 0x200B)]


def ranges(points):
    out = []
    for c in sorted(points):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def removed(normalizer):
    return {c for c in POINTS if normalizer.normalize_str("a" + chr(c) + "b") == "ab"}


def isolated(pre_tokenizer):
    return {c for c in POINTS if len(pre_tokenizer.pre_tokenize_str("a" + chr(c) + "b")) == 3}


def bert(**chosen):
    flags = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**flags, **chosen})


def word_points():
    split = pre_tokenizers.Whitespace()
    return {c for c in POINTS if len(split.pre_tokenize_str("a" + chr(c) + "b")) == 1}


def unmoved_points():
    """Code points that newer Unicode decomposes, reorders or composes, and that the package leaves alone."""
    nfd, nfc, nfkd = normalizers.NFD(), normalizers.NFC(), normalizers.NFKD()
    pairs = {}
    for c in POINTS:
        parts = unicodedata2.decomposition(chr(c)).split()
        if len(parts) == 2 and not parts[0].startswith("<") and not 0xAC00 <= c <= 0xD7A3:
            pairs[c] = tuple(int(p, 16) for p in parts)
    new_parts = {p for pair in pairs.values() for p in pair}
    known = {c: pair for c, pair in pairs.items() if nfc.normalize_str("".join(map(chr, pair))) == chr(c)}
    old_parts = {p for pair in known.values() for p in pair}

    def reorders(c):
        if not unicodedata2.combining(chr(c)):
            return False
        return any(nfd.normalize_str("a" + x + chr(c)) != "a" + x + chr(c) or
                   nfd.normalize_str("a" + chr(c) + x) != "a" + chr(c) + x for x in "\u0334\u0323\u0301\u0345")

    def moves_now(c):
        return (unicodedata2.combining(chr(c)) or c in new_parts
                or unicodedata2.normalize("NFKD", chr(c)) != chr(c))

    def moved_then(c):
        return reorders(c) or c in old_parts or nfkd.normalize_str(chr(c)) != chr(c)

    return {c for c in POINTS if moves_now(c) and not moved_then(c)}


def lower_case_pairs():
    lower = normalizers.Lowercase()
    out = []
    for c in POINTS:
        mapped = lower.normalize_str(chr(c))
        if len(mapped) == 1 and mapped != chr(c) and unicodedata2.category(chr(c)) != "Cn":
            out.append((c, ord(mapped)))
    return [(c, to) for c, to in out if c in NEW_CASE]


def runs(pairs):
    """(first, last, image of first) for runs of equal distance."""
    out = []
    for c, to in sorted(pairs):
        if out and out[-1][1] == c - 1 and to - c == out[-1][2] - out[-1][0]:
            out[-1][1] = c
        else:
            out.append([c, c, to])
    return out


CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co".split()


class Pcre:
    """Which code points PCRE2 takes for a class."""

    def __init__(self):
        self.lib = ctypes.CDLL(ctypes.util.find_library("pcre2-8"))
        for name in ("compile", "match_data_create", "get_ovector_pointer"):
            getattr(self.lib, "pcre2_%s_8" % name).restype = ctypes.c_void_p
        self.text = "".join(map(chr, POINTS)).encode()
        self.data = ctypes.c_void_p(self.lib.pcre2_match_data_create_8(1, None))
        self.ends = ctypes.cast(self.lib.pcre2_get_ovector_pointer_8(self.data), ctypes.POINTER(ctypes.c_size_t))

    def points(self, regex):
        utf, ucp, no_check = 0x00080000, 0x00020000, 0x40000000
        error, where = ctypes.c_int(), ctypes.c_size_t()
        code = ctypes.c_void_p(self.lib.pcre2_compile_8(regex.encode(), ctypes.c_size_t(len(regex)), utf | ucp,
                                                        ctypes.byref(error), ctypes.byref(where), None))
        assert code.value, regex
        found, at, size = set(), 0, ctypes.c_size_t(len(self.text))
        while self.lib.pcre2_match_8(code, self.text, size, ctypes.c_size_t(at), no_check, self.data, None) > 0:
            begin, at = self.ends[0], self.ends[1]
            found.update(map(ord, self.text[begin:at].decode()))
        return found


def onig_points(regex):
    """Which code points Oniguruma, the package's engine, takes for a class."""
    gone = set(range(len(POINTS)))
    for _, (begin, end) in pre_tokenizers.Split(Regex(regex), "removed").pre_tokenize_str("".join(map(chr, POINTS))):
        gone.difference_update(range(begin, end))
    return {POINTS[i] for i in gone}


def classes():
    pcre = Pcre()
    names = ["\\p{%s}" % c for c in CATEGORIES] + [r"\s", r"\p{Han}"]
    return ({n: pcre.points(n.replace("Han", "sc:Han") + "+") for n in names}, {n: onig_points(n) for n in names})


def mirror():
    """For each code point that the two engines class differently, one of equal length that PCRE2 classes rightly."""
    mine, theirs = classes()
    pairs = []
    for name in ["\\p{%s}" % c for c in CATEGORIES]:
        stand_in = {}
        for c in sorted(mine[name] & theirs[name]):
            key = len(chr(c).encode()), c in theirs[r"\p{Han}"], c in theirs[r"\s"]
            same_space = (c in mine[r"\s"]) == (c in theirs[r"\s"])
            same_script = (c in mine[r"\p{Han}"]) == (c in theirs[r"\p{Han}"])
            if same_space and same_script and c > 0x2FF:
                stand_in.setdefault(key, c)
        differs = theirs[name] - mine[name]
        differs |= {c for c in theirs[name] if (c in mine[r"\s"]) != (c in theirs[r"\s"])
                    or (c in mine[r"\p{Han}"]) != (c in theirs[r"\p{Han}"])}
        for c in differs:
            pairs.append((c, stand_in[len(chr(c).encode()), c in theirs[r"\p{Han}"], c in theirs[r"\s"]]))
    return pairs


def mirror_runs(pairs):
    out = []
    for c, to in sorted(pairs):
        if out and out[-1][1] == c - 1 and to == out[-1][2]:
            out[-1][1] = c
        else:
            out.append([c, c, to])
    return out


def table(kind, name, rows):
    lines, line = [], "   "
    for row in rows:
        cell = " {" + ", ".join("0x%X" % v for v in row) + "},"
        if len(line) + len(cell) > 118:
            lines.append(line)
            line = "   "
        line += cell
    lines.append(line)
    return "constexpr %s %s_table[] = {\n%s\n};\n" % (kind, name, "\n".join(lines))


# Upper-case letters since Unicode 15.1, which an older utf8proc does not know.
NEW_CASE = {0x1C89, 0xA7CB, 0xA7CC, 0xA7CE, 0xA7D2, 0xA7D4, 0xA7DA, 0xA7DC, *range(0x10D50, 0x10D66), *range(0x16EA0, 0x16EB9)}

HEAD = """// Made by tests/parity/tokenize_tables.py from the Python package tokenizers %s. Not edited by hand.
#include "tokenize/unicode_tables.hpp"

namespace sextant::tokenize {

namespace {

// clang-format off
"""

TAIL = """// clang-format on

}  // namespace

%s
}  // namespace sextant::tokenize
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    args = parser.parse_args()
    white = set(WHITE)
    assert {c for c in POINTS if normalizers.Strip().normalize_str(chr(c)) == ""} == white
    sets = {
        "punctuation": isolated(pre_tokenizers.Punctuation()),
        "mark_nonspacing": removed(bert(strip_accents=True)),
        "combining_mark": removed(normalizers.StripAccents()),
        "control": removed(bert(clean_text=True)) - {0, 0xFFFD},
        "numeric": isolated(pre_tokenizers.Digits(True)),
        "word": word_points(),
        "unmoved": unmoved_points(),
    }
    body, definitions = "", ""
    for name, points in sets.items():
        body += table("Range", name, ranges(points))
        definitions += "const std::span<const Range> %s_ranges = %s_table;\n" % (name, name)
        print(name, len(points), "code points in", len(ranges(points)), "ranges")
    for name, rows in (("new_lower_case", runs(lower_case_pairs())), ("regex_mirror", mirror_runs(mirror()))):
        body += table("Mapping", name, rows)
        definitions += "const std::span<const Mapping> %s_mappings = %s_table;\n" % (name, name)
        print(name, len(rows), "rows")
    with open(args.out, "w", encoding="ascii") as out:
        out.write(HEAD % tokenizers.__version__ + body + TAIL % definitions)


main()
