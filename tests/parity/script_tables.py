"""Writes src/tokenize/script_tables.cpp: which code points UnicodeScripts of Hugging Face `tokenizers` takes for one script.

The package is asked, one code point at a time. Run again when the pinned version of `tokenizers` changes:

    python tests/parity/script_tables.py src/tokenize/script_tables.cpp
"""
import argparse

import tokenizers
from tokenizers import pre_tokenizers

HEAD = """// Made by tests/parity/script_tables.py from the Python package tokenizers %s. Not edited by hand.
#include "tokenize/unicode_tables.hpp"

namespace sextant::tokenize {

namespace {

// clang-format off
constexpr Mapping script_table[] = {
"""

TAIL = """};
// clang-format on

}  // namespace

const std::span<const Mapping> script_mappings = script_table;

}  // namespace sextant::tokenize
"""


def scripts():
    """(first, last, number of the script); what is of no script is left out."""
    split = pre_tokenizers.UnicodeScripts()

    def together(text):
        return len(split.pre_tokenize_str(text)) == 1

    rows, heads, before = [], [], None
    for c in range(0x110000):
        if 0xD800 <= c <= 0xDFFF or together("a" + chr(c)) and together("\u0431" + chr(c)):
            before = None
            continue
        if before is not None and together(chr(before) + chr(c)):
            rows[-1][1] = c
        else:
            number = next((i for i, head in enumerate(heads) if together(chr(head) + chr(c))), len(heads))
            if number == len(heads):
                heads.append(c)
            rows.append([c, c, number])
        before = c
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    args = parser.parse_args()
    rows = scripts()
    lines, line = [], "   "
    for row in rows:
        cell = " {0x%X, 0x%X, %d}," % tuple(row)
        if len(line) + len(cell) > 118:
            lines.append(line)
            line = "   "
        line += cell
    with open(args.out, "w", encoding="ascii") as out:
        out.write(HEAD % tokenizers.__version__ + "\n".join(lines + [line]) + "\n" + TAIL)
    print(len(rows), "rows")


main()
