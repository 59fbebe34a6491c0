"""bt-negsample's neighbours against scikit-learn's BallTree and brute force and faiss's knn, in one interleaved run, 1 thread.

Ours: the time of the whole program with the queries, less that of the same program with one query, which reads the set and builds
the tree; theirs: the query alone.  Distances are compared with ours before anything is timed."""
import os
import statistics
import subprocess

import faiss
import numpy
import sklearn.neighbors
import threadpoolctl

import peers

REPEATS = 3
K = 3


def check(title, dist, want):
    """Distances of a peer against ours: equal but for the rounding of its own formula."""
    off, scale = numpy.abs(dist - want).max(), numpy.abs(want).max()
    if off > 1e-3 * scale:
        raise SystemExit(f"{title}: distances differ by {off} of {scale}")


def bench(title, base, queries, tree_queries):
    """tree_queries: how many of the queries scikit-learn's tree is given; its time is scaled to all."""
    base_path = peers.stream("base", base, "--metric", "l2")
    query_path = peers.stream("queries", queries, "--metric", "l2")
    one_path = peers.stream("one", queries[:1], "--metric", "l2")
    out = os.path.join(peers.DIR, "tree.vps")

    def program(path):
        command = ["bt-negsample", "--knn", "-q", "--point", base_path, "-k", str(K), "-t", "1", "-o", out, path]
        return peers.timed(lambda: subprocess.run(command, check=True))

    faiss.omp_set_num_threads(1)
    brute = sklearn.neighbors.NearestNeighbors(n_neighbors=K, algorithm="brute").fit(base)
    tree = sklearn.neighbors.BallTree(base, leaf_size=40)
    program(query_path)
    _, dist = peers.neighbours(out)
    check(f"{title}: faiss", faiss.knn(queries, base, K)[0], dist)
    check(f"{title}: brute force", brute.kneighbors(queries[:tree_queries])[0] ** 2, dist[:tree_queries])
    check(f"{title}: scikit-learn", tree.query(queries[:tree_queries], K)[0] ** 2, dist[:tree_queries])
    scale = len(queries) / tree_queries
    runs = {"one query": lambda: program(one_path), "whole": lambda: program(query_path),
            f"faiss-cpu {faiss.__version__} knn": lambda: peers.timed(lambda: faiss.knn(queries, base, K)),
            f"scikit-learn {sklearn.__version__} brute": lambda: peers.timed(lambda: brute.kneighbors(queries)),
            f"scikit-learn {sklearn.__version__} BallTree":
                lambda: scale * peers.timed(lambda: tree.query(queries[:tree_queries], K))}
    seconds = {name: [] for name in runs}
    with threadpoolctl.threadpool_limits(1):
        for _ in range(REPEATS):
            for name, function in runs.items():
                seconds[name].append(function())
    middle = {name: statistics.median(all) for name, all in seconds.items()}
    build, whole = middle.pop("one query"), middle.pop("whole")
    ours = whole - build
    print(f"{title}, {len(queries)} queries, k {K}, 1 thread; reading and building {build:.2f} s")
    print(f"    {'vecpipe':32s} {ours:8.3f} s")
    for name, time in middle.items():
        print(f"    {name:32s} {time:8.3f} s   its time by ours {time / ours:.2f}", flush=True)


def main():
    random = numpy.random.default_rng(1)
    for dim in (8, 128):
        base, queries = (random.standard_normal((n, dim), dtype=numpy.float32) for n in (100_000, 10_000))
        bench(f"bt-negsample: random 100,000 x {dim}", base, queries, 1000 if dim == 8 else 100)
    path, test = peers.testdata("mnist/train.u8bin.gz"), peers.testdata("mnist/test.u8bin.gz")
    if path and test:
        bench("bt-negsample: mnist 60,000 x 784", peers.read_bin(path, "u1"), peers.read_bin(test, "u1")[:4000], 50)


main()
