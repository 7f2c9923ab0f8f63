"""One approximate index of one system, measured in a process of its own: so memory is its own, and a crash ends no other.

    python benchmarks/graph_peers.py SYSTEM FOLDER SETTINGS

FOLDER has vectors.npy, queries.npy and exact.npy; SETTINGS is a JSON object (see `measure`). The last line of the output is a
JSON object: seconds to build, bytes a vector, and points of effort, recall and queries a second.
"""
import json
import os
import pathlib
import sys

import numpy
from index_program import K, Sextant, resident, timed

EFFORTS = [10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 896, 1280, 1792]


class Peer:
    def timed_search(self, queries, effort, threads, each):
        found = []
        parts = [queries[i:i + 1] for i in range(len(queries))] if each else [queries]
        seconds = timed(lambda: found.extend(self.search(part, effort, threads) for part in parts))
        return seconds, numpy.concatenate([numpy.asarray(part).reshape(-1, K) for part in found]).astype(numpy.int64)

    def resident(self):
        return resident(os.getpid())

    def close(self):
        pass


class Faiss(Peer):
    package = "faiss-cpu"

    def __init__(self, vectors, folder, threads, m, ef_construction):
        import faiss
        self.faiss = faiss
        faiss.omp_set_num_threads(threads)
        self.index = faiss.IndexHNSWFlat(vectors.shape[1], m, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = ef_construction
        self.index.add(vectors)

    def search(self, queries, effort, threads):
        self.faiss.omp_set_num_threads(threads)
        self.index.hnsw.efSearch = effort
        return self.index.search(queries, K)[1]

    def save(self, to):
        self.faiss.write_index(self.index, str(to))


class Hnswlib(Peer):
    package = "hnswlib"

    def __init__(self, vectors, folder, threads, m, ef_construction):
        import hnswlib
        self.index = hnswlib.Index("ip", vectors.shape[1])
        self.index.init_index(len(vectors), ef_construction, m)
        self.index.add_items(vectors, num_threads=threads)

    def search(self, queries, effort, threads):
        self.index.set_ef(effort)
        return self.index.knn_query(queries, K, num_threads=threads)[0]

    def save(self, to):
        self.index.save_index(str(to))


class Usearch(Peer):
    package = "usearch"
    kind = "f32"

    def __init__(self, vectors, folder, threads, m, ef_construction):
        from usearch.index import Index
        self.index = Index(ndim=vectors.shape[1], metric="cos", dtype=self.kind, connectivity=m, expansion_add=ef_construction)
        self.index.add(numpy.arange(len(vectors)), vectors, threads=threads)

    def search(self, queries, effort, threads):
        self.index.expansion_search = effort
        return self.index.search(queries, K, threads=threads).keys.reshape(len(queries), K)

    def save(self, to):
        self.index.save(str(to))


class UsearchBytes(Usearch):
    kind = "i8"


class Vamana(Peer):
    """scalable-vs; 2 m links a node, as many as the others have on their lowest level."""
    package = "scalable-vs"

    def __init__(self, vectors, folder, threads, m, ef_construction):
        import svs
        settings = svs.VamanaBuildParameters(alpha=0.95, graph_max_degree=2 * m, window_size=ef_construction)
        self.index = svs.Vamana.build(settings, vectors, svs.DistanceType.MIP, num_threads=threads)

    def search(self, queries, effort, threads):
        self.index.num_threads = threads
        self.index.search_window_size = effort
        return self.index.search(queries, K)[0]

    def save(self, to):
        for part in ("config", "graph", "data"):
            (to / part).mkdir(parents=True)
        self.index.save(*(str(to / part) for part in ("config", "graph", "data")))


class Scann(Peer):
    """Not a graph: partitions and 4-bit codes, reordered by floats; `effort` is how many partitions are looked at."""
    package = "scann"

    def __init__(self, vectors, folder, threads, m, ef_construction):
        import scann
        self.leaves = int(2 * len(vectors) ** 0.5)
        self.index = scann.scann_ops_pybind.builder(vectors, K, "dot_product").set_n_training_threads(threads).tree(
            num_leaves=self.leaves, num_leaves_to_search=40, training_sample_size=min(len(vectors), 250_000)).score_ah(
            2, anisotropic_quantization_threshold=0.2).reorder(100).build()

    def search(self, queries, effort, threads):
        leaves, kept = min(self.leaves, effort), max(40, effort)
        if len(queries) == 1:
            return self.index.search(queries[0], K, kept, leaves)[0]
        return self.index.search_batched_parallel(queries, K, kept, leaves)[0]

    def save(self, to):
        to.mkdir()
        self.index.serialize(str(to))


class Ours:
    package = None

    def __init__(self, vectors, folder, threads, m, ef_construction):
        self.program = Sextant(os.environ["SEXTANT_INDEX_BENCHMARK"], vectors, folder, threads)
        self.file = folder / "an.sextant"
        self.seconds = self.program.ask(f"build {m} {ef_construction} {threads}")  # without what makes the file

    def timed_search(self, queries, effort, threads, each, kind="ef"):
        return self.program.search(queries, f"{kind} {effort}", "each" if each else "search", threads)

    def resident(self):
        return self.program.resident()

    def close(self):
        self.program.close()


SYSTEMS = {"sextant": Ours, "faiss": Faiss, "hnswlib": Hnswlib, "usearch f32": Usearch, "usearch i8": UsearchBytes,
           "scalable-vs": Vamana, "scann": Scann}


def size_on_disk(path):
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())


