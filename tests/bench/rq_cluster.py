"""rq-cluster: one exact assignment against LEMON, balanced k-means against k-means-constrained, plain k-means against faiss.

CPU seconds of one thread where LEMON or k-means-constrained is the peer, wall time of as many threads each elsewhere.
BENCH_LARGE=1 adds what takes minutes: k-means-constrained's 20 iterations (a quarter of an hour at 100,000 vectors), an
assignment of 100,000 points, balanced levels of 1,000,000 and 4,000,000 vectors, the last in 8 GB of address space.
BENCH_ROWS="million four" runs the rows of these names (ROWS, below) and no others."""
import os
import resource
import subprocess
import time

import faiss
import k_means_constrained
import numpy
from k_means_constrained import k_means_constrained_ as peer

import peers

LARGE, NAMES = bool(os.environ.get("BENCH_LARGE")), os.environ.get("BENCH_ROWS", "").split()
ITERATIONS, REPEATS = 25, 5          # of plain k-means: faiss's default
ORACLE = os.path.join(os.path.dirname(__file__), "../../build/tests/oracle")


def oracle(name, *arguments):
    out = subprocess.run([os.path.join(ORACLE, name), *map(str, arguments)], check=True, capture_output=True, text=True).stdout
    return [float(x) if "." in x else int(x) for x in out.split()]


def assignments(n, k, solvers):
    path = os.path.join(peers.DIR, "problem")
    oracle("assign", "make", n, k, "crowds", 1, path)
    print(f"one exact assignment, {n:,} points to {k} clusters of N / K +- 1, CPU seconds of 1 thread")
    if not os.path.exists(os.path.join(ORACLE, "lemon_assign")):
        print("    liblemon-dev: not present")
        solvers = []
    cost, cold, warm = min((oracle("assign", "solve", path) for _ in range(3)), key=lambda r: r[1])
    print(f"    {'vecpipe':32s} {cold:8.3f} s from no prices, {warm:.3f} s from prices that are off")
    for name, argument in solvers:
        theirs, seconds = oracle("lemon_assign", path, argument)
        if theirs != cost:
            raise SystemExit(f"LEMON's optimum is {theirs}, ours {cost}")
        print(f"    {'LEMON ' + name:32s} {seconds:8.3f} s, the same cost   its time by ours {seconds / cold:.0f}, "
              f"{seconds / warm:.0f}", flush=True)
    os.remove(path)


def crowds(n, dim, seed=1):
    random = numpy.random.default_rng(seed)
    centres = 2 * random.standard_normal((24, dim))
    return (centres[(24 * random.random(n) ** 3).astype(int)] + random.standard_normal((n, dim))).astype(numpy.float32)


def solve(costs, low, high):
    """Our optimum of integer costs (n, k)."""
    n, k = costs.shape
    path = os.path.join(peers.DIR, "problem")
    with open(path, "wb") as f:
        for part in ([n, k], [low] * k, [high] * k, costs):
            numpy.asarray(part, "<i4").tofile(f)
    cost = oracle("assign", "solve", path)[0]
    os.remove(path)
    return cost


