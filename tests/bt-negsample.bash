# For the tests of bt-negsample, after helper.bash.
# shellcheck shell=bash

# Vectors of small integers with many equal distances: NAME.tsv with ids from FIRST on, not in order, and NAME.vps.
integers() { # NAME N DIM FIRST
    awk -v n="$2" -v d="$3" -v first="$4" -v seed="${#1}" 'BEGIN {
        srand(seed)
        for (i = 0; i < n; i++) {
            line = first + (i * 7919) % n
            for (j = 0; j < d; j++)
                line = line "\t" int(rand() * 4) - 1
            print line
        }
    }' > "$1.tsv"
    vec-convert --from tsv --to vps --metric l2 -o "$1.vps" "$1.tsv"
}

# Rows of negatives on stdin as lines: query, set, neg, branch.
rows() {
    vec-view --format tsv --head 100000 --columns id,set,neg,branch | grep -v '^id'
}

# What the hard branch takes, in exact integers: point.tsv, counter.tsv, queries.tsv, positives (lines of query and document).
hard() { # COUNT SKIP MARGIN SETS
    python3 - "$@" << 'END'
import sys
count, skip, margin = (int(x) for x in sys.argv[1:4])
read = lambda path: {int(i): [int(x) for x in v] for i, *v in (line.split() for line in open(path))}
sets, queries = [read("point.tsv"), read("counter.tsv")], read("queries.tsv")
try:
    positives = {}
    for q, _, d, grade in (map(int, line.split()) for line in open("positives")):
        positives.setdefault(q, set()).update([d] if grade > 0 else [])
except FileNotFoundError:
    positives = {q: {q} for q in queries}
dist = lambda a, b: sum((x - y) ** 2 for x, y in zip(a, b))
for q, a in queries.items():
    good = positives.get(q, set())
    least = min((dist(a, sets[1][d]) for d in good if d in sets[1]), default=-10**9) + margin
    found = sorted((dist(a, b), t, i) for t in map(int, sys.argv[4]) for i, b in sets[t].items()
                   if i != q and i not in good and (margin < 0 or dist(a, b) >= least))
    for _, t, i in found[skip:skip + count]:
        print(q, t, i, 0, sep="\t")
END
}