def recall_of(found, exact):
    return float(numpy.mean([len(numpy.intersect1d(a, b)) / K for a, b in zip(found, exact)]))


def point(index, queries, exact, effort, settings, each=False, **kind):
    """Effort, recall, queries a second: the fastest of a few rounds."""
    threads = 1 if each else settings["threads"]
    rounds = [index.timed_search(queries, effort, threads, each, **kind) for _ in range(settings["rounds"])]
    return [effort, recall_of(rounds[0][1], exact), len(queries) / min(seconds for seconds, _ in rounds)]


def curve(index, queries, exact, settings):
    points = []
    for effort in EFFORTS:
        points.append(point(index, queries, exact, effort, settings))
        if points[-1][1] > 0.995:
            break
    return points


def measure(system, folder, settings):
    """`settings`: threads, m, ef_construction and rounds."""
    vectors, queries, exact = (numpy.load(folder / f"{name}.npy") for name in ("vectors", "queries", "exact"))
    before = 0 if system == "sextant" else resident(os.getpid())
    made = []
    seconds = timed(lambda: made.append(SYSTEMS[system](vectors, folder, settings["threads"], settings["m"], settings["ef_construction"])))
    index = made[0]
    result = {"seconds": getattr(index, "seconds", seconds), "resident": (index.resident() - before) / len(vectors)}
    result["curve"] = curve(index, queries, exact, settings)
    result["alone"] = []  # one query at a time, with the least effort of so much recall
    for wanted in (0.95, 0.99):
        efforts = [effort for effort, recall, _ in result["curve"] if recall >= wanted]
        if efforts:
            result["alone"].append(point(index, queries[:500], exact[:500], efforts[0], settings, each=True))
    if system == "sextant":
        result["asked"] = [point(index, queries, exact, wanted, settings, kind="min_recall") for wanted in (0.95, 0.99)]
        saved = index.file
    else:
        saved = folder / "saved"
        index.save(saved)
    result["disk"] = size_on_disk(saved) / len(vectors)
    index.close()
    return result


def main():
    system, folder, settings = sys.argv[1:]
    print(json.dumps(measure(system, pathlib.Path(folder), json.loads(settings))))


if __name__ == "__main__":
    main()
