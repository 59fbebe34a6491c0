#!/usr/bin/env bats
# hnsw-query --allow: only vectors that a file names are found.

load helper
load hnsw-query

# Every N-th id of base.tsv to allow.txt (in no order, with repeats), and those rows to subset.vps.
allow_every() { # N
    awk -v n="$1" '(NR - 1) % n == 0' base.tsv > subset.tsv
    { tac subset.tsv; head -3 subset.tsv; } | cut -f1 > allow.txt
    vec-convert --from tsv --to vps --metric l2 -o subset.vps subset.tsv
}

@test "allow: with ef of the base's size, or few allowed, the answers are knn-exact's on the subset" {
    world 900 12 3
    for metric in l2 ip; do
        hnsw-build -M 5 -c 30 --metric $metric -o m.hnsw base.vps
        # EVERY K EF, and k where the subset has fewer
        for case in "1 10 900 10" "3 10 900 10" "3 900 900 300" "100 5 5 5" "100 10 64 9"; do
            read -r every k ef least <<< "$case"
            allow_every "$every"
            sh_ok "knn-exact -b subset.vps --metric $metric -k $least --force -o truth.vps queries.vps"
            sh_ok "hnsw-query -x m.hnsw -k $k -e $ef --allow allow.txt --force -o found.vps queries.vps"
            answers truth.vps > want
            answers found.vps | cmp want -
        done
    done
}

@test "allow: --reach by the truth of the allowed ones" {
    world 900 40 6
    allow_every 2
    sh_ok "hnsw-query -x index.hnsw -e 900 --allow allow.txt -o truth.vps queries.vps"
    sh_ok "hnsw-query -x index.hnsw --allow allow.txt --reach recall@10=0.95 --truth truth.vps --report r.tsv -o found.vps \
        queries.vps"
    sh_ok "eval-recall --truth truth.vps --measures recall@10 --fail-under recall@10=0.95 found.vps"
    assert_equal "$(cut -f1 r.tsv | xargs)" "target recall@10=0.95"
    [ "$(sed -n 2p r.tsv | cut -f2)" -lt 900 ] || fail "$(cat r.tsv)"
}

@test "allow: a walk finds most, and none that is not allowed; all allowed is no filter" {
    world 4000 100 8
    cut -f1 base.tsv > allow.txt
    sh_ok "hnsw-query --no-provenance -x index.hnsw -k 5 -e 10,50 queries.vps > want"
    sh_ok "hnsw-query --no-provenance -x index.hnsw -k 5 -e 10,50 --allow allow.txt queries.vps | cmp want -"
    allow_every 2
    knn-exact -b subset.vps -o truth.vps queries.vps
    sh_ok "hnsw-query -x index.hnsw -e 40 --allow allow.txt -o found.vps queries.vps"
    vec-view --all --format json --columns nn,ndc,hops found.vps > found.json
    run python3 - <<'END'
import json
allowed = set(map(int, open("allow.txt")))
rows = [json.loads(line) for line in open("found.json")]
assert len(rows) == 100 and all(len(row["nn"]) == 10 and allowed.issuperset(row["nn"]) for row in rows)
# they walked, and not all over the base
assert all(row["hops"] > 40 for row in rows) and sum(row["ndc"] for row in rows) < 100 * 2000
END
    assert_success
    sh_ok "eval-recall --truth truth.vps --measures recall@10 --fail-under recall@10=0.95 found.vps"
    std_same_bytes_at_threads "hnsw-query -x index.hnsw -e 10,40 --allow allow.txt queries.vps"
    first=$(sha256sum < stdout)
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa hnsw-query -x index.hnsw -e 10,40 --allow allow.txt queries.vps"
        assert_equal "$isa: $(sha256sum < stdout)" "$isa: $first"
    done
    # the least ef for a recall is that of the filtered search
    sh_ok "hnsw-query -x index.hnsw --allow allow.txt --reach recall@10=0.97 --truth truth.vps queries.vps > reached.vps"
    sh_ok "eval-recall --truth truth.vps --measures recall@10 --fail-under recall@10=0.97 reached.vps"
}

