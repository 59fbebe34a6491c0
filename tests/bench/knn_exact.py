"""knn-exact against faiss's IndexFlat and scikit-learn's brute force, in one interleaved run.

Both sides: seconds of searching only, the base in memory; ours include what it computes of the base.  Their results are compared
with ours before they are timed."""
import os
import subprocess

import faiss
import numpy
import sklearn.neighbors

import peers


def check(title, dist, want):
    """Distances of a peer against ours: equal but for the rounding of its own formula."""
    scale = numpy.abs(want).max()
    off = numpy.abs(dist - want).max()
    if off > 1e-3 * scale:
        raise SystemExit(f"{title}: distances differ by {off} of {scale}")


def bench(title, metric, base, queries, k, threads, brute=False):
    base_path = peers.stream("base", base, "--metric", metric)
    query_path = peers.stream("queries", queries, "--metric", metric)
    out = os.path.join(peers.DIR, "truth.vps")

    def ours():
        command = ["knn-exact", "-b", base_path, "-k", str(k), "-t", str(threads), "--time", "-o", out, query_path]
        subprocess.run(command, check=True)
        return peers.stat(out, "wall_ns.0") / 1e9

    ours()
    _, dist = peers.neighbours(out)
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatL2(base.shape[1]) if metric == "l2" else faiss.IndexFlatIP(base.shape[1])
    index.add(base)
    found, _ = index.search(queries, k)
    check(f"{title}: faiss", found if metric == "l2" else -found, dist)
    others = {f"faiss-cpu {faiss.__version__} IndexFlat": lambda: peers.timed(lambda: index.search(queries, k))}
    if brute:
        tree = sklearn.neighbors.NearestNeighbors(n_neighbors=k, algorithm="brute", metric="sqeuclidean").fit(base)
        found, _ = tree.kneighbors(queries)
        check(f"{title}: scikit-learn", found, dist)
        others[f"scikit-learn {sklearn.__version__} brute"] = lambda: peers.timed(lambda: tree.kneighbors(queries))
    peers.compare(f"{title}, {metric}, {len(queries)} queries, k {k}, {threads} threads", len(queries), "queries/s", ours, others)


def main():
    random = numpy.random.default_rng(1)
    sets = []
    base, queries = (random.standard_normal((n, 128), dtype=numpy.float32) for n in (100_000, 2_000))
    sets.append(("knn-exact: random 100,000 x 128", "l2", base, queries))
    path, test = peers.testdata("mnist/train.u8bin.gz"), peers.testdata("mnist/test.u8bin.gz")
    if path and test:
        sets.append(("knn-exact: mnist 60,000 x 784", "l2", peers.read_bin(path, "u1"), peers.read_bin(test, "u1")[:2000]))
    path, test = peers.testdata("wordnet-minilm/base.i8bin"), peers.testdata("wordnet-minilm/sentences.test.i8bin")
    if path and test:
        base, queries = peers.read_bin(path, "i1"), peers.read_bin(test, "i1")
        base, queries = (x / numpy.linalg.norm(x, axis=1, keepdims=True) for x in (base, queries))
        sets.append(("knn-exact: wordnet-minilm 117,659 x 384", "ip", base, queries))
    for title, metric, base, queries in sets:
        for threads in sorted({1, peers.CPUS}):
            bench(title, metric, base, queries, 10, threads)
        bench(title, metric, base, queries, 100, peers.CPUS, brute=metric == "l2")
        bench(title, metric, base, queries[:1], 10, peers.CPUS)


main()
