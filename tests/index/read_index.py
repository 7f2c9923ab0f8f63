"""The reader in examples/ shows what index files of format 2 hold, and notices damage: python tests/index/read_index.py"""
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

READER, FILE, KINDS = "examples/read_index.py", "tests/index/files/version_2.sextant", "tests/index/files/version_2_kinds.sextant"


def read(path, *options):
    return subprocess.run([sys.executable, READER, path, *options], capture_output=True, text=True, encoding="utf-8")


def main():
    with tempfile.TemporaryDirectory() as folder:
        for source, check in (FILE, check_contents), (KINDS, check_kinds):
            file = pathlib.Path(shutil.copy(source, folder))
            before = file.read_bytes()
            check(file)
            assert file.read_bytes() == before and list(pathlib.Path(folder).iterdir()) == [file], "something was left beside the file"
            file.unlink()
    check_damage()


def check_contents(file):
    done = read(file, "--vectors")
    assert done.returncode == 0, done.stderr
    one, two, three = [json.loads(line) for line in done.stdout.splitlines()]
    assert one == {"id": "one", "payload": {"n": 1, "tags": ["\u00e4", None]}, "text": "the first", "parent": "", "span": "",
                   "vectors": {"picture": [1, 2.5, -3], "caption": [0.5, 0]}}, one
    assert (two["id"], two["parent"], two["span"], list(two["vectors"])) == ("two", "one", "box 0 0.1 1e+300 2", ["caption"]), two
    assert three["text"] == '"quoted" \u2014 \u20ac', three
    assert len(read(file, "--space", "picture").stdout.splitlines()) == 2


def check_kinds(file):
    done = read(file, "--vectors")
    assert done.returncode == 0, done.stderr
    one, two, three = [json.loads(line)["vectors"] for line in done.stdout.splitlines()]
    (first, half), (second, tiny), (last, large) = one[""]
    assert [first, second, last, half] == [0, 7, 250001, 0.5] and -1.1e-40 < tiny < -0.9e-40 and 0.9e17 < large < 1.1e17, one
    assert one["page"] == [[1, 0], [0, 1], [0, 0]] and two == {"page": [[-0.25, -0.25]]}, two
    assert three == {"": [[3, 1]], "meaning": [1, 2.5, -3]}, three


def check_damage():
    statements = ["UPDATE records SET text = 'another' WHERE row = 1", "UPDATE vectors_1 SET vector = zeroblob(8) WHERE row = 3",
                  "DELETE FROM records WHERE row = 4", "UPDATE meta SET value = '4' WHERE key = 'rows'", "PRAGMA user_version = 3",
                  "PRAGMA application_id = 1"]
    for statement in statements:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a file"
            shutil.copy(FILE, path)
            with sqlite3.connect(path) as database:
                database.execute(statement)
            database.close()
            done = read(path)
            assert done.returncode != 0 and "ValueError" in done.stderr, statement + done.stdout
    print(f"3 records read, {len(statements)} kinds of damage noticed")


main()
