"""knn-exact against faiss's IndexFlat and scikit-learn's brute force, in one interleaved run.

Both sides: seconds of searching only, the base in memory; ours include what it computes of the base.  Their results are compared
with ours before they are timed.  The f32 peak is the best that was seen in the same turns: of the BLAS of numpy on square
matrices with as many threads, of knn-exact and of the peers; shares of it count 2 n dim operations a query."""
import os
import statistics
import subprocess

import faiss
import numpy
import sklearn.neighbors
import threadpoolctl

import peers

REPEATS = 5


def check(title, dist, want):
    """Distances of a peer against ours: equal but for the rounding of its own formula."""
    scale = numpy.abs(want).max()
    off = numpy.abs(dist - want).max()
    if off > 1e-3 * scale:
        raise SystemExit(f"{title}: distances differ by {off} of {scale}")


def gemm(threads):
    """A function for the seconds of a product of matrices, and its operations."""
    a, b = (numpy.random.default_rng(i).standard_normal((2048, 2048), dtype=numpy.float32) for i in (1, 2))

    def run():
        with threadpoolctl.threadpool_limits(threads):
            return peers.timed(lambda: a @ b)

    return run, 2 * 2048**3


def bench(title, metric, base, queries, k, threads, brute=False):
    base_path = peers.stream("base", base, "--metric", metric)
    query_path = peers.stream("queries", queries, "--metric", metric)
    out = os.path.join(peers.DIR, "truth.vps")

    def ours(*options):
        command = ["knn-exact", "-b", base_path, "-k", str(k), "-t", str(threads), "--time", *options, "-o", out, query_path]
        subprocess.run(command, check=True)
        return peers.stat(out, "wall_ns.0") / 1e9

    ours()
    _, dist = peers.neighbours(out)
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatL2(base.shape[1]) if metric == "l2" else faiss.IndexFlatIP(base.shape[1])
    index.add(base)
    found, _ = index.search(queries, k)
    check(f"{title}: faiss", found if metric == "l2" else -found, dist)
    run_gemm, gemm_work = gemm(threads)
    work = 2 * base.shape[0] * base.shape[1] * len(queries)
    runs = {"vecpipe": ours, "vecpipe --bf16": lambda: ours("--bf16"), "vecpipe --int8": lambda: ours("--int8"),
            f"faiss-cpu {faiss.__version__} IndexFlat": lambda: peers.timed(lambda: index.search(queries, k)),
            "GEMM of numpy": lambda: run_gemm() * work / gemm_work}
    if brute:
        tree = sklearn.neighbors.NearestNeighbors(n_neighbors=k, algorithm="brute", metric="sqeuclidean").fit(base)
        found, _ = tree.kneighbors(queries)
        check(f"{title}: scikit-learn", found, dist)
        runs[f"scikit-learn {sklearn.__version__} brute"] = lambda: peers.timed(lambda: tree.kneighbors(queries))
    seconds = {name: [] for name in runs}
    for _ in range(REPEATS):
        for name, function in runs.items():
            seconds[name].append(function())
    report(f"{title}, {metric}, {len(queries)} queries, k {k}, {threads} threads", work, seconds)


def report(title, work, seconds):
    """One line each: median seconds, GFLOP/s of f32 (what bytes stand for), the share of the peak, and the peer's time by it."""
    middle = {name: statistics.median(all) for name, all in seconds.items()}
    peak = max(work / min(all) for name, all in seconds.items() if "--" not in name)
    faiss_time = next(time for name, time in middle.items() if name.startswith("faiss"))
    print(f"{title}; f32 peak {peak / 1e9:.0f} GFLOP/s")
    for name, time in middle.items():
        print(f"    {name:32s} {time:8.3f} s (best {min(seconds[name]):.3f}) {work / time / 1e9:7.0f} GFLOP/s,"
              f" {100 * work / time / peak:4.0f} % of the peak   faiss's time by it {faiss_time / time:.2f}", flush=True)


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
            for k in (10, 100):
                bench(title, metric, base, queries, k, threads, brute=metric == "l2" and k == 100 and threads > 1)
        bench(title, metric, base, queries[:1], 10, peers.CPUS)


main()
