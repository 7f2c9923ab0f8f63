"""Writes src/tokenize/grapheme_tables.cpp: the classes by which Hugging Face `tokenizers` finds grapheme clusters.

The package cuts with the crate unicode-segmentation (1.12.0, Unicode 16), whose tables are what counts. Run again when
the pinned version of `tokenizers` takes another version of the crate, with the crate's src/tables.rs:

    python tests/parity/grapheme_tables.py TABLES.rs src/tokenize/grapheme_tables.cpp

Hangul syllables are left out, as their classes follow from their number, and regional indicators, whose rules never
change what a normalizer makes of a text (each is four bytes, and clusters of six bytes are not looked up).
"""
import argparse
import re

CLASSES = {"Control": "control", "CR": "carriage_return", "LF": "line_feed", "Extend": "extend", "ZWJ": "joiner", "SpacingMark": "spacing_mark",
           "Prepend": "prepend", "L": "hangul_l", "V": "hangul_v", "T": "hangul_t", "Extended_Pictographic": "pictograph",
           "InCB_Consonant": "consonant"}

HEAD = """// Made by tests/parity/grapheme_tables.py from unicode-segmentation 1.12.0 (Unicode %s). Not edited by hand.
#include "tokenize/graphemes.hpp"

namespace sextant::tokenize {

namespace {

using enum GraphemeClass;

// clang-format off
constexpr GraphemeRange table[] = {
"""

TAIL = """};
// clang-format on

}  // namespace

const std::span<const GraphemeRange> grapheme_ranges = table;

}  // namespace sextant::tokenize
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables")
    parser.add_argument("out")
    args = parser.parse_args()
    with open(args.tables, encoding="utf-8") as file:
        source = file.read()
    version = re.search(r"UNICODE_VERSION: \(u64, u64, u64\) = \((\d+), (\d+), (\d+)\)", source)
    section = source[source.index("pub mod grapheme"):source.index("pub mod word")]
    entry = re.compile(r"\(\s*'\\u\{([0-9a-f]+)\}',\s*'\\u\{([0-9a-f]+)\}',\s*GC_(\w+)\s*,?\)")
    rows = []
    for first, last, name in entry.findall(section):
        first, last = int(first, 16), int(last, 16)
        if name not in CLASSES or last < 0x7F:  # ASCII is told apart without a table
            continue
        if rows and rows[-1][1] == first - 1 and rows[-1][2] == name:
            rows[-1][1] = last
        else:
            rows.append([first, last, name])
    assert rows == sorted(rows)
    with open(args.out, "w", encoding="ascii") as out:
        out.write(HEAD % ".".join(version.groups()))
        line = "   "
        for first, last, name in rows:
            cell = " {0x%X, 0x%X, %s}," % (first, last, CLASSES[name])
            if len(line) + len(cell) > 118:
                out.write(line + "\n")
                line = "   "
            line += cell
        out.write(line + "\n" + TAIL)
    print(len(rows), "ranges")


main()
