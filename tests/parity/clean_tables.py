"""Writes what cleaning a text as CLIP does needs of Python: the named entities of HTML, and which letters have case.

    python tests/parity/clean_tables.py src/tokenize/html_entities.cpp src/tokenize/case_tables.cpp

The entities come from html.entities. Whether a code point has case, and whether it is passed over when a capital sigma
looks for its neighbours, is asked of str.lower, so that the answers are those of Python's own tables.
"""
import argparse
import html
import html.entities
import unicodedata

ENTITIES = """// Made by tests/parity/clean_tables.py from Python's html.entities. Not edited by hand.
#include "tokenize/html_entities.hpp"

namespace sextant::tokenize {

namespace {

// clang-format off
constexpr HtmlEntity entity_table[] = {
%s
};

constexpr HtmlNumber number_table[] = {
%s
};
// clang-format on

}  // namespace

const std::span<const HtmlEntity> html_entities = entity_table;
const std::span<const HtmlNumber> html_numbers = number_table;

}  // namespace sextant::tokenize
"""

CASES = """// Made by tests/parity/clean_tables.py from str.lower of Python (Unicode %s). Not edited by hand.
#include "tokenize/unicode_tables.hpp"

namespace sextant::tokenize {

namespace {

// clang-format off
constexpr Range cased_table[] = {
%s
};

constexpr Range case_ignorable_table[] = {
%s
};
// clang-format on

}  // namespace

const std::span<const Range> cased_ranges = cased_table;
const std::span<const Range> case_ignorable_ranges = case_ignorable_table;

}  // namespace sextant::tokenize
"""


def ranges(points):
    out = []
    for c in sorted(points):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def rows(cells):
    lines, line = [], "   "
    for cell in cells:
        if len(line) + len(cell) + 2 > 118:
            lines.append(line)
            line = "   "
        line += " " + cell + ","
    return "\n".join(lines + [line])


def entity(name):
    points = [ord(c) for c in html.entities.html5[name]]
    return '{"%s", 0x%X, %s}' % (name, points[0], "0x%X" % points[1] if len(points) > 1 else "0")


def numbers():
    """Numeric references that do not stand for the code point of their number; 0 for those that stand for nothing."""
    out = []
    for c in range(0x110000):
        text = html.unescape("&#%d;" % c)
        if text != chr(c) and not 0xD800 <= c <= 0xDFFF:
            out.append("{0x%X, %s}" % (c, "0x%X" % ord(text) if text else "0"))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entities")
    parser.add_argument("cases")
    args = parser.parse_args()
    with open(args.entities, "w", encoding="ascii") as out:
        out.write(ENTITIES % (rows(entity(name) for name in sorted(html.entities.html5)), rows(numbers())))
    points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    final = "\u03C2"
    cased = {c for c in points if (chr(c) + "\u03A3").lower()[-1] == final}
    ignorable = {c for c in points if ("A" + chr(c) + "\u03A3").lower()[-1] == final} - cased
    cell = "{0x%X, 0x%X}"
    with open(args.cases, "w", encoding="ascii") as out:
        out.write(CASES % (unicodedata.unidata_version, rows(cell % tuple(r) for r in ranges(cased)),
                           rows(cell % tuple(r) for r in ranges(ignorable))))
    print(len(html.entities.html5), "entities,", len(cased), "cased,", len(ignorable), "passed over")


main()
