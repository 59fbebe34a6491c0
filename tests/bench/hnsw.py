"""hnsw-build and hnsw-query against hnswlib, faiss and usearch, in one interleaved run: building, and queries a second at equal
recall@10, with 1 thread and with all.

Everybody: M 16, ef-construction 200, the same vectors as 32-bit floats, the index in memory, huge pages allowed.  Building is a
whole program of ours (reading and writing files included) and the peers' add alone.  Searching is what --time says of ours
(--load copy), and a call with all queries of the peers'.  A rate at a recall is interpolated between the two nearest ef.

BENCH_SETS=mnist,wordnet,synth,factors chooses sets, BENCH_N the size of synth, BENCH_REPEATS the rounds, whose median counts.
BENCH_CACHE=1 keeps the peers' indexes in $BENCH_DIR/peers with the seconds that building them took, takes them from there the
next time, and builds ours once instead of twice; BENCH_CACHE=only fills the cache and ends."""
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import time
import zlib

TUNABLES = "glibc.malloc.hugetlb=1"
if os.environ.get("GLIBC_TUNABLES") != TUNABLES:
    os.environ["GLIBC_TUNABLES"] = TUNABLES
    os.execv(sys.executable, [sys.executable, *sys.argv])

import faiss
import hnswlib
import numpy
import usearch.index

import peers

EF = (10, 16, 24, 40, 64, 100, 160, 250)
QUERIES = 2_000
TARGETS = (0.95, 0.99)
REPEATS = int(os.environ.get("BENCH_REPEATS", 5))
CODES = ("none", "sq8", "sq4")
CACHE = os.environ.get("BENCH_CACHE", "")
# The peak of a program counts what its parent held when it was started: so a small parent in between.
PEAK = """import os, sys
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss)
sys.exit(status != 0)"""


