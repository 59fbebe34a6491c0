"""hnsw-build and hnsw-query against hnswlib, in one interleaved run: building, and queries per second at equal recall.

Both sides: M 16, ef-construction 200, 32-bit floats, the same vectors. Our building includes reading and writing the files; our
searching is what --time says, with the index in memory (--load copy). A peer's memory may use huge pages, as ours does."""
import os
import statistics
import subprocess
import sys

TUNABLES = "glibc.malloc.hugetlb=1"
if os.environ.get("GLIBC_TUNABLES") != TUNABLES:
    os.environ["GLIBC_TUNABLES"] = TUNABLES
    os.execv(sys.executable, [sys.executable, *sys.argv])

import hnswlib
import numpy

import peers

EF = (10, 16, 24, 40, 64, 100, 160, 250, 400)
TARGETS = (0.95, 0.99)


def recall(dist, truth):
    """By distance: a neighbour no farther than the 10th true one is found, whichever of a tie it is."""
    return float((dist <= truth[:, -1:]).mean())


def at_recall(target, points):
    """The rate at a recall, between the two measured points around it, in log(1 - recall); None where none reaches it."""
    points = sorted(points)
    for (r0, q0), (r1, q1) in zip(points, points[1:]):
        if r0 <= target <= r1 and r1 > r0:
            x0, x, x1 = (numpy.log1p(-min(r, 0.99999)) for r in (r0, target, r1))
            a = (x0 - x) / (x0 - x1)
            return q0 * (q1 / q0) ** a
    return points[0][1] if points[0][0] > target else None


def bench(title, metric, base, queries):
    base_path = peers.stream("base", base, "--metric", metric)
    query_path = peers.stream("queries", queries, "--metric", metric)
    index, out, truth = (os.path.join(peers.DIR, name) for name in ("base.hnsw", "found.vps", "truth.vps"))
    subprocess.run(["knn-exact", "-b", base_path, "-o", truth, query_path], check=True)
    _, true = peers.neighbours(truth)
    peer = hnswlib.Index(space=metric, dim=base.shape[1])
    peer.init_index(len(base), M=16, ef_construction=200)

    def build():
        subprocess.run(["hnsw-build", "-t", str(peers.CPUS), "-o", index, base_path], check=True)

    seconds = peers.timed(build), peers.timed(lambda: peer.add_items(base, num_threads=peers.CPUS)), peers.timed(build)
    ours = min(seconds[0], seconds[2])
    print(f"{title}, {metric}: build with {peers.CPUS} threads: vecpipe {ours:.1f} s, hnswlib {seconds[1]:.1f} s,"
          f" {seconds[1] / ours:.2f} of ours; the index has {os.path.getsize(index) >> 20} MiB")

    def ours_once(ef, threads):
        options = ["-x", index, "-e", str(ef), "-t", str(threads), "--load", "copy", "--time", "-o", out]
        subprocess.run(["hnsw-query", *options, query_path], check=True)
        return len(queries) / peers.stat(out, f"wall_ns.{ef}") * 1e9

    def peer_once(ef, threads):
        peer.set_ef(ef)
        return len(queries) / peers.timed(lambda: peer.knn_query(queries, k=10, num_threads=threads))

    def distances(ids):
        gap = base[ids] - queries[:, None, :] if metric == "l2" else None
        return numpy.square(gap).sum(2) if metric == "l2" else -numpy.einsum("qd,qkd->qk", queries, base[ids])

    for threads in sorted({1, peers.CPUS}):
        curve, peer_curve = [], []
        for ef in EF:
            rates = [(ours_once(ef, threads), peer_once(ef, threads)) for _ in range(3)]
            q, p = (statistics.median(rate[i] for rate in rates) for i in (0, 1))
            _, dist = peers.neighbours(out)
            ids, _ = peer.knn_query(queries, k=10, num_threads=peers.CPUS)
            slack = numpy.abs(true[:, -1:]) * 1e-5       # the peer's distances are computed here, in another order
            r, pr = recall(dist, true), recall(distances(ids), true + slack)
            curve.append((r, q))
            peer_curve.append((pr, p))
            print(f"    {threads} threads, ef {ef:3d}: vecpipe {q:9,.0f} queries/s, recall@10 {r:.4f}, ndc {mean(out):6.0f};"
                  f" hnswlib {p:9,.0f}, {pr:.4f}", flush=True)
            if min(r, pr) > max(TARGETS):
                break
        for target in TARGETS:
            q, p = at_recall(target, curve), at_recall(target, peer_curve)
            if q and p:
                print(f"    {threads} threads, recall@10 {target}: vecpipe {q:,.0f} queries/s, hnswlib {p:,.0f}:"
                      f" ours by it {q / p:.2f}", flush=True)


def mean(path):
    """Distances computed by query, on the mean."""
    rows = subprocess.run(["vec-view", "--all", "--format", "json", path], check=True, capture_output=True, text=True).stdout
    counts = [int(line.split('"ndc": ')[1].split(",")[0]) for line in rows.splitlines()]
    return statistics.mean(counts)


def main():
    random = numpy.random.default_rng(1)
    factors = random.standard_normal((24, 128), dtype=numpy.float32)
    made = lambda n: random.standard_normal((n, 24), dtype=numpy.float32) @ factors
    sets = [("hnsw: 24 factors, 200,000 x 128", "l2", made(200_000), made(2_000))]
    path, test = peers.testdata("mnist/train.u8bin.gz"), peers.testdata("mnist/test.u8bin.gz")
    if path and test:
        sets.append(("hnsw: mnist 60,000 x 784", "l2", peers.read_bin(path, "u1"), peers.read_bin(test, "u1")))
    path, test = peers.testdata("wordnet-minilm/base.i8bin"), peers.testdata("wordnet-minilm/sentences.test.i8bin")
    if path and test:
        sets.append(("hnsw: wordnet-minilm 117,659 x 384", "ip", peers.read_bin(path, "i1"), peers.read_bin(test, "i1")))
    for title, metric, base, queries in sets:
        bench(title, metric, base, queries)


main()
