#!/usr/bin/env bats
# hnsw-query: every dtype of queries against an index of every dtype, by every metric; equal and few vectors.

load helper
load hnsw-query

# Whole numbers from 1 to 9, which every type holds exactly: base.TYPE.vps, queries.TYPE.vps.
typed() { # N-BASE N-QUERIES DIM
    awk -v n="$1" -v q="$2" -v d="$3" 'BEGIN {
        srand(11)
        for (i = 0; i < n + q; i++) {
            line = i
            for (j = 0; j < d; j++)
                line = line "\t" 1 + int(rand() * 9)
            print line > (i < n ? "base.tsv" : "queries.tsv")
        }
    }'
    local type
    for type in f32 f16 bf16 i8 u8; do
        vec-convert --from tsv --dtype $type -o base.$type.vps base.tsv
        vec-convert --from tsv --dtype $type -o queries.$type.vps queries.tsv
        assert_regex "$(vec-view --header queries.$type.vps)" "column vec $type"
    done
}

@test "types: exact at ef of the base's size, by every metric, for queries and indexes of every dtype" {
    typed 250 25 20
    for metric in l2 ip cosine; do
        knn-exact -b base.f32.vps --metric $metric -k 10 -o truth.vps queries.f32.vps
        hnsw-build --metric $metric -M 5 -c 30 -o f32.hnsw base.f32.vps
        sh_ok "hnsw-query -x f32.hnsw -e 20,250 --no-provenance -o want.vps queries.f32.vps"
        sh_ok "hnsw-query -x f32.hnsw -e 250 -o wide.vps queries.f32.vps"
        answers truth.vps > want
        answers wide.vps | cmp want -
        for base in f32 f16 bf16 i8 u8; do
            hnsw-build --metric $metric -M 5 -c 30 -o $base.hnsw base.$base.vps
            # all pairs by one metric, some by the others
            types=$base
            [ $metric != l2 ] || types="f32 f16 bf16 i8 u8"
            for type in $types; do
                sh_ok "hnsw-query -x $base.hnsw -e 20,250 --no-provenance queries.$type.vps | cmp - want.vps"
            done
        done
    done
}

@test "types: codes of every dtype, negative and fractional values" {
    awk 'BEGIN { srand(4); for (i = 0; i < 1300; i++) {
        line = i; for (d = 0; d < 36; d++) line = line "\t" int(rand() * 200 - 100) / 4; print line } }' > all.tsv
    vec-convert --from tsv --metric l2 --rows :1200 -o base.vps all.tsv
    vec-convert --from tsv --metric l2 --rows 1200: -o queries.vps all.tsv
    for case in "f32 sq8" "f16 sq4" "bf16 sq8"; do
        read -r type codes <<< "$case"
        vec-convert --dtype "$type" -o b.vps base.vps
        vec-convert --dtype "$type" -o q.vps queries.vps
        sh_ok "hnsw-build --codes $codes -o index.hnsw b.vps && knn-exact -b b.vps -o truth.vps q.vps"
        recall="eval-recall --truth truth.vps --measures recall@10 --fail-under recall@10"
        sh_ok "hnsw-query -x index.hnsw -e 150 q.vps | $recall=0.9"
        sh_ok "hnsw-query -x index.hnsw -e 1200 -o found.vps q.vps"
        answers truth.vps > want
        answers found.vps | cmp want -
    done
    # what integers cannot hold is not rounded in silence
    sh_fails 3 "vec-convert --dtype i8 -o {out} base.vps"
}

@test "types: vectors that are equal, all or in groups" {
    # 40 places with 10 vectors each, whose ids are far apart
    awk 'BEGIN { for (i = 0; i < 400; i++) print i "\t" i % 40 "\t" (i % 40) * (i % 40) }' > base.tsv
    awk 'BEGIN { for (i = 0; i < 40; i++) print i "\t" i "\t" i * i }' > queries.tsv
    awk 'BEGIN { for (i = 0; i < 400; i++) print i "\t1\t2" }' > same.tsv
    for set in base same; do
        vec-convert --from tsv --metric l2 -o $set.vps $set.tsv
        hnsw-build -M 4 -c 20 -o $set.hnsw $set.vps
        vec-convert --from tsv --metric l2 -o queries.vps queries.tsv
        # a vector each, never one twice
        sh_ok "hnsw-query -x $set.hnsw -k 20 -e 20,60,400 queries.vps | vec-view --all --columns ef,nn -"
        run awk 'NR > 1 {
            if (split($NF, nn, ",") != 20) exit 1
            delete had
            for (i = 1; i <= 20; i++) if (had[nn[i]]++) exit 1 }' stdout
        assert_success
        sh_ok "knn-exact -b $set.vps -k 15 -o truth.vps queries.vps"
        sh_ok "hnsw-query -x $set.hnsw -k 15 -e 400 -o found.vps queries.vps"
        answers truth.vps > want
        answers found.vps | cmp want -
    done
}

@test "types: k and ef beyond the base give all of it, to every query, in order" {
    world 7 4 3
    knn-exact -b base.vps -k 7 -o truth.vps queries.vps
    answers truth.vps > want
    for options in "-k 7" "-k 8" "-k 4294967295 -e 4294967295" "-k 7 -e 7" "-k 100 -e 100,200"; do
        sh_ok "hnsw-query -x index.hnsw $options -o found.vps queries.vps"
        answers found.vps | uniq | cmp want -
    done
    sh_fails 2 "hnsw-query -x index.hnsw -k 4294967296 -o {out} queries.vps"
    sh_fails 2 "hnsw-query -x index.hnsw -k 8 -e 7 -o {out} queries.vps"
}
