"""The same graph on both sides: hnswlib's index read by vec-convert and searched by hnsw-query, and hnsw-build's index written as
hnswlib's and searched by hnswlib, each beside the program that built it, at the same ef.

Recall is by id against knn-exact; "same" is the share of equal ids of two lists.  Last, the price of deleted elements: a tenth
of them marked; hnswlib passes through these on its way, the converted index has lost them and their edges."""
import os
import subprocess

import hnswlib
import numpy

import peers

EF = (16, 64, 256)


def same(a, b):
    return float(numpy.mean([len(set(x) & set(y)) / len(x) for x, y in zip(a, b)]))


def convert(*args):
    """Run vec-convert, with what it says on stderr."""
    said = subprocess.run(["vec-convert", *args], check=True, capture_output=True, text=True).stderr.strip()
    print("    " + (said.split(": ", 2)[-1] if said else "nothing left out, no edge added"))


def load(path, metric, dim):
    peer = hnswlib.Index(space=metric, dim=dim)
    peer.load_index(path)
    return peer


def answers(index, queries, ef):
    out = os.path.join(peers.DIR, "found.vps")
    subprocess.run(["hnsw-query", "-x", index, "-k", "10", "-e", str(ef), "-o", out, queries], check=True)
    return peers.neighbours(out)[0]


def both(what, index, queries, peer, x, true):
    for ef in EF:
        peer.set_ef(ef)
        ours, theirs = answers(index, queries, ef), peer.knn_query(x, k=10)[0]
        print(f"    {what}, ef {ef:3d}: recall@10 by hnsw-query {same(ours, true):.4f}, by hnswlib {same(theirs, true):.4f},"
              f" same {same(ours, theirs):.4f}", flush=True)


def bench(title, metric, base, x):
    print(f"{title}, {metric}")
    base_path = peers.stream("base", base, "--metric", metric)
    queries = peers.stream("queries", x, "--metric", metric)
    index, file, truth = (os.path.join(peers.DIR, name) for name in ("both.hnsw", "both.hnswlib", "truth.vps"))
    subprocess.run(["knn-exact", "-b", base_path, "-o", truth, queries], check=True)
    true, _ = peers.neighbours(truth)

    peer = hnswlib.Index(space=metric, dim=base.shape[1])
    peer.init_index(len(base), M=16, ef_construction=200)
    peer.add_items(base, num_threads=peers.CPUS)
    peer.save_index(file)
    convert("--metric", metric, "-o", index, file)
    both("built by hnswlib", index, queries, peer, x, true)

    subprocess.run(["hnsw-build", "-o", index, base_path], check=True)
    convert("-o", file, index)
    both("built by hnsw-build", index, queries, load(file, metric, base.shape[1]), x, true)

    deleted = numpy.arange(3, len(base), 10)
    for i in deleted:
        peer.mark_deleted(i)
    peer.save_index(file)
    convert("--metric", metric, "-o", index, file)
    left = numpy.setdiff1d(numpy.arange(len(base)), deleted)
    subprocess.run(["knn-exact", "-b", peers.stream("left", base[left], "--metric", metric), "-o", truth, queries], check=True)
    both("a tenth deleted", index, queries, peer, x, left[peers.neighbours(truth)[0]])


def main():
    random = numpy.random.default_rng(1)
    factors = random.standard_normal((24, 64), dtype=numpy.float32)
    made = lambda n: random.standard_normal((n, 24), dtype=numpy.float32) @ factors
    sets = [("hnswlib_file: 24 factors, 20,000 x 64", "cosine", made(20_000), made(1_000))]
    path, test = peers.testdata("mnist/train.u8bin.gz"), peers.testdata("mnist/test.u8bin.gz")
    if path and test:
        sets.append(("hnswlib_file: mnist 60,000 x 784", "l2", peers.read_bin(path, "u1"), peers.read_bin(test, "u1")[:2000]))
    path, test = peers.testdata("wordnet-minilm/base.i8bin"), peers.testdata("wordnet-minilm/sentences.test.i8bin")
    if path and test:
        sets.append(("hnswlib_file: wordnet-minilm 117,659 x 384", "ip", peers.read_bin(path, "i1"),
                     peers.read_bin(test, "i1")[:2000]))
    for title, metric, base, x in sets:
        bench(title, metric, base, x)


main()
