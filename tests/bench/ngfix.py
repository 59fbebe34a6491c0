"""ngfix-repair beside NGFix, the authors' program (github.com/yuhuifishash/NGFix), on wordnet-debian.

NGFIX=folder names where NGFix lies, built as its README says: its programs build_hnsw_bottom, build_hnsw_ngfix_aknn and
search_hnsw_ngfix are run from folder/build/test, or from the folder itself.  Without it nothing is measured.

Everybody: M 16, extra edges 48 a node, ef-construction 500, trained by 58,250 English synopses of Debian packages whose
neighbours a search of width 1500 finds; judged by 2,000 others, by German and Japanese ones, and by sentences like the base's,
recall@10 by id.  Contenders: NGFix from end to end; ngfix-repair on the very base graph that NGFix built (vec-convert), f32; and
hnsw-build with ngfix-repair, without codes and with the default ones.  A value at a recall lies between the two nearest ef, in
log(1 - recall).  Distances (ndc) do not depend on load, times do: those of one query (--single; NGFix knows no other way), ours
and theirs in turn, and of repairing, theirs without reading and writing files, ours the whole program.

BENCH_N=rows takes so many of the base set, half as many to train and a sixth to judge by.  BENCH_REPEATS is the rounds of timings
(3); with 0 only distances are counted, in the graphs of an earlier run where there are any.  NGFix's base graph is kept in
BENCH_DIR and taken from there: building it takes many minutes, and no time is told of that."""
import os
import statistics
import subprocess
import sys

import peers

SETS = {"debian-en": "English, held out", "debian-de": "German", "debian-ja": "Japanese",
        "sentences": "sentences of the base's kind"}
