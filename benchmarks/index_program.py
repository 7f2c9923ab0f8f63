"""The built index_benchmark, as the scripts that measure indexes drive it, and answers to compare its answers with."""
import subprocess
import time

import numpy

K = 10


class Sextant:
    """The program, with one set of vectors in an index."""

    def __init__(self, program, vectors, folder, threads):
        self.folder, self.threads = folder, threads
        vectors.tofile(folder / "vectors")
        rows, dimensions = vectors.shape
        arguments = [program, folder / "vectors", str(rows), str(dimensions), "cosine", folder / "an.sextant"]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.seconds_to_write = float(self.process.stdout.readline())

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def search(self, queries, effort="exact 0", call="search", threads=None):
        """Seconds and ids; short answers are an error."""
        queries.tofile(self.folder / "queries")
        seconds = self.ask(f"{call} {self.folder}/queries {len(queries)} {K} {threads or self.threads} {effort} {self.folder}/ids")
        return seconds, numpy.fromfile(self.folder / "ids", numpy.int64).reshape(len(queries), K)

    def resident(self):
        return resident(self.process.pid)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def resident(process):
    """Bytes of memory that are of no file."""
    with open(f"/proc/{process}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon"))


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def exact_ids(vectors, queries):
    """By scores in 64 bits."""
    norms = numpy.sqrt((vectors.astype(numpy.float64) ** 2).sum(1))
    found = []
    for begin in range(0, len(queries), 64):
        some = queries[begin:begin + 64].astype(numpy.float64)
        scores = ((some / numpy.linalg.norm(some, axis=1)[:, None]) @ vectors.T.astype(numpy.float64) / norms).astype(numpy.float32)
        for row in scores:
            near = numpy.flatnonzero(row >= numpy.partition(row, -K)[-K])
            found.append(near[numpy.argsort(-row[near], kind="stable")][:K])
    return numpy.array(found)
