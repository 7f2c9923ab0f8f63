"""Exports a model as a Sextant bundle, a folder that proves itself:

    python examples/export/export.py MODEL OUT [--family FAMILY]

MODEL is a local folder or a name on the Hugging Face hub; the family is recognised from its files. OUT must be empty or
not there. README.md beside this file says more.
"""

import argparse
import shutil
import sys
from pathlib import Path

import families
import loading
import place
from source import ExportError, Source


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=families.overview(),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("out", type=Path)
    parser.add_argument("--family", help="where the files do not tell: " + ", ".join(f.name for f in families.FAMILIES))
    parser.add_argument("--revision", help="branch, tag or commit on the hub")
    parser.add_argument("--name", help="the bundle's name; default: the model's")
    parser.add_argument("--source", help="where the model is from, for people; default: MODEL")
    parser.add_argument("--licence", help="default: what the model card says")
    parser.add_argument("--max-length", type=int, help="tokens per text; default: the model's own")
    parser.add_argument("--query-prompt", help="in front of every query; default: the model's own")
    parser.add_argument("--document-prompt", help="in front of every document; default: the model's own")
    parser.add_argument("--pooling", help="sentence-transformers: cls, mean, max, lasttoken, ...; data2vec-vision: cls, mean; "
                                          "default: the model's own")
    parser.add_argument("--truncate-dim", type=int, help="sentence-transformers: keep so many dimensions (Matryoshka)")
    parser.add_argument("--debug", action="store_true", help="show the traceback of what a library raises")
    return parser


def export(model, out, **chosen):
    """What the command does, for callers in Python; `chosen` are its options, with underscores."""
    options = arguments().parse_args(["--", str(model), str(out)])
    for name, value in chosen.items():
        if not hasattr(options, name):
            raise TypeError(f"export() has no option {name}")
        setattr(options, name, value)
    return run(options)


def run(options):
    """Exports, all or nothing; returns the family."""
    place.check(options.out)
    source = Source(options.model, options.revision)
    family = families.find(source, options.family)
    families.check(family, options)
    options.family = family.name
    with place.whole(options.out) as folder:
        for path in source.licence_files():
            shutil.copy(path, folder)
        with loading.plain_words(source, options.debug), loading.whole_weights(source, family):
            families.load(family).export(source, folder, options)
    return family


if __name__ == "__main__":
    try:
        given = arguments().parse_args()
        print(f"{given.out}: a bundle of the family {run(given).name}")
    except ExportError as error:
        sys.exit(f"export.py: {error}")
