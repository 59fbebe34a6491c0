#!/usr/bin/env bats
# vec-convert: indexes of NGFix into ours and ours into NGFix's, repaired ones with the kind and hardness of their edges.

load helper

setup() {
    helper_setup
    integer_world 400 40 6 50
    mv base.vps other.vps
    awk -F '\t' -v OFS='\t' '{ $1 = NR - 1; print }' base.tsv | vec-convert --from tsv --to vps --metric l2 -o base.vps
    hnsw-build --no-provenance -M 4 -c 30 -o base.hnsw base.vps
    ngfix-repair -q --no-provenance --trim 0 -x base.hnsw -o fixed.hnsw queries.vps
}

# Each vector's neighbours by id, with what is said of the edges.
edges() { # INDEX
    vec-view --all --columns nn,kind,eh --format json "$1" | python3 -c '
import json, sys
for row in sorted((json.loads(l) for l in sys.stdin), key=lambda r: r["id"]):
    print(row["id"], sorted(zip(row["nn"], row["kind"], row["eh"])))'
}

@test "vec-convert: a repaired index to NGFix and back: the same edges, by a file, a pipe and gzip" {
    sh_ok "vec-convert fixed.hnsw -o fixed.ngfix && vec-convert --no-provenance --metric l2 fixed.ngfix -o back.hnsw"
    sh_ok "vec-view --check back.hnsw"
    diff <(edges fixed.hnsw) <(edges back.hnsw)
    edges back.hnsw | grep -q ', 1, '
    sh_ok "vec-convert --to ngfix < back.hnsw"
    cmp stdout fixed.ngfix
    sh_ok "gzip -c fixed.ngfix | vec-convert --no-provenance --metric l2 --from ngfix"
    cmp stdout back.hnsw
    sh_ok "knn-exact -b base.vps -k 5 -o truth.vps queries.vps"
    sh_ok "hnsw-query -x back.hnsw -k 5 -e 400 queries.vps |
        eval-recall --truth truth.vps --fail-under recall@5=1 --measures recall@5"
}

@test "vec-convert: a base graph that went through NGFix is repaired as it is" {
    sh_ok "vec-convert base.hnsw -o base.ngfix && vec-convert --metric l2 base.ngfix -o flat.hnsw"
    sh_ok "ngfix-repair -q -x flat.hnsw -o flat.fixed.hnsw queries.vps && vec-view --check flat.fixed.hnsw"
}

@test "vec-convert: mistakes about indexes of NGFix" {
    sh_ok "vec-convert fixed.hnsw -o fixed.ngfix"
    sh_fails 2 "vec-convert fixed.ngfix -o out.hnsw"
    assert_output --partial 'an index of NGFix does not say its metric'
    sh_fails 2 "vec-convert --metric l2 fixed.ngfix -o out.hnswlib"
    assert_output --partial 'of form ngfix: it becomes one of form hnsw'
    sh_fails 3 "hnsw-query -x fixed.ngfix queries.vps"
    assert_output --partial 'this looks like an index of NGFix'
    sh_fails 3 "vec-convert --from ngfix --metric l2 base.vps --to hnsw"
    sh_fails 3 "hnsw-build other.vps | vec-convert --to ngfix"
    assert_output --partial 'NGFix names them by number'
    head -c 20000 fixed.ngfix > cut.ngfix
    sh_fails 3 "vec-convert --metric l2 cut.ngfix -o out.hnsw"
    assert_output --partial 'truncated'
    std_dev_full "vec-convert --to ngfix fixed.hnsw"
}
