# Loaded behind helper by the Bats files of hnsw-query: `load hnsw-query`.

# shellcheck shell=bash

# A small world with many equal distances: base.vps (ids not in order), queries.vps, index.hnsw, truth.vps.
world() { # N-BASE N-QUERIES DIM [OPTION OF HNSW-BUILD ...]
    awk -v n="$1" -v q="$2" -v d="$3" 'BEGIN {
        srand(3)
        for (i = 0; i < n + q; i++) {
            line = i < n ? (i * 7919) % 100003 : i
            for (j = 0; j < d; j++)
                line = line "\t" int(rand() * 6) - 2
            print line > (i < n ? "base.tsv" : "queries.tsv")
        }
    }'
    vec-convert --from tsv --to vps --metric l2 -o base.vps base.tsv
    vec-convert --from tsv --to vps --metric l2 -o queries.vps queries.tsv
    hnsw-build -M 6 -c 60 "${@:4}" -o index.hnsw base.vps
}

# Lines "query neighbours distances" of a stream of neighbours.
answers() {
    vec-view --all "$1" | python3 -c '
import sys
head = sys.stdin.readline().lstrip("#").split()
for line in sys.stdin:
    row = dict(zip(head, line.rstrip("\n").split("\t")))
    print(row["id"], row["nn"], row["dist"])'
}
