"""The command line, used as a person would, and misused."""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

sextant = sys.argv[1]
checks = 0


def run(*arguments, code=0, stdin=""):
    done = subprocess.run([sextant, *map(str, arguments)], capture_output=True, text=True, input=stdin, errors="surrogateescape")
    expect(done.returncode == code, f"{arguments} ended with {done.returncode}, not {code}: {done.stdout}{done.stderr}")
    return done


def expect(truth, message):
    global checks
    checks += 1
    if not truth:
        sys.exit(f"FAILED: {message}")


def expect_one_line_error(done, *parts):
    lines = done.stderr.strip().splitlines()
    expect(len(lines) == 1 and lines[0].startswith("sextant: "), f"not one line of error: {done.stderr}")
    for part in parts:
        expect(part in lines[0], f"{part!r} is not in {lines[0]!r}")


with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    index = work / "a.sextant"
    pictures = work / "pictures"
    (pictures / "below").mkdir(parents=True)
    for name in ("bee.png", "8-ball-form.png", "9-ball-form.jpg"):
        shutil.copy(f"examples/pictures/{name}", pictures)
    shutil.copy("examples/pictures/bee.png", pictures / "below" / "named wrongly & <oddly>.jpg")

    # Index, and search by words.
    done = run("index", pictures, "--into", index)
    expect("indexed 4 pictures" in done.stdout, done.stdout)
    expect("\r" not in done.stderr, "a progress bar was drawn where there is no terminal")
    found = run("search", index, "an insect", "--k", 2)
    expect("bee.png" in found.stdout or "oddly" in found.stdout, found.stdout)

    # JSON, with a reranker; scores fall.
    answer = json.loads(run("search", index, "a bee", "--rerank", "--k", 4, "--json").stdout)
    scores = [hit["score"] for hit in answer["hits"]]
    expect(len(scores) == 4 and scores == sorted(scores, reverse=True), str(answer))
    expect(answer["completeness"] in ("exact", "exhausted") and answer["rows_scored"] == 4, str(answer))
    expect(set(answer["seconds"]) == {"encode", "retrieve", "load", "rerank"}, str(answer))
    expect(json.loads(run("search", index, "a bee", "--k", 9, "--json").stdout)["completeness"] == "exhausted", "fewer than k")

    # Search by picture: the same picture, under either of its names, comes first.
    answer = json.loads(run("search", index, "--image", pictures / "bee.png", "--json").stdout)
    expect(answer["hits"][0]["score"] > 0.9999 and answer["hits"][1]["score"] > 0.9999, str(answer))

    # Only records whose payloads meet a condition.
    below = json.loads(run("search", index, "a ball", "--filter", f"source starts with {json.dumps(str(pictures / 'below'))}", "--json").stdout)
    expect([hit["id"] for hit in below["hits"]] == ["below/named wrongly & <oddly>.jpg"] and below["rows_scored"] == 1, str(below))
    expect(json.loads(run("search", index, "a ball", "--filter", "not source exists", "--json").stdout)["hits"] == [], "a filter that none meets")
    expect_one_line_error(run("search", index, "a ball", "--filter", "source >", code=1), "byte 8")

    # The contact sheet escapes what it shows.
    page = work / "page.html"
    run("search", index, "<b>bees</b> & \"others\"", "--html", page)
    html = page.read_text()
    expect("<b>" not in html and "&lt;b&gt;" in html and "named%20wrongly%20%26%20%3Coddly%3E.jpg" in html, html)
    expect_one_line_error(run("search", index, "bee", "--html", work / "nowhere" / "page.html", code=1), "page.html")

    # A folder with unreadable pictures: indexed without them, named, exit code 3; --strict refuses and changes nothing.
    (pictures / "empty.png").write_bytes(b"")
    (pictures / "cut.jpg").write_bytes(pathlib.Path("examples/pictures/9-ball-form.jpg").read_bytes()[:700])
    done = run("index", pictures, "--into", index, code=3)
    expect("indexed 4 pictures" in done.stdout and "empty.png" in done.stderr and "cut.jpg" in done.stderr, done.stderr)
    before = index.read_bytes()
    expect_one_line_error(run("index", pictures, "--into", index, "--strict", code=1), "cut.jpg")
    expect(index.read_bytes() == before, "--strict changed the index")
    expect_one_line_error(run("index", pictures, "--into", work / "b.sextant", "--strict", code=1), "cut.jpg")
    expect(not (work / "b.sextant").exists(), "--strict left an index behind")
    expect(sorted(p.name for p in work.iterdir()) == ["a.sextant", "page.html", "pictures"], str(list(work.iterdir())))

    # With a cache nothing is encoded twice.
    cache = work / "vectors.cache"
    done = subprocess.run([os.path.abspath(sextant), "index", pictures, "--into", "bare.sextant", "--cache", "bare.cache"], cwd=work, capture_output=True, text=True)
    expect(done.returncode == 3 and (work / "bare.cache").exists(), f"names without a folder: {done}")
    for name in ("bare.sextant", "bare.cache"):
        (work / name).unlink()
    done = run("index", pictures, "--into", work / "d.sextant", "--cache", cache, code=3)
    expect("indexed 4 pictures" in done.stdout, done.stdout)
    entries = sqlite3.connect(cache).execute("SELECT count(*) FROM entries").fetchone()
    expect(entries == (3,), f"4 pictures, two of them equal, left {entries} vectors")
    expect(run("index", pictures, "--into", work / "e.sextant", "--cache", cache, code=3).stdout.split(" into")[0] == "indexed 4 pictures", "again")
    answers = [json.loads(run("search", work / name, "a bee", "--json").stdout)["hits"] for name in ("a.sextant", "d.sextant", "e.sextant")]
    expect(answers[0] == answers[1] == answers[2], "vectors from the cache differ from fresh ones")
    expect_one_line_error(run("index", pictures, "--into", work / "f.sextant", "--cache", page, code=1), "page.html")
    for name in ("d.sextant", "e.sextant", "vectors.cache"):
        (work / name).unlink()
    expect(not (work / "f.sextant").exists(), "an index was made although the cache could not be opened")

    # A picture that is gone when it is to be reranked is named.
    os.remove(pictures / "8-ball-form.png")
    done = run("search", index, "bee", "--rerank", code=3)
    expect("8-ball-form.png" in done.stderr, done.stderr)

    # info and verify.
    expect("records      4" in run("info", index).stdout, "info of an index")
    expect("dual-encoder" in run("info", "examples/models/demo").stdout, "info of a bundle")
    expect("is verified" in run("verify", "examples/models/demo").stdout, "verify")
    expect("FAILED  manifest" in run("verify", work, code=1).stdout, "verify of no bundle")

    table = run("export-table", "examples/models/demo", "examples/models/demo-rerank").stdout.splitlines()
    expect(len(table) == 4 and all(row.count(" | ") == 5 for row in table[2:]) and "| yes |" in table[3], table)
    table = run("export-table", work, "examples/models/demo", code=1).stdout.splitlines()
    expect("**no** | manifest: " in table[2] and "| yes |" in table[3], table)

    # What a stranger wrote into a manifest looks like no line of ours.
    liar = work / "liar"
    shutil.copytree("examples/models/demo", liar)
    manifest = json.loads((liar / "manifest.json").read_text())
    manifest["name"] = "x\n\x1b[2Jall is well"
    (liar / "manifest.json").write_text(json.dumps(manifest))
    digest = hashlib.sha256((liar / "manifest.json").read_bytes()).hexdigest()
    (liar / "manifest.sha256").write_text(digest + "  manifest.json\n")
    for command in ("info", "verify"):
        said = run(command, liar).stdout
        expect("\x1b" not in said and "\nall" not in said and "x??[2Jall is well" in said, said)
    shutil.rmtree(liar)

    # Misuse: one line, the offending name, the documented code.
    expect_one_line_error(run("search", work / "none.sextant", "bee", code=1), "none.sextant")
    expect_one_line_error(run("search", index, "bee", "--k", 0, code=1), "k is 0")
    expect_one_line_error(run("search", index, code=2), "words")
    for number in ("-1", "18446744073709551616"):
        expect_one_line_error(run("search", index, "bee", "--k", number, code=2), "--k")
    expect_one_line_error(run("search", index, "bee", "--rerank", "--k", 3, "--candidates", 2, code=1), "candidates is 2")
    expect_one_line_error(run("search", work / "no\nwhere", "bee", code=1), "no?where")
    before = index.read_bytes()
    expect_one_line_error(run("search", index, "bee", "--html", index, code=1), "choose another name")
    expect(index.read_bytes() == before, "a page was written over the index")
    if os.path.exists("/dev/full"):
        lost = subprocess.run([sextant, "search", index, "bee"], stdout=open("/dev/full", "w"), stderr=subprocess.PIPE, text=True)
        expect(lost.returncode == 1 and "standard output" in lost.stderr, f"lost output ended with {lost.returncode}")
    expect_one_line_error(run("search", index, "bee", "--k", "many", code=2), "many")
    expect_one_line_error(run("search", index, "bee", "--model", work, code=1), "manifest.json")
    expect_one_line_error(run("search", index, "bee", "--rerank", "--reranker", "examples/models/demo", code=1), "dual-encoder")
    expect_one_line_error(run("search", index, "--image", work / "page.html", code=1), "page.html")
    expect_one_line_error(run("search", index, b"\xff\xfe".decode("utf-8", "surrogateescape"), code=1), "UTF-8")
    expect_one_line_error(run("index", work / "nowhere", "--into", work / "c.sextant", code=1), "nowhere")
    (work / "bare").mkdir()
    expect_one_line_error(run("index", work / "bare", "--into", work / "c.sextant", code=1), "no pictures")
    expect(not (work / "c.sextant").exists(), "an index of nothing was made")
    expect_one_line_error(run("frobnicate", code=2), "frobnicate")
    expect_one_line_error(run(code=2), "subcommand")
    expect_one_line_error(run("info", page, code=1), "page.html")
    # The stages alone, against the goldens of the model.
    model = pathlib.Path("examples/models/demo")
    golden = json.loads((model / "golden/golden.json").read_text())
    texts = [g["text"] for g in golden["text"]]
    for source in (model, model / "tokenizer.json"):
        done = run("tokenize", source, "--max-length", 32, stdin="".join(text + "\n" for text in texts))
        tokens = [json.loads(line) for line in done.stdout.splitlines()]
        expect([t["ids"] for t in tokens] == [g["input_ids"] for g in golden["text"]], done.stdout)
        begin, end = tokens[0]["offsets"][1]
        expect(texts[0].encode()[begin:end] == b"a" and not tokens[0]["truncated"], done.stdout)
    expect_one_line_error(run("tokenize", model, stdin="good\nb\udcffd\n", code=1), "line 2", "UTF-8")
    long_line = run("tokenize", model, stdin="good\n" + "a" * 70000 + "\nlast\n", code=1)
    expect_one_line_error(long_line, "line 2", "65536")
    expect(len(long_line.stdout.splitlines()) == 1, "what came before the long line is not lost")
    descriptor = os.open(work, os.O_RDONLY)
    unread = subprocess.run([sextant, "tokenize", model], stdin=descriptor, capture_output=True, text=True)
    os.close(descriptor)
    expect(unread.returncode == 1 and "cannot read standard input" in unread.stderr, f"{unread}")
    expect_one_line_error(run("tokenize", model, "--max-length", -3, code=2), "--max-length")
    expect_one_line_error(run("tokenize", model, "--max-length", 33, code=1), "33", "32")
    expect_one_line_error(run("tokenize", model / "tokenizer.json", "--query", code=1), "--query")
    expect(json.loads(run("tokenize", model, stdin="A  bee\n").stdout)["text"] == "A  bee", "the text that offsets refer to")

    # What is written is a file.
    os.mkfifo(work / "pipe")
    expect_one_line_error(run("encode", model, "--text-file", "-", "--out", work / "pipe", stdin="a\n", code=1), "pipe")
    array = work / "x.npy"
    pictures = [model / g["file"] for g in golden["image"]]
    run("preprocess", model, *pictures, "--out", array)
    values = array.read_bytes()
    header = values[10:10 + int.from_bytes(values[8:10], "little")]
    expect(values.startswith(b"\x93NUMPY\x01\x00") and len(header) % 64 == 54 and b"'shape': (%d,3,64,64,)" % len(pictures) in header, str(header))
    expect(values[10 + len(header):] == b"".join((model / g["pixels"]).read_bytes() for g in golden["image"]), "pixels differ from the goldens'")
    expect_one_line_error(run("preprocess", model, pictures[0], "--out", index, code=1), "choose another name")

    # Vectors of texts and pictures, against the goldens.
    def vectors(*arguments, stdin=""):
        run("encode", model, *arguments, "--out", array, stdin=stdin)
        content = array.read_bytes()
        start = 10 + int.from_bytes(content[8:10], "little")
        return memoryview(content[start:]).cast("f").tolist()

    def near(found, goldens):
        wanted = [x for g in goldens for x in g["vector"]]
        return len(found) == len(wanted) and max(abs(a - b) for a, b in zip(found, wanted)) < 1e-5

    lines = work / "lines.txt"
    lines.write_text("".join(text + "\n" for text in texts))
    expect(near(vectors("--text-file", lines), golden["text"]), "vectors of texts differ from the goldens'")
    expect(near(vectors("--text-file", "-", stdin=lines.read_text()), golden["text"]), "standard input differs from a file")
    expect(near(vectors("--images", *pictures), golden["image"]), "vectors of pictures differ from the goldens'")
    long = run("encode", model, "--text-file", "-", "--query", "--out", array, stdin="a tree " * 100 + "\nshort\n").stdout
    expect("[2, 256]" in long and "1 texts were longer" in long, long)
    lower = run("encode", model, "--text-file", lines, "--precision", "bfloat16", "--out", array).stdout
    expect("bfloat16" in lower and 0.999 <= float(re.search(r"reference is (\S+) at least", lower)[1]) < 1, lower)
    exact, rounded = vectors("--text-file", lines), vectors("--text-file", lines, "--precision", "bfloat16")
    expect(0 < max(abs(a - b) for a, b in zip(exact, rounded)) < 0.02, "bfloat16 is float32, or far from it")
    expect_one_line_error(run("encode", model, "--text-file", lines, "--precision", "float64", "--out", array, code=2), "float32", "bfloat16", "int8")
    expect_one_line_error(run("encode", model, "--out", array, code=2), "--text-file")
    expect_one_line_error(run("encode", model, "--text-file", lines, "--images", pictures[0], "--out", array, code=2), "--text-file")
    expect_one_line_error(run("encode", model, "--text-file", work / "none.txt", "--out", array, code=1), "none.txt")
    expect_one_line_error(run("encode", model, "--text-file", "-", "--out", array, stdin="good\nb\udcffd\n", code=1), "item 1", "UTF-8")

    # An array appears whole or not at all, is checked before anything is encoded, and errors name the item over all.
    fresh = work / "fresh.npy"
    late = run("encode", model, "--text-file", "-", "--out", fresh, stdin="good\n" * 600 + "b\udcffd\n", code=1)
    expect_one_line_error(late, "item 600: ", "UTF-8")
    expect(not list(work.glob("fresh*")), f"something is left: {list(work.iterdir())}")
    expect_one_line_error(run("encode", work / "no-model", "--text-file", "-", "--out", work / "nowhere" / "x.npy", code=1), "x.npy", "folder exists")
    expect_one_line_error(run("encode", work / "no-model", "--text-file", "-", "--out", index, code=1), "choose another name")
    said = run("encode", model, "--text-file", "-", "--out", fresh, stdin="good\n" * 600).stdout
    expect("[600, 256]" in said and len(fresh.read_bytes()) == 128 + 600 * 256 * 4 and b"'shape': (600,256,)" in fresh.read_bytes()[:128], said)
    run("encode", model, "--text-file", "-", "--out", fresh, stdin="")
    expect(b"'shape': (0,256,)" in fresh.read_bytes()[:128], "an array of nothing")
    expect_one_line_error(run("encode", model, "--text-file", "-", "--long-text", "refuse", "--out", fresh, stdin="short\n" + "a tree " * 100 + "\n", code=1), "item 1: ", "tokens")
    expect(len(fresh.read_bytes()) == 128, "what was there before is lost")
    head, tail = (vectors("--text-file", "-", "--long-text", end, stdin="red " * 100 + "tree " * 100 + "\n") for end in ("head", "tail"))
    expect(head != tail, "head and tail are the same")

    # A folder is no archive, and its name may end in a slash.
    (work / "vocabulary").write_text("one\n")
    expect_one_line_error(run("import-clip", work, work / "clip", "--vocabulary", work / "vocabulary", code=1), "is a folder")
    expect_one_line_error(run("import-clip", fresh, work / "clip", "--vocabulary", work, code=1), "is a folder")
    unread = run("import-clip", fresh, f"{work / 'clip'}/", "--vocabulary", work / "vocabulary", code=1)
    expect(".partial" not in unread.stderr and "fresh.npy" in unread.stderr, unread.stderr)

    # Vectors of other programs: in, searched, and out again; against scores computed here.
    rng = random.Random(1)
    rows, queries = [[rng.gauss(0, 1) for _ in range(8)] for _ in range(500)], [[rng.gauss(0, 1) for _ in range(8)] for _ in range(20)]

    def write_vectors(name, vectors):
        (work / name).write_bytes(b"".join(struct.pack("<i8f", 8, *vector) for vector in vectors))
        return work / name

    def read_array(path, kind):
        content = path.read_bytes()
        start = 10 + int.from_bytes(content[8:10], "little")
        shape = [int(side) for side in re.search(rb"'shape': \((\d+),(\d+),\)", content[:start]).groups()]
        values = memoryview(content[start:]).cast(kind).tolist()
        return [values[i * shape[1]:(i + 1) * shape[1]] for i in range(shape[0])]

    ids, scores, store = work / "ids.npy", work / "scores.npy", work / "vectors.sextant"
    done = run("import", write_vectors("rows.fvecs", rows), "--into", store, "--metric", "dot")
    expect("imported 500 vectors" in done.stdout and "8 dimensions, dot" in done.stdout, done.stdout)
    done = run("search", store, "--vectors", write_vectors("queries.fvecs", queries), "--k", 7, "--out", ids, "--scores", scores)
    expect("20 queries" in done.stdout and "exact over 500 rows" in done.stdout, done.stdout)
    for query, found, values in zip(queries, read_array(ids, "q"), read_array(scores, "f"), strict=True):
        products = [sum(a * b for a, b in zip(query, row)) for row in rows]
        expect(found == sorted(range(500), key=lambda i: -products[i])[:7], f"{found}")
        expect(max(abs(products[i] - value) for i, value in zip(found, values)) < 1e-4, f"{values}")
    expect("500" in run("info", store).stdout, "info of imported vectors")

    # A graph, and searches that may miss some.
    expect("too few records" in run("graph", store).stdout, "500 records need no graph")
    dice, linked = random.Random(3), work / "linked.sextant"
    near = [[dice.gauss(0, 1) for _ in range(8)] for _ in range(4000)]
    run("import", write_vectors("near.fvecs", near), "--into", linked)
    done = run("search", linked, "--vectors", work / "queries.fvecs", "--min-recall", 0.9, "--out", ids)
    expect("exact over 4000" in done.stdout and "has no graph" in done.stderr, done.stdout + done.stderr)
    expect("4000 records are linked" in run("graph", linked, "--m", 8).stdout, "graph")
    expect("4000 records linked, 0 not; m 8" in run("info", linked).stdout, "info of a graph")
    expect("exact over 4000" in run("search", linked, "--vectors", work / "queries.fvecs", "--exact", "--out", ids).stdout, "--exact")
    run("search", linked, "--vectors", work / "queries.fvecs", "--min-recall", 0.9, "--out", lines_out := work / "walked.jsonl")
    expect(len(lines_out.read_text().splitlines()) == 20, "answers of walks")
    expect_one_line_error(run("search", linked, "--vectors", work / "queries.fvecs", "--min-recall", 2, "--out", ids, code=2), "min-recall")
    expect_one_line_error(run("graph", linked, "--m", 1, code=1), "m is the number of links")

    # A part of each vector first: with all compared again, the answer is the exact one.
    run("search", store, "--vectors", work / "queries.fvecs", "--out", exact_out := work / "exact.jsonl")
    for part in (["--binary"], ["--truncate-dim", 4], ["--binary", "--truncate-dim", 3]):
        done = run("search", store, "--vectors", work / "queries.fvecs", *part, "--oversample", 4, "--out", lines_out)
        expect("approximate" in done.stdout and len(lines_out.read_text().splitlines()) == 20, done.stdout)
        run("search", store, "--vectors", work / "queries.fvecs", *part, "--oversample", 50, "--out", lines_out)
        expect(lines_out.read_text() == exact_out.read_text(), f"{part}")
    expect_one_line_error(run("search", store, "--vectors", work / "queries.fvecs", "--truncate-dim", 9, "--out", ids, code=1), "truncate_dim is 9", "8 dimensions")
    expect_one_line_error(run("search", store, "--vectors", work / "queries.fvecs", "--binary", "--exact", "--out", ids, code=2), "--binary")

    # A damaged copy is refused, and what is left of it is saved; a sound one is copied and compacted.
    expect("is whole: 500 records" in run("verify", store).stdout, "an index is verified")
    damaged, saved, copy = work / "damaged.sextant", work / "saved.sextant", work / "copy.sextant"
    content = bytearray(store.read_bytes())
    where = content.index(struct.pack("<8f", *rows[400]))
    content[where] ^= 1
    damaged.write_bytes(content)
    expect_one_line_error(run("verify", damaged, code=1), "row 401", "checksum")
    done = run("salvage", damaged, "--into", saved, code=3)
    expect("saved 499 records" in done.stdout and "1 are lost" in done.stdout and "row 401" in done.stderr, done.stdout + done.stderr)
    expect("is whole: 499 records" in run("verify", saved).stdout, "what was saved is whole")
    expect_one_line_error(run("salvage", damaged, "--into", saved, code=1), "exists already")
    content = bytearray(store.read_bytes())
    where = content.index(b"rows500") + 4
    content[where] ^= 1
    damaged.write_bytes(content)
    saved.unlink()
    done = run("salvage", damaged, "--into", saved, code=3)
    expect("saved 500 records" in done.stdout and "lost: fingerprints" in done.stderr, done.stdout + done.stderr)
    expect("copied 500 records" in run("backup", store, "--into", copy).stdout, "backup")
    expect("bytes before" in run("compact", copy).stdout, "compact")
    expect("is whole: 500 records" in run("verify", copy).stdout, "a compacted copy is whole")
    expect_one_line_error(run("compact", work / "nothing.sextant", code=1), "nothing.sextant")

    # Which precision they bear.
    advice = run("advise", work / "rows.fvecs", "--queries", work / "queries.fvecs", "--metric", "dot", "--k", 7, "--min-recall", 0).stdout
    expect("500 vectors of 8 dimensions, dot; 20 queries, k 7" in advice and re.search(r"float32 +32 +1\.0000 \+- 0\.0000", advice), advice)
    expect("8 dimensions" in advice and "2 dimensions + rescore" in advice and re.search(r"^\* ", advice, re.M), advice)
    expect("30 queries held out" in run("advise", work / "rows.fvecs", "--held-out", 30).stdout, "held-out queries")
    expect_one_line_error(run("advise", work / "rows.fvecs", "--metric", "angle", code=2), "cosine")
    expect_one_line_error(run("advise", work / "rows.fvecs", "--k", 480, code=1), "k is 480", "300")

    # With ids and payloads of one's own, and a filter that leaves one or two.
    named, payloads, named_store = work / "names.txt", work / "payloads.jsonl", work / "named.sextant"
    named.write_text("".join(f"row {i}\n" for i in range(500)))
    payloads.write_text("".join(json.dumps({"n": i}) + "\n" for i in range(500)))
    run("import", work / "rows.fvecs", "--into", named_store, "--ids", named, "--payload", payloads)
    lines_out = work / "hits.jsonl"
    run("search", named_store, "--vectors", work / "queries.fvecs", "--filter", "n in [3, 4]", "--out", lines_out)
    hits = [json.loads(line)["hits"] for line in lines_out.read_text().splitlines()]
    expect(len(hits) == 20 and all({hit["id"] for hit in some} == {"row 3", "row 4"} for some in hits), str(hits[:2]))
    expect_one_line_error(run("search", named_store, "--vectors", work / "queries.fvecs", "--out", ids, code=1), "row ", ".jsonl")
    run("search", store, "--vectors", work / "queries.fvecs", "--filter", "n == 1", "--out", ids)
    expect(read_array(ids, "q") == [[]] * 20, "nothing meets it")

    # What does not fit is refused, and nothing is left behind.
    named.write_text("one\n")
    expect_one_line_error(run("import", work / "rows.fvecs", "--into", work / "d.sextant", "--ids", named, code=1), "1 lines", "500 vectors")
    expect(not (work / "d.sextant").exists(), "an index was made of refused vectors")
    write_vectors("nan.fvecs", [[1.0] * 8, [float("nan")] + [1.0] * 7])
    expect_one_line_error(run("import", work / "nan.fvecs", "--into", work / "d.sextant", code=1), "nan.fvecs", "record 1", "was not made")
    expect(not (work / "d.sextant").exists(), "an index was made of refused vectors")
    expect_one_line_error(run("import", work / "nan.fvecs", "--into", store, code=1), "vectors.sextant")
    expect_one_line_error(run("import", work / "rows.fvecs", "--into", store, "--metric", "l2", code=1), "by dot")
    expect_one_line_error(run("import", work / "rows.fvecs", "--into", index, code=1), "encoder")
    expect_one_line_error(run("search", store, "--vectors", work / "queries.fvecs", code=2), "--out")
    expect_one_line_error(run("search", store, "words", "--vectors", work / "queries.fvecs", "--out", ids, code=2), "excludes")
    expect_one_line_error(run("search", index, "--vectors", work / "queries.fvecs", "--out", ids, code=1), "8", "256")

    expect("usage" in run("--help").stdout.lower(), "help")

print(f"command line: {checks} checks hold")
