# Loaded behind helper by the Bats files of hnsw-query: `load hnsw-query`.

# shellcheck shell=bash

# A small world with many equal distances: base.vps (ids not in order), queries.vps, index.hnsw, truth.vps.
world() { # N-BASE N-QUERIES DIM [OPTION OF HNSW-BUILD ...]
    integer_world "$1" "$2" "$3" 6
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