class Ours:
    """hnsw-query on an index with one kind of codes; every ef in one run."""

    def __init__(self, codes, base_path, query_path, n_queries, n, dim):
        self.name, self.codes, self.f32 = "vecpipe " + codes, codes, codes == "none"
        self.path, self.out = (os.path.join(peers.DIR, name) for name in (codes + ".hnsw", "found.vps"))
        self.base, self.queries, self.n_queries, self.n, self.dim = base_path, query_path, n_queries, n, dim

    def build(self, threads):
        command = ["hnsw-build", "--codes", self.codes, "-t", str(threads), "-o", self.path, self.base]

        start = time.perf_counter()
        self.memory = int(subprocess.run([sys.executable, "-c", PEAK, *command], check=True, capture_output=True).stdout) * 1024
        return time.perf_counter() - start

    def rates(self, threads):
        options = ["-x", self.path, "-e", ",".join(map(str, EF)), "-t", str(threads), "--load", "copy", "--time", "-o", self.out]
        subprocess.run(["hnsw-query", *options, self.queries], check=True)
        return {ef: self.n_queries / peers.stat(self.out, f"wall_ns.{ef}") * 1e9 for ef in EF}

    def recalls(self, true, _distances):
        """By ef: recall, distances and KiB a query, and the seconds that reading these at random takes and nothing else."""
        sums = {ef: [0, 0, 0, 0] for ef in EF}
        with_codes = [] if self.f32 else ["ndc_code"]
        command = ["vec-view", "--all", "--format", "json", "--columns", ",".join(["ef", "dist", "ndc", "hops", *with_codes])]
        rows = subprocess.run([*command, self.out], check=True, capture_output=True, text=True).stdout
        seen = {ef: 0 for ef in EF}
        for line in rows.splitlines():
            row = json.loads(line)
            s, worst = sums[row["ef"]], true[seen[row["ef"]], -1]
            seen[row["ef"]] += 1
            for i, x in enumerate((sum(d <= worst for d in row["dist"]) / true.shape[1], row["ndc"], row.get("ndc_code", 0),
                                   row["hops"])):
                s[i] += x / self.n_queries
        lines = {"none": 0, "sq8": -(-self.dim // 64), "sq4": -(-self.dim // 128)}[self.codes], -(-self.dim // 16), 2
        ns = [line_ns(self.n * 64 * run, run) if run else 0 for run in lines]

        def fact(recall, ndc, code, hops):
            runs = code, ndc - code, hops
            return (recall, ndc, sum(x * run for x, run in zip(runs, lines)) / 16,
                    sum(x * run * t for x, run, t in zip(runs, lines, ns)) / 1e9)

        return {ef: fact(*sums[ef]) for ef in EF}


class Peer:
    """A peer's index: add(base, threads), find(queries, ef, threads) -> ids, save(path), load(path), and, where it counts them,
    ndc(queries, ef) -> distances a query, and the bytes of a stored vector."""

    def __init__(self, name, f32, queries, base, add, find, save, load, ndc=None, vector_bytes=0):
        self.name, self.f32, self.queries, self.base, self.add, self.find = name, f32, queries, base, add, find
        self.save, self.load, self.ndc, self.vector_bytes = save, load, ndc, vector_bytes
        self.cached = None             # what is said of an index that was not built now

    def build(self, threads):
        if not CACHE:
            return peers.timed(lambda: self.add(self.base, threads))
        folder = os.path.join(peers.DIR, "peers")
        os.makedirs(folder, exist_ok=True)
        n, dim = self.base.shape
        path = os.path.join(folder, f"{self.name.replace(' ', '-')}.{n}x{dim}.{zlib.crc32(self.base):08x}.t{threads}")
        if not os.path.exists(path + ".json"):
            made = {"seconds": peers.timed(lambda: self.add(self.base, threads)), "load": os.getloadavg()[0]}
            self.save(path)
            with open(path + ".json", "w") as f:
                json.dump(made, f)
        else:
            self.load(path)
            with open(path + ".json") as f:
                made = json.load(f)
            self.cached = f"   from the cache: built at a load of {made['load']:.1f}"
        return made["seconds"]

    def rates(self, threads):
        return {ef: len(self.queries) / peers.timed(lambda ef=ef: self.find(self.queries, ef, threads)) for ef in EF}

    def recalls(self, true, distances):
        slack = numpy.abs(true[:, -1:]) * 1e-5          # the distances are computed here, in another order
        facts = {}
        for ef in EF:
            recall = float((distances(self.find(self.queries, ef, peers.CPUS)) <= true[:, -1:] + slack).mean())
            ndc = self.ndc(self.queries, ef) if self.ndc else None
            facts[ef] = recall, ndc, ndc * self.vector_bytes / 1024 if ndc else None, None
        return facts


def contenders(metric, base, queries, base_path, query_path):
    dim = base.shape[1]
    ours = [Ours(codes, base_path, query_path, len(queries), len(base), dim) for codes in CODES]

    lib = hnswlib.Index(space=metric, dim=dim)

    def lib_add(x, threads):
        lib.init_index(len(x), M=16, ef_construction=200)
        lib.add_items(x, num_threads=threads)

    def lib_find(q, ef, threads):
        lib.set_ef(ef)
        return lib.knn_query(q, k=10, num_threads=threads)[0]

    made = [Peer("hnswlib " + importlib.metadata.version("hnswlib"), True, queries, base, lib_add, lib_find,
                 lib.save_index, lib.load_index)]
    faiss_metric = faiss.METRIC_L2 if metric == "l2" else faiss.METRIC_INNER_PRODUCT
    for name, empty in (("HNSWFlat", faiss.IndexHNSWFlat(dim, 16, faiss_metric)),
                        ("HNSWSQ8", faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, 16, faiss_metric))):
        empty.hnsw.efConstruction = 200
        held = [empty]

        def add(x, threads, held=held):
            faiss.omp_set_num_threads(threads)
            held[0].train(x)
            held[0].add(x)

        def find(q, ef, threads, held=held):
            faiss.omp_set_num_threads(threads)
            held[0].hnsw.efSearch = ef
            return held[0].search(q, 10)[1]

        def save(path, held=held):
            faiss.write_index(held[0], path)

        def load(path, held=held):
            held[0] = faiss.read_index(path)

        def ndc(q, ef, find=find):
            faiss.cvar.hnsw_stats.reset()
            find(q, ef, 1)
            return faiss.cvar.hnsw_stats.ndis / len(q)

        made.append(Peer(f"faiss-cpu {faiss.__version__} {name}", name == "HNSWFlat", queries, base, add, find, save, load, ndc,
                         dim * (4 if name == "HNSWFlat" else 1)))
    for dtype in ("f32", "bf16"):
        index = usearch.index.Index(ndim=dim, metric="l2sq" if metric == "l2" else "ip", dtype=dtype, connectivity=16,
                                    expansion_add=200)

        def add(x, threads, index=index):
            index.add(numpy.arange(len(x)), x, threads=threads)

        def find(q, ef, threads, index=index):
            index.expansion_search = ef
            return index.search(q, 10, threads=threads).keys.astype(numpy.int64)

        def ndc(q, ef, index=index):
            index.expansion_search = ef
            return index.search(q, 10).computed_distances / len(q)

        made.append(Peer(f"usearch {usearch.__version__} {dtype}", dtype == "f32", queries, base, add, find, index.save,
                         index.load, ndc, dim * (4 if dtype == "f32" else 2)))
    return ours + made


def build(all):
    """Everybody with all threads, ours twice: before and after the peers; once, where the peers come from the cache."""
    seconds = {}
    for c in all[len(CODES):] if CACHE == "only" else all if CACHE else all + all[:len(CODES)]:
        seconds[c.name] = min(seconds.get(c.name, 1e30), c.build(peers.CPUS))
    fastest = min(seconds[c.name] for c in all if isinstance(c, Peer) and c.f32)
    for c in all:
        if c.name not in seconds:
            continue
        note = getattr(c, "cached", None) or ""
        if isinstance(c, Ours):
            bytes = os.path.getsize(c.path)
            note = f"   fastest f32 peer's time by it {fastest / seconds[c.name]:.2f}; index {bytes >> 20} MiB,"
            note += f" peak memory {c.memory / bytes:.2f} of it"
        print(f"    build, {peers.CPUS} threads: {c.name:28s} {seconds[c.name]:8.1f} s{note}", flush=True)


def first_answer(ours, query_path):
    one = os.path.join(peers.DIR, "one.vps")
    subprocess.run(["vec-convert", "--rows", ":1", "-o", one, query_path], check=True)
    command = ["hnsw-query", "-x", ours.path, "-o", os.path.join(peers.DIR, "first.vps"), one]
    times = [peers.timed(lambda: subprocess.run(command, check=True)) for _ in range(REPEATS)]
    print(f"    first answer of a mapped index ({ours.name}, {os.path.getsize(ours.path) >> 20} MiB): "
          f"{statistics.median(times) * 1e3:.1f} ms, the program's start included", flush=True)


def bench(title, metric, base, queries):
    print(f"\n{title}, {metric}, {len(queries)} queries", flush=True)
    base_path = peers.stream("base", base, "--metric", metric)
    query_path = peers.stream("queries", queries, "--metric", metric)
    all = contenders(metric, base, queries, base_path, query_path)
    build(all)
    if CACHE == "only":
        return
    truth = os.path.join(peers.DIR, "truth.vps")
    subprocess.run(["knn-exact", "-b", base_path, "-o", truth, query_path], check=True)
    _, true = peers.neighbours(truth)
    first_answer(all[CODES.index("sq4")], query_path)

    def distances(ids):
        out = numpy.empty(ids.shape, numpy.float32)
        for at in range(0, len(ids), 500):
            x, q = base[ids[at:at + 500]], queries[at:at + 500]
            out[at:at + 500] = numpy.square(x - q[:, None, :]).sum(2) if metric == "l2" else -numpy.einsum("qd,qkd->qk", q, x)
        return out

    facts = {}
    for threads in sorted({1, peers.CPUS}):
        rates = {c.name: [] for c in all}
        for _ in range(REPEATS):
            for c in all:
                rates[c.name].append(c.rates(threads))
                if c.name not in facts:
                    facts[c.name] = c.recalls(true, distances)
        report(threads, all, rates, facts)


def report(threads, all, rates, facts):
    middle = {c.name: {ef: statistics.median(r[ef] for r in rates[c.name]) for ef in EF} for c in all}
    for ef in (16, 40, 100):
        for c in all:
            recall, ndc, kib, least = facts[c.name][ef]
            work = f"   ndc {ndc:6.0f}, {kib:7.0f} KiB a query" if ndc else ""
            if least and threads == 1:
                work += f", {least * middle[c.name][ef] * 100:.0f} % of the memory's limit"
            rate = f"{middle[c.name][ef]:9,.0f} queries/s, recall@10 {recall:.4f}"
            print(f"    {threads} threads, ef {ef:3d}: {c.name:28s} {rate}{work}")
    for target in TARGETS:
        at = {c.name: peers.at_recall(target, [(facts[c.name][ef][0], middle[c.name][ef]) for ef in EF]) for c in all}
        known = lambda test: max((at[c.name] for c in all if isinstance(c, Peer) and test(c) and at[c.name]), default=None)
        lib, f32, any_peer = known(lambda c: c.name.startswith("hnswlib")), known(lambda c: c.f32), known(lambda c: True)
        for c in all:
            line = f"    {threads} threads, recall@10 {target}: {c.name:28s}"
            if not at[c.name]:
                print(line + "     never")
                continue
            line += f" {at[c.name]:9,.0f} queries/s"
            if isinstance(c, Ours):
                line += "   by hnswlib {:.2f}, by the fastest f32 peer {:.2f}, by the fastest peer {:.2f}".format(
                    *(at[c.name] / other if other else float("nan") for other in (lib, f32, any_peer)))
            print(line, flush=True)


def line_ns(size, run):
    """Nanoseconds a cache line, read in runs at random places of so many bytes, eight runs asked for ahead."""
    program = os.path.join(peers.DIR, "random_lines")
    if not os.path.exists(program):
        here = os.path.dirname(os.path.abspath(__file__))
        subprocess.run([os.environ.get("CC", "gcc"), "-O2", "-D_DEFAULT_SOURCE", "-I", os.path.join(here, "../../lib"), "-o",
                        program, os.path.join(here, "random_lines.c")], check=True)
    mib = max(4, -(-size // 2**20))
    return float(subprocess.run([program, str(mib), str(run)], check=True, capture_output=True, text=True).stdout)


def limits():
    for mib in (24, 256):
        ns = [line_ns(mib << 20, lines) for lines in (1, 7, 49)]
        print(f"memory, a core: {ns[0]}, {ns[1]}, {ns[2]} ns a line in runs of 1, 7 and 49 lines at random in {mib} MiB")


def synth(n):
    """vec-synth's default set and queries of it, as arrays."""
    arrays = []
    for role, count in (("base", n), ("queries", QUERIES)):
        path = os.path.join(peers.DIR, role + ".fbin")
        command = f"vec-synth --set latent --role {role} --count {count} --dim 128 | vec-convert --to fbin -o {path}"
        subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True)
        arrays.append(peers.read_bin(path, "<f4"))
        os.remove(path)
    return arrays


def main():
    wanted = os.environ.get("BENCH_SETS", "mnist,wordnet,synth").split(",")
    limits()
    if "factors" in wanted:
        random = numpy.random.default_rng(1)
        factors = random.standard_normal((24, 128), dtype=numpy.float32)
        bench("hnsw: 24 factors, 200,000 x 128", "l2", *(random.standard_normal((n, 24), dtype=numpy.float32) @ factors
                                                          for n in (200_000, QUERIES)))
    if "mnist" in wanted:
        path, test = peers.testdata("mnist/train.u8bin.gz"), peers.testdata("mnist/test.u8bin.gz")
        if path and test:
            bench("hnsw: mnist 60,000 x 784", "l2", peers.read_bin(path, "u1"), peers.read_bin(test, "u1")[:QUERIES])
    if "wordnet" in wanted:
        path, test = peers.testdata("wordnet-minilm/base.i8bin"), peers.testdata("wordnet-minilm/sentences.test.i8bin")
        if path and test:
            bench("hnsw: wordnet-minilm 117,659 x 384", "ip", peers.read_bin(path, "i1"), peers.read_bin(test, "i1")[:QUERIES])
    if "synth" in wanted:
        n = int(os.environ.get("BENCH_N", 1_000_000))
        bench(f"hnsw: vec-synth latent {n:,} x 128", "l2", *synth(n))


main()
