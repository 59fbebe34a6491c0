"""eval-recall against pytrec_eval (trec_eval inside Python), in one interleaved run, one thread each.

Ours is the whole program: start, reading both files, measuring, writing.  The peer reads the same files by its own parsers and
measures them, in a Python that has started; then the same without reading.  Scores are distinct as floats, which is what the peer
keeps of them, and all averages must agree to four decimals before anything is timed.  TREC_EVAL names a binary of trec_eval
to run beside them."""
import os
import subprocess

import numpy
import pytrec_eval

import peers

QUERIES, DEPTH, JUDGED, COLLECTION = 1000, 1000, 100, 200_000
# ours, trec_eval's on its command line, and how it prints them
MEASURES = [
    ("map", "map", ["map"]),
    ("mrr", "recip_rank", ["recip_rank"]),
    ("ndcg", "ndcg", ["ndcg"]),
    ("Rprec", "Rprec", ["Rprec"]),
    ("bpref", "bpref", ["bpref"]),
    ("hit@1,10", "success.1,10", ["success_1", "success_10"]),
    ("P@10", "P.10", ["P_10"]),
    ("R@100,1000", "recall.100,1000", ["recall_100", "recall_1000"]),
    ("ndcg@10", "ndcg_cut.10", ["ndcg_cut_10"]),
]
NAMES = [name for *_, names in MEASURES for name in names]


def write_inputs(run, qrels):
    """A run of QUERIES x DEPTH lines, best first, and JUDGED judgements a query, six in ten of documents that were found."""
    random = numpy.random.default_rng(1)
    scores = numpy.linspace(30, 5, DEPTH)
    with open(run, "w", encoding="ascii") as r, open(qrels, "w", encoding="ascii") as q:
        for query in range(QUERIES):
            docs = random.choice(COLLECTION, DEPTH + JUDGED, replace=False)
            r.writelines(f"q{query} Q0 doc_{d:08d} {i + 1} {s:.6f} bench\n" for i, (d, s) in enumerate(zip(docs[:DEPTH], scores)))
            found = random.choice(docs[:DEPTH], JUDGED * 6 // 10, replace=False)
            judged = [*found, *docs[DEPTH:DEPTH + JUDGED - len(found)]]
            q.writelines(f"q{query} 0 doc_{d:08d} {random.choice([0, 0, 1, 2])}\n" for d in judged)


def averages(text):
    """Of trec_eval's lines: measure -> value over all queries."""
    rows = (line.split() for line in text.splitlines())
    return {name: value for name, query, value in rows if query == "all" and name in NAMES}


def check(title, got, want):
    if got != want:
        raise SystemExit(f"{title}: {got}, ours {want}")


def main():
    run, stream, qrels = (os.path.join(peers.DIR, "eval." + name) for name in ("run", "vps", "qrels"))
    write_inputs(run, qrels)
    subprocess.run(["vec-convert", "--from", "trec", "-o", stream, run], check=True)

    def ours(path):
        names = ",".join(m[0] for m in MEASURES)
        command = ["eval-recall", "-q", "--format", "trec", "--measures", names, "--qrels", qrels, path]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def read():
        with open(run, encoding="ascii") as r, open(qrels, encoding="ascii") as q:
            return pytrec_eval.parse_run(r), pytrec_eval.parse_qrel(q)

    def measure(data):
        found, judged = data
        each = pytrec_eval.RelevanceEvaluator(judged, {m[1] for m in MEASURES}).evaluate(found)
        return {name: sum(each[query][name] for query in sorted(each)) / len(each) for name in NAMES}

    want, data = averages(ours(run)), read()
    check("a stream", averages(ours(stream)), want)
    check("pytrec_eval", {name: f"{value:.4f}" for name, value in measure(data).items()}, want)
    title = "pytrec_eval-terrier"
    others = {
        title: lambda: peers.timed(lambda: measure(read())),
        title + ", no reading": lambda: peers.timed(lambda: measure(data)),
    }
    binary = os.environ.get("TREC_EVAL")
    if binary:
        command = [binary, *(x for m in MEASURES for x in ("-m", m[1])), qrels, run]

        def trec_eval():
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout

        check("trec_eval", averages(trec_eval()), want)
        others["trec_eval"] = lambda: peers.timed(trec_eval)
    lines = QUERIES * DEPTH
    for name, path in (("a TREC run", run), ("the same as a stream", stream)):
        peers.compare(f"eval-recall: {name} of {lines:,} lines, {len(NAMES)} measures, 1 thread", lines, "lines/s",
                      lambda path=path: peers.timed(lambda: ours(path)), others, repeats=5)


main()
