"""bm25-rank against bm25s (with numba) and SQLite's FTS5, on WordNet: passages "lemmas: definition", 4,000 of its example
sentences as queries, k 100, one thread, in one interleaved run.

Ours is the whole program: start, mapping the index, reading and analysing the queries, ranking, writing the stream; bm25s has
its queries tokenized and its code compiled before the clock starts, and keeps the answers in memory.  FTS5 has Porter's stemmer,
its match is any of the words (OR) but the stop words of bm25s, on a part of the queries, since it ranks every passage that
matches.  The index: all from the text to what can be searched; ours is on disk, of bm25s in memory."""
import os
import sqlite3
import subprocess

import bm25s
import Stemmer

import peers

WORDNET, K, FTS_QUERIES = "/usr/share/wordnet", 100, 100


def fields(path, n):
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t")[:n] for line in f]


def hits(found, queries, relevant):
    """hit@1, 10, 100 of lists of passage ids."""
    n = {cut: 0 for cut in (1, 10, 100)}
    for (query, _), ids in zip(queries, found):
        for cut in n:
            n[cut] += not relevant[query].isdisjoint(ids[:cut])
    return " ".join(f"{n[cut] / len(queries):.3f}" for cut in n)


def main():
    if not os.path.exists(WORDNET):
        print("wordnet-base: not present")
        return
    folder = os.path.join(peers.DIR, "bm25.wordnet")
    if not os.path.exists(folder):
        subprocess.run(["text-convert", "-q", "-o", folder, WORDNET], check=True)
    splits = ("dev", "test")
    passages = fields(os.path.join(folder, "passages.tsv"), 2)
    queries = [row for s in splits for row in fields(os.path.join(folder, f"queries.{s}.tsv"), 2)]
    relevant = {}
    for split in splits:
        with open(os.path.join(folder, f"qrels.{split}.txt"), encoding="utf-8") as f:
            for query, _, passage, _ in map(str.split, f):
                relevant.setdefault(query, set()).add(passage)
    everything, index, run = (os.path.join(peers.DIR, "bm25." + x) for x in ("queries.tsv", "index", "vps"))
    with open(everything, "w", encoding="utf-8") as f:
        f.writelines("\t".join(row) + "\n" for row in queries)

    def build():
        subprocess.run(["bm25-rank", "--build", "-q", "-o", index, os.path.join(folder, "passages.tsv")], check=True)

    def rank():
        subprocess.run(["bm25-rank", "-q", "-t", "1", "-k", str(K), "-x", index, "-o", run, everything], check=True)

    texts, asked = [text for _, text in passages], [text for _, text in queries]
    state = {}

    def tokenize(lines, stemmer):
        return bm25s.tokenize(lines, stopwords="en", stemmer=stemmer, show_progress=False)

    def build_peer(stemmer):
        peer = bm25s.BM25(method="lucene", backend="numba")
        peer.index(tokenize(texts, stemmer), show_progress=False)
        state[stemmer] = peer

    def rank_peer(stemmer):
        return state[stemmer].retrieve(state["q", stemmer], k=K, n_threads=1, show_progress=False)[0]

    english = Stemmer.Stemmer("english")
    kinds = {"bm25s": None, "bm25s, stemmed": english}
    peers.compare("index of WordNet", len(passages), "passages/s", lambda: peers.timed(build),
                  {name: (lambda s=s: peers.timed(lambda: build_peer(s))) for name, s in kinds.items()})

    database = sqlite3.connect(":memory:")
    database.execute("create virtual table p using fts5(text, tokenize='porter unicode61')")

    def build_fts():
        database.execute("delete from p")
        database.executemany("insert into p(rowid, text) values (?, ?)", enumerate(texts))

    print(f"    {'SQLite FTS5':32s} {len(passages) / peers.timed(build_fts):12,.0f} passages/s", flush=True)

    def rank_fts(n):
        ask = "select rowid from p where p match ? order by rank limit ?"
        words = [[w for w in "".join(c if c.isalnum() else " " for c in text.lower()).split()
                  if w not in bm25s.stopwords.STOPWORDS_EN] or ["none"] for text in asked[:n]]
        return [database.execute(ask, (" OR ".join(f'"{w}"' for w in row), K)).fetchall() for row in words]

    for stemmer in kinds.values():
        state["q", stemmer] = tokenize(asked, stemmer)
        few = tokenize(asked[:64], stemmer)
        state[stemmer].retrieve(few, k=K, n_threads=1, show_progress=False)        # numba compiles
    others = {name: (lambda s=s: peers.timed(lambda: rank_peer(s))) for name, s in kinds.items()}
    others["SQLite FTS5"] = lambda: peers.timed(lambda: rank_fts(FTS_QUERIES)) * len(asked) / FTS_QUERIES
    peers.compare(f"WordNet, k {K}, 1 thread", len(asked), "queries/s", lambda: peers.timed(rank), others)

    trec = subprocess.run(["vec-convert", "--to", "trec", run], check=True, capture_output=True, text=True).stdout
    ours = {}
    for line in trec.splitlines():
        query, _, passage, *_ = line.split(" ")
        ours.setdefault(query, []).append(passage)
    print("hit@1, 10, 100:  vecpipe", hits([ours.get(q, []) for q, _ in queries], queries, relevant))
    for name, stemmer in kinds.items():
        print(f"                 {name}", hits([[passages[i][0] for i in row] for row in rank_peer(stemmer)], queries, relevant))


main()
