"""The share of plain queries with a fitting picture among the first 5, with and without the reranker, beside chance.

A picture fits if every word of the query occurs as a word of its title or keywords, singular or plural. The queries
(examples/pictures/queries.txt) were fixed before any model was asked one of them.
"""
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

sextant, first = sys.argv[1], 5
folder = pathlib.Path("examples/pictures")


def words(text):
    return {re.sub(r"s$", "", word) for word in re.findall(r"[a-z0-9]+", text.lower())}


pictures = {p["file"]: words(" ".join([p["title"], *p["keywords"]])) for p in json.loads((folder / "pictures.json").read_text())}
queries = [line.strip() for line in (folder / "queries.txt").read_text().splitlines() if line.strip() and not line.startswith("#")]
fitting = {query: {name for name, has in pictures.items() if words(query) <= has} for query in queries}


def chance(fit):
    """That a random 5 of all pictures hold at least one that fits."""
    return 1 - math.comb(len(pictures) - fit, first) / math.comb(len(pictures), first)


def found(index, *options):
    misses = []
    for query in queries:
        answer = json.loads(subprocess.run([sextant, "search", index, query, "--k", str(first), "--json", *options],
                                           check=True, capture_output=True, text=True).stdout)
        if not any(hit["id"] in fitting[query] for hit in answer["hits"]):
            misses.append(query)
    return misses


with tempfile.TemporaryDirectory() as work:
    index = str(pathlib.Path(work) / "pictures.sextant")
    subprocess.run([sextant, "index", str(folder), "--into", index], check=True, capture_output=True)
    print(f"{len(queries)} queries over {len(pictures)} pictures, first {first}; "
          f"a median of {sorted(map(len, fitting.values()))[len(queries) // 2]} pictures fit a query, {sum(not fit for fit in fitting.values())} queries fit none")
    expected = sum(chance(len(fit)) for fit in fitting.values()) / len(queries)
    for name, options in (("retrieval", ()), ("reranked", ("--rerank", "--candidates", "100"))):
        misses = found(index, *options)
        print(f"missed by {name}: {', '.join(misses)}")
        print(f"figure queries_{name} {1 - len(misses) / len(queries):.3f} goal 0.5")
    print(f"figure queries_chance {expected:.3f} goal 0")