def same_centres(n, dim, k):
    """One assignment to the same centres: by its own rounding, and by squared distances."""
    x, low, high = crowds(n, dim), max(1, n // k - 1), n // k + 1
    centres = x[:k].copy()
    labels = peer._labels_constrained(x, centres, low, high, numpy.zeros(n, x.dtype))[0]
    dist = peer.euclidean_distances(x, centres, squared=False)
    rounded = numpy.around(dist.astype(float) * 1000, 0).astype(numpy.int32)
    theirs, ours = int(rounded[numpy.arange(n), labels].sum()), solve(rounded, low, high)
    if ours != theirs:
        raise SystemExit(f"k-means-constrained's objective is {theirs}, ours {ours}")
    squares = (dist.astype(float) ** 2 * 10000).astype(numpy.int32)
    theirs, ours = int(squares[numpy.arange(n), labels].sum()), solve(squares, low, high)
    if ours > theirs:
        raise SystemExit(f"k-means-constrained's inertia is {theirs}, ours {ours}")
    print(f"one assignment of {n:,} x {dim} to the same {k} centres: the same objective by its rounding; inertia "
          f"{theirs / ours:.6f} times ours", flush=True)


def cluster(path, k, iterations, threads, *options):
    """Wall seconds of the program and its report."""
    report, codes = os.path.join(peers.DIR, "report.tsv"), os.path.join(peers.DIR, "codes.vps")
    seconds = peers.timed(lambda: subprocess.run(
        ["rq-cluster", "-q", "-L", "1", "-K", str(k), "--n-init", "1", "--max-iter", str(iterations), "--tol", "0",
         "-t", str(threads), "--report", report, "-o", codes, *options, path], check=True))
    with open(report) as f:
        return seconds, {tuple(line.split("\t")[:2]): line.split("\t")[2].strip() for line in f}


def cpu_seconds(function):
    """Of this process and its children."""
    def spent():
        return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    before = spent()
    function()
    return spent() - before


def balanced(n, dim, k, iterations):
    x = crowds(n, dim)
    path = peers.stream("vectors", x, "--metric", "l2")
    model = k_means_constrained.KMeansConstrained(n_clusters=k, size_min=n // k - 1, size_max=n // k + 1, n_init=1, tol=0,
                                                  max_iter=iterations, random_state=42, n_jobs=1)
    theirs = cpu_seconds(lambda: model.fit(x))
    reports = []
    ours = cpu_seconds(lambda: reports.append(cluster(path, k, iterations, 1)))
    report = reports[0][1]
    print(f"balanced k-means of {n:,} x {dim}, K {k}, {iterations} iterations, CPU seconds of 1 thread")
    print(f"    {'vecpipe':32s} {ours:8.2f} s, inertia {float(report['1', 'inertia']):.6g}")
    print(f"    {'k-means-constrained 0.9':32s} {theirs:8.2f} s, inertia {model.inertia_:.6g}   its time by ours "
          f"{theirs / ours:.1f}", flush=True)


def faiss_kmeans(path, k):
    x = numpy.load(path)
    kmeans = faiss.Kmeans(x.shape[1], k, niter=ITERATIONS, seed=42, max_points_per_centroid=len(x))
    kmeans.train(x)
    return float(kmeans.obj[-1])


def plain(name, x, k):
    """Both read their own file.  faiss starts from a random sample, we from greedy k-means++."""
    path, array = peers.stream("vectors", x, "--metric", "l2"), os.path.join(peers.DIR, "vectors.npy")
    numpy.save(array, x)
    faiss.omp_set_num_threads(peers.CPUS)
    runs = {"ours": [], "faiss": []}
    for _ in range(REPEATS):
        inertia = []
        runs["faiss"].append((peers.timed(lambda: inertia.append(faiss_kmeans(array, k))), inertia[0]))
        seconds, report = cluster(path, k, ITERATIONS, peers.CPUS, "--unbounded")
        runs["ours"].append((seconds, float(report["1", "inertia"])))
    (ours, own), (theirs, other) = (sorted(runs[name])[REPEATS // 2] for name in ("ours", "faiss"))
    print(f"plain k-means of {name} {len(x):,} x {x.shape[1]}, K {k}, {ITERATIONS} iterations, {peers.CPUS} threads, "
          "no subsampling")
    print(f"    {'vecpipe':32s} {ours:8.2f} s, inertia {own:.6g}")
    print(f"    {'faiss-cpu ' + faiss.__version__ + ' Kmeans':32s} {theirs:8.2f} s, inertia {other:.6g}   its time by ours "
          f"{theirs / ours:.2f}", flush=True)
    os.remove(array)


def plain_sets():
    plain("crowds", crowds(100_000, 128), 256)
    for name, path, dtype in (("mnist", "mnist/train.u8bin.gz", "u1"), ("wordnet-minilm", "wordnet-minilm/base.i8bin", "i1")):
        found = peers.testdata(path)
        if found:
            plain(name, peers.read_bin(found, dtype), 256)


def limited(command, address_space):
    """Wall seconds of a command, and the most memory that it held, in MiB."""
    def limit():
        if address_space:
            resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    started = time.monotonic()
    child = subprocess.Popen(command, preexec_fn=limit)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"{command[0]}: wait status {status}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


def whole(n, iterations, address_space=None):
    path, codes = os.path.join(peers.DIR, "many.vps"), os.path.join(peers.DIR, "codes.vps")
    subprocess.run(["vec-synth", "--count", str(n), "--dim", "128", "-o", path], check=True)
    seconds, peak = limited(["rq-cluster", "-q", "-L", "1", "-K", "256", "--n-init", "1", "--max-iter", str(iterations),
                             "--tol", "0", "-t", "2", "-o", codes, path], address_space)
    print(f"balanced level of {n:,} x 128, K 256, {iterations} iterations, 2 threads: {seconds:.1f} s, {peak:,.0f} MiB",
          flush=True)
    os.remove(path)


SIMPLEX, SCALING = ("NetworkSimplex", "simplex"), ("CostScaling", "scaling")
ROWS = {
    "lemon20k": lambda: assignments(20_000, 256, [SIMPLEX, SCALING]),
    "same": lambda: same_centres(2000, 16, 32),
    "constrained20k": lambda: balanced(20_000, 64, 64, 20 if LARGE else 2),
    "faiss": plain_sets,
    "million": lambda: whole(1_000_000, 20),
    "four": lambda: whole(4_000_000, 2, 8 << 30),
    "lemon100k": lambda: assignments(100_000, 256, [SIMPLEX]),
    "constrained100k": lambda: balanced(100_000, 128, 256, 20),
}


def main():
    for name, row in ROWS.items():
        if name in NAMES or (not NAMES and (LARGE or name in ("lemon20k", "same", "constrained20k", "faiss"))):
            row()


main()