EF = (10, 16, 24, 40, 64, 100, 160, 250, 400, 640, 1000, 1600, 2500)
TARGETS = (0.95, 0.99)
N = int(os.environ.get("BENCH_N", 117_659))
N_TRAIN = min(N // 2, 58_250)
QUERIES = min(N // 6, 2000)
REPEATS = int(os.environ.get("BENCH_REPEATS", 3))
DIR = os.path.join(peers.DIR, f"ngfix-{N}")
ONE_THREAD = {**os.environ, "OMP_THREAD_LIMIT": "1"}
ALL_THREADS = {**os.environ, "OMP_THREAD_LIMIT": str(peers.CPUS)}        # NGFix asks for 32


def path(name):
    return os.path.join(DIR, name)


def upstream(program):
    folder = os.environ.get("NGFIX", "")
    for place in (os.path.join(folder, "build/test", program), os.path.join(folder, program)):
        if folder and os.access(place, os.X_OK):
            return place
    print(f"NGFix: not present (no {program}): get and build github.com/yuhuifishash/NGFix, and set NGFIX=folder")
    sys.exit(0)


def run(*command, env=None):
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout


def prepare():
    """Base, queries and truth as streams, and as NGFix reads them."""
    folder = peers.testdata("wordnet-minilm")
    if not folder:
        sys.exit(0)
    os.makedirs(DIR, exist_ok=True)
    todo = {"base": ("base", N), "train": ("debian-en.train", N_TRAIN), **{s: (s + ".test", QUERIES) for s in SETS}}
    for name, (file, rows) in todo.items():
        source = os.path.join(folder, file + ".i8bin")
        run("vec-convert", "-q", "--metric", "ip", "--rows", f":{rows}", "-o", path(name + ".vps"), source)
        run("vec-convert", "-q", "--rows", f":{rows}", "--dtype", "f32", "--to", "fbin", "-o", path(name + ".fbin"), source)
    for s in SETS:
        run("knn-exact", "-q", "-b", path("base.vps"), "-k", "100", "-o", path(s + ".truth.vps"), path(s + ".vps"))
        run("vec-convert", "-q", "--to", "knn", "-o", path(s + ".truth.knn"), path(s + ".truth.vps"))


# ---- NGFix ----

def upstream_build():
    if not os.path.exists(path("theirs.base")):
        run(upstream("build_hnsw_bottom"), "--base_data_path", path("base.fbin"), "--metric", "ip_float", "--M", "16",
            "--MEX", "48", "--efC", "500", "--result_hnsw_index_path", path("part"), env=ALL_THREADS)
        os.rename(path("part"), path("theirs.base"))


def upstream_repair():
    """Seconds, as it says them."""
    said = run(upstream("build_hnsw_ngfix_aknn"), "--train_query_path", path("train.fbin"), "--base_graph_path",
               path("theirs.base"), "--metric", "ip_float", "--efC_AKNN", "1500", "--result_index_path", path("part"),
               env=ALL_THREADS)
    os.rename(path("part"), path("theirs.repaired"))
    return float(said.split("NGFix latency:")[1].split()[0]) / 1e3


def upstream_search(index, s):
    """By ef: recall, ndc, microseconds of a query."""
    run(upstream("search_hnsw_ngfix"), "--test_query_path", path(s + ".fbin"), "--test_gt_path", path(s + ".truth.knn"),
        "--metric", "ip_float", "--K", "10", "--index_path", path(index), "--result_path", path("csv"), env=ONE_THREAD)
    with open(path("csv")) as f:
        rows = [[float(x) for x in line.split(",")] for line in f.readlines()[1:]]
    return {int(ef): (recall, ndc, ms * 1e3) for ef, recall, ndc, ms, _ in rows}


# ---- ours ----

def converted(theirs, ours):
    run("vec-convert", "-q", "--from", "ngfix", "--metric", "ip", "-o", path(ours), path(theirs))


def our_build():
    converted("theirs.base", "shared.base")
    for codes, name in (("none", "f32.base"), ("auto", "codes.base")):
        run("hnsw-build", "-q", "-M", "16", "-c", "500", "--codes", codes, "-o", path(name), path("base.vps"))


def our_repair(name):
    return peers.timed(lambda: run("ngfix-repair", "-q", "-x", path(name + ".base"), "-o", path(name + ".repaired"),
                                   path("train.vps")))


def our_search(index, s, efs=EF, single=True):
    """By ef: recall, ndc, microseconds of a query."""
    run("hnsw-query", "-q", "-x", path(index), "-k", "10", "-e", ",".join(map(str, efs)), "-t", "1", "--load", "copy", "--time",
        "--rerank", "4", *(["--single"] if single else []), "-o", path("found.vps"), path(s + ".vps"))
    table = run("eval-recall", "-q", "--truth", path(s + ".truth.vps"), "--measures", "recall.id@10,ndc,qps", path("found.vps"))
    rows = [[float(x) for x in line.split("\t")] for line in table.splitlines()[1:]]
    return {int(ef): (recall, ndc, 1e6 / qps) for ef, recall, ndc, qps, *_ in rows}


# ---- the tables ----

CONTENDERS = {"theirs": "NGFix", "converted": "NGFix, searched by hnsw-query",
              "shared": "ngfix-repair on NGFix's base, f32", "f32": "hnsw-build, ngfix-repair, f32",
              "codes": "hnsw-build, ngfix-repair, codes"}


TIMED = [name for name in CONTENDERS if name != "converted"]


def search(name, state, s):
    return (upstream_search if name == "theirs" else our_search)(f"{name}.{state}", s)


def at(target, found, column):
    return peers.at_recall(target, [(row[0], row[column]) for row in found.values()])


def number(x):
    return "never" if x is None else f"{x:,.0f}"


def distances():
    """The table of ndc; what each contender found, by (contender, state, set)."""
    found = {}
    for state in ("base", "repaired"):
        converted(f"theirs.{state}", f"converted.{state}")
    print("\nndc at recall@10, before -> after (the ratio)")
    for s, title in SETS.items():
        print(f"  {title}")
        for name, label in CONTENDERS.items():
            cells = []
            for state in ("base", "repaired"):
                found[name, state, s] = search(name, state, s)
            for target in TARGETS:
                before, after = (at(target, found[name, state, s], 1) for state in ("base", "repaired"))
                ratio = f" ({after / before:.3f})" if before and after else ""
                cells.append(f"{target}: {number(before)} -> {number(after)}{ratio}")
            print(f"    {label:36s} {'    '.join(cells)}", flush=True)
    return found


def around(target, found):
    """The ef next below and next above a recall."""
    efs = sorted(found)
    above = next((i for i, ef in enumerate(efs) if found[ef][0] >= target), len(efs) - 1)
    return efs[max(above - 1, 0):above + 1]


def latency(found):
    print(f"\nmicroseconds of one query at recall@10 {TARGETS[-1]}, repaired, 1 thread, median of {REPEATS} rounds in turn")
    for s, title in SETS.items():
        times = {name: [] for name in TIMED}
        for _ in range(REPEATS):
            for name in TIMED:
                known = found[name, "repaired", s]
                timed = upstream_search("theirs.repaired", s) if name == "theirs" else \
                    our_search(name + ".repaired", s, around(TARGETS[-1], known))
                times[name].append(at(TARGETS[-1], timed, 2))
        print(f"  {title}")
        theirs = None if None in times["theirs"] else statistics.median(times["theirs"])
        for name in TIMED:
            label = CONTENDERS[name]
            if None in times[name]:
                print(f"    {label:36s} never")
                continue
            middle = statistics.median(times[name])
            ratio = f"   by NGFix's {middle / theirs:.3f}" if theirs and name != "theirs" else ""
            print(f"    {label:36s} {middle:8.1f} (best {min(times[name]):.1f}){ratio}", flush=True)


def in_distribution(found):
    """Queries a second of what the repair should not make slower, at equal recall, before and after in turn."""
    print("\nqueries a second of sentences of the base's kind, 1 thread: after by before, median of pairs in turn")
    for name in ("f32", "codes"):
        for target in TARGETS:
            ratios = []
            for _ in range(max(REPEATS, 5)):
                us = [at(target, our_search(f"{name}.{state}", "sentences", around(target, found[name, state, "sentences"]),
                                            single=False), 2) for state in ("base", "repaired")]
                ratios.append(us[0] / us[1])
            print(f"    {CONTENDERS[name]:36s} recall@10 {target}: {statistics.median(ratios):.3f} "
                  f"({', '.join(f'{r:.2f}' for r in ratios)})", flush=True)


def repair():
    """The seconds of repairing, in turn; where nothing is timed, only what was not repaired yet."""
    seconds = {name: [] for name in TIMED}
    for _ in range(max(1, REPEATS)):
        for name in TIMED:
            if REPEATS or not os.path.exists(path(name + ".repaired")):
                seconds[name].append(upstream_repair() if name == "theirs" else our_repair(name))
    if not REPEATS:
        return
    print(f"\nseconds of repairing, {peers.CPUS} threads, median of {len(seconds['f32'])} in turn")
    theirs = statistics.median(seconds["theirs"])
    for name in TIMED:
        middle = statistics.median(seconds[name])
        ratio = "" if name == "theirs" else f"   by NGFix's {middle / theirs:.3f}"
        print(f"    {CONTENDERS[name]:36s} {middle:8.1f} ({', '.join(f'{x:.1f}' for x in seconds[name])}){ratio}", flush=True)


def main():
    upstream("search_hnsw_ngfix")
    prepare()
    print(f"ngfix: {N:,} base vectors, {N_TRAIN:,} training queries", flush=True)
    upstream_build()
    our_build()
    repair()
    found = distances()
    if REPEATS:
        latency(found)
        in_distribution(found)


main()
