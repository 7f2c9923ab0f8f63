"""Prints the records of an index file, a line of JSON each, with nothing of Sextant's: the format is src/store/FORMAT.md.

    python read_index.py FILE [--space NAME] [--vectors]

Every checksum is compared if the package xxhash is installed. `records(FILE)` does the same for other programs.
"""
import argparse
import contextlib
import json
import pathlib
import sqlite3
import struct

try:
    from xxhash import xxh3_128_digest
except ImportError:
    xxh3_128_digest = None

APPLICATION, VERSION = 0x53657874, 2


def checksum(numbers, fields):
    """As the file has it: the low half first, little-endian; None if it cannot be computed."""
    return xxh3_128_digest and xxh3_128_digest(struct.pack(f"<{len(numbers)}Q", *numbers) + b"".join(fields))[::-1]


def expect(found, wanted, what):
    if found is not None and found != wanted:
        raise ValueError(f"{what} is damaged")


def read_summary(database):
    (application,), (version,) = (database.execute(f"PRAGMA {number}").fetchone() for number in ("application_id", "user_version"))
    if (application, version) != (APPLICATION, VERSION):
        raise ValueError(f"this is no Sextant index of format {VERSION}")
    meta = dict(database.execute("SELECT key, value FROM meta"))
    data, stored = b"", bytes.fromhex(meta.pop("checksum"))[::-1]
    for key, value in sorted((key.encode(), value.encode()) for key, value in meta.items()):
        data += struct.pack("<2Q", len(key), len(value)) + key + value
    expect(checksum([], [data]), stored, "the summary")
    return meta


def unpacked(data, kind, dimensions):
    """A list of numbers; of a sparse vector a list of ids with their weights; of a multi one a list of vectors."""
    if kind == "sparse":
        half = len(data) // 8
        values = struct.unpack(f"<{half}I{half}f", data)
        return list(zip(values[:half], values[half:]))
    vectors = [list(struct.unpack_from(f"<{dimensions}f", data, at)) for at in range(0, len(data), 4 * dimensions)]
    return vectors if kind == "multi" else vectors[0]


def records(path):
    """Yields for each record, in the order of insertion: id, payload, text, parent, span and its vectors by space."""
    # With mode=ro SQLite would leave its log beside the file: only who may write can take it away again.
    uri = pathlib.Path(path).resolve().as_uri() + "?mode=rw"
    with contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as database:
        database.execute("PRAGMA query_only = ON")
        database.execute("BEGIN")  # all of one commit
        yield from records_of(database)


def records_of(database):
    meta = read_summary(database)
    names = [meta[f"space.{n}.name"] for n in range(int(meta["spaces"]))]
    root, count = 0, 0
    for row, *texts, sums, stored in database.execute(
            "SELECT row, id, payload, text, parent, span, vectors, checksum FROM records ORDER BY row"):
        fields = [text.encode() for text in texts] + [sums]
        expect(checksum([row, *map(len, fields)], fields), stored, f"row {row}")
        vectors = {}
        for n, name in enumerate(names):
            if not any(sums[16 * n:16 * n + 16]):
                continue
            (data,), = database.execute(f"SELECT vector FROM vectors_{n} WHERE row = ?", (row,))
            expect(checksum([n, row, len(data)], [data]), sums[16 * n:16 * n + 16], f"the vector of row {row}")
            vectors[name] = unpacked(data, meta[f"space.{n}.kind"], int(meta[f"space.{n}.dimensions"]))
        root, count = (root + int.from_bytes(stored, "little")) % 2 ** 128, count + 1
        yield {"id": texts[0], "payload": json.loads(texts[1]), "text": texts[2], "parent": texts[3], "span": texts[4], "vectors": vectors}
    if count != int(meta["rows"]) or root != int(meta["root"], 16):
        raise ValueError("these are not the rows that were written last")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--space", help="show only records that have a vector here")
    parser.add_argument("--vectors", action="store_true", help="show the vectors too")
    args = parser.parse_args()
    for record in records(args.file):
        vectors = record.pop("vectors")
        if args.space is None or args.space in vectors:
            print(json.dumps(record | ({"vectors": vectors} if args.vectors else {}), ensure_ascii=False))


if __name__ == "__main__":
    main()
