"""Tokenizers in one thread, beside Hugging Face's `tokenizers`: English (WordNet's passages, SciFact) and many languages.

Both give the ids of the same lines with the special tokens around them; where the sums of all ids differ, that is said."""
import itertools
import os
import subprocess

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import json          # noqa: E402
import tokenizers    # noqa: E402

import peers         # noqa: E402

OURS = "build/tests/bench/tokenizer"


def write(name, lines, most=20000):
    path = os.path.join(peers.DIR, name + ".txt")
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.writelines(line + "\n" for line in itertools.islice(lines, most))
    return path


def collections():
    """(name, path of a file of lines)"""
    if os.path.isdir("/usr/share/wordnet"):
        folder = os.path.join(peers.DIR, "wordnet-text")
        if not os.path.isdir(folder):
            subprocess.run(["text-convert", "-q", "-o", folder, "/usr/share/wordnet"], check=True)
        with open(os.path.join(folder, "passages.tsv"), encoding="utf-8") as f:
            yield "WordNet", write("tokenizer-wordnet", (line.rstrip("\n").split("\t")[1] for line in f))
    path = peers.testdata("scifact/corpus.tsv")
    if path:
        with open(path, encoding="utf-8") as f:
            yield "SciFact", write("tokenizer-scifact", (" ".join(line.rstrip("\n").split("\t")[1:]) for line in f), 1200)
    path = peers.testdata("texts.jsonl")
    if path:
        with open(path, encoding="utf-8") as f:
            lines = [json.loads(line)["text"].replace("\n", " ") for line in f]
        yield "15 languages", write("tokenizer-texts", lines)


def bench(title, folder, path):
    with open(path, encoding="utf-8", newline="\n") as f:
        lines = f.read().split("\n")[:-1]
    peer = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    peer.no_truncation()
    peer.no_padding()
    sums = {}

    def ours():
        run = subprocess.run([OURS, folder, path, "1"], check=True, capture_output=True, text=True)
        seconds, n, total = run.stdout.split()
        sums["ours"] = int(n), int(total)
        return float(seconds)

    def theirs():
        seconds = 0
        n = total = 0
        for at in range(0, len(lines), 5000):
            batch = []
            seconds += peers.timed(lambda: batch.extend(peer.encode_batch_fast(lines[at:at + 5000])))
            n += sum(len(x.ids) for x in batch)
            total += sum(sum(x.ids) for x in batch)
        sums["theirs"] = n, total
        return seconds

    peer_name = "tokenizers " + tokenizers.__version__
    rate = peers.compare(title, os.path.getsize(path) / 1e3, "kB/s", ours, {peer_name: theirs})
    peers.target("ours by tokenizers", rate["vecpipe"] / rate[peer_name], 5, 2)
    if sums["ours"] != sums["theirs"]:
        print(f"    ids differ: {sums['ours']} and {sums['theirs']} (number, sum)")


def main():
    subprocess.run(["make", "-s", OURS], check=True)
    texts = list(collections())
    for folder, kind in ("bert-uncased", "WordPiece"), ("xlmr-split", "Unigram"), ("xlmr-metaspace", "Unigram"):
        path = peers.testdata(f"tokenizers/{folder}")
        for name, file in texts if path else []:
            bench(f"tokenizer: {kind} ({folder}), {name}", path, file)


main()