@test "allow: the allowed ones far from the query are found all the same" {
    awk 'BEGIN { srand(5); for (i = 0; i < 3000; i++) {
        line = i; for (d = 0; d < 6; d++) line = line "\t" (i % 2 ? 50 : 0) + rand(); print line } }' > base.tsv
    awk 'BEGIN { srand(6); for (i = 0; i < 30; i++) {
        line = i; for (d = 0; d < 6; d++) line = line "\t" rand(); print line } }' > queries.tsv
    vec-convert --from tsv --metric l2 -o base.vps base.tsv
    vec-convert --from tsv --metric l2 -o queries.vps queries.tsv
    awk '$1 % 2' base.tsv | tee subset.tsv | cut -f1 > allow.txt
    vec-convert --from tsv --metric l2 -o subset.vps subset.tsv
    for codes in none sq8; do
        sh_ok "hnsw-build -M 8 --codes $codes -o index.hnsw base.vps"
        sh_ok "knn-exact -b subset.vps queries.vps -o truth.vps"
        sh_ok "hnsw-query -x index.hnsw -e 20 --allow allow.txt -o found.vps queries.vps"
        answers truth.vps > want
        answers found.vps | cmp want -
        # a walk that led nowhere, and a scan: both are counted
        vec-view --all --columns ndc,hops found.vps | awk 'NR > 1 && !($2 > 1500 && $2 < 4500 && $3 > 0) { exit 1 }' ||
            fail "$(vec-view --head 3 --columns ndc,hops found.vps)"
    done
}

@test "allow: with codes, the distances are exact" {
    world 3000 60 40 --codes sq8
    allow_every 2
    sh_ok "hnsw-query -x index.hnsw --allow allow.txt -e 60 -o found.vps queries.vps"
    sh_ok "knn-exact -b subset.vps -k 1500 -o truth.vps queries.vps"
    vec-view --all --format json --columns nn,dist,ndc,ndc_code found.vps > found.json
    vec-view --all --format json --columns nn,dist truth.vps > truth.json
    run python3 - <<'END'
import json
hits = 0
for found, truth in zip(open("found.json"), open("truth.json")):
    found, truth = json.loads(found), json.loads(truth)
    known = dict(zip(truth["nn"], truth["dist"]))
    assert all(known[nn] == dist for nn, dist in zip(found["nn"], found["dist"]))
    assert found["ndc"] - found["ndc_code"] == 15
    hits += sum(dist <= truth["dist"][9] for dist in found["dist"])
assert hits > 0.8 * 600, hits
END
    assert_success
}

@test "allow: keys where the index has keys; lines of a collection serve as they are" {
    fixtures
    cd "$FIXTURES"
    grep fox passages.tsv > "$BATS_TEST_TMPDIR/fox.tsv"
    sh_ok "hnsw-query -x base.hnsw -k 40 --allow '$BATS_TEST_TMPDIR/fox.tsv' queries.vps | vec-view --all --columns nnkey -"
    wanted=$(cut -f1 "$BATS_TEST_TMPDIR/fox.tsv" | sort | xargs)
    assert_equal "$(wc -w <<< "$wanted")" 15
    while read -r _ keys; do
        assert_equal "$(tr -d '"' <<< "$keys" | tr ', ' '\n' | sort | xargs)" "$wanted"
    done <<< "$(tail -n +2 "$BATS_TEST_TMPDIR/stdout")"
    sh_ok "cut -f1 '$BATS_TEST_TMPDIR/fox.tsv' | gzip | hnsw-query -x base.hnsw --allow - queries.vps"
    # ids are no names where there are keys
    sh_fails 3 "seq 10 | hnsw-query -x base.hnsw --allow - -o {out} queries.vps"
    assert_output --partial "none of 10 names is one of the index (by key)"
}

@test "allow: names that are unknown, no names, and what is no list" {
    world 60 5 4
    query="hnsw-query -x index.hnsw -o {out}"
    sh_ok "printf '0\n7919\n5\n5\n6\n' > some; hnsw-query -x index.hnsw --allow some queries.vps > found.vps"
    assert_output "hnsw-query: warning: --allow some: names that index.hnsw does not have: 2"
    sh_ok "vec-view --all --columns nn found.vps"
    assert_equal "$(awk 'NR > 1 { print $2 }' stdout | tr , '\n' | sort -u | xargs)" "0 7919"
    sh_fails 3 "printf '5\n6\n' | $query --allow - queries.vps"
    sh_fails 3 "printf '0\n\n7919\n' | $query --allow - queries.vps"
    assert_output --partial "stdin:2: an empty line"
    # without keys names are ids
    vec-convert --columns vec base.vps | hnsw-build -o index.hnsw
    sh_ok "hnsw-query -x index.hnsw --allow some queries.vps | vec-view --all --columns nn - > ids"
    sh_ok "vec-view --all --columns nn found.vps | cmp ids -"
    sh_fails 3 "printf '0\nx\n' | $query --allow - queries.vps"
    assert_output --partial "stdin:2: \"x\": expected an id"
    sh_fails 3 "$query --allow base.vps queries.vps"
    assert_output --partial "base.vps: a stream, expected lines of names"
    std_foreign "$query --allow {} queries.vps"
    sh_fails 2 "$query --allow - < some"
}
