#!/usr/bin/env bats
# vec-convert: indexes of hnswlib into ours and ours into hnswlib's, against a file that hnswlib 0.8.0 wrote.

load helper

# 40 vectors of dimension 4, vector i = (i, i % 7, i * i % 11, 1), label 1000 - i, in hnswlib's space l2, M 4, ef-construction 20;
# labels 995, 985, 975 ... marked as deleted.
REAL=$ROOT/tests/fuzz/corpus/hnswlib/hnswlib-0.8.0.bin

@test "vec-convert: an index that hnswlib wrote: ids, vectors, deleted ones, the nearest" {
    sh_ok "vec-convert --metric l2 $REAL -o real.hnsw"
    assert_regex "$output" "hnswlib-0.8.0.bin: 4 deleted elements and 0 links that came twice left out; 0 edges added"
    sh_ok "vec-view --check real.hnsw"
    assert_equal "$(cat stdout)" "real.hnsw: ok, an index, 36 nodes"
    sh_ok "vec-view --all --format tsv --columns id,vec real.hnsw"
    python3 - > expected.tsv <<'END'
for i in range(40):
    if (1000 - i) % 10 != 5:
        print(1000 - i, ",".join(map(str, (i, i % 7, i * i % 11, 1))), sep="\t")
END
    diff <(grep -v '^[^0-9]' stdout) expected.tsv
    sh_ok "vec-convert --from tsv --first-id 0 --metric l2 expected.tsv -o all.vps"
    sh_ok "knn-exact -b all.vps -k 5 all.vps -o truth.vps && hnsw-query -x real.hnsw -k 5 -e 36 all.vps -o found.vps"
    sh_ok "vec-view --all --format tsv --columns dist truth.vps > a && vec-view --all --format tsv --columns dist found.vps > b"
    cmp a b
}

@test "vec-convert: an index there and back is the same, by a file, a pipe, gzip and -o's extension" {
    fixtures
    sh_ok "vec-convert --no-provenance --metric ip $FIXTURES/base.fbin | hnsw-build -M 5 --no-provenance -o a.hnsw"
    sh_ok "vec-convert a.hnsw -o a.hnswlib"
    assert_equal "$output" ""
    sh_ok "vec-convert --no-provenance --metric ip a.hnswlib -o b.hnsw"
    assert_equal "$output" ""
    sh_ok "vec-view --text a.hnsw > a.txt && vec-view --text b.hnsw > b.txt"
    diff a.txt b.txt
    sh_ok "vec-convert --to hnswlib < b.hnsw"
    cmp stdout a.hnswlib
    sh_ok "vec-convert --no-provenance --metric ip --from hnswlib --to hnsw - < a.hnswlib"
    cmp stdout b.hnsw
    sh_ok "gzip -c a.hnswlib | vec-convert --no-provenance --metric ip"
    cmp stdout b.hnsw
    sh_ok "hnsw-query -x a.hnsw -k 5 --no-provenance $FIXTURES/queries.vps --force -o a.vps"
    sh_ok "hnsw-query -x b.hnsw -k 5 --no-provenance $FIXTURES/queries.vps --force -o b.vps"
    cmp a.vps b.vps
}

@test "vec-convert: provenance of an index" {
    sh_ok "vec-convert -q --metric l2 $REAL -o real.hnsw && vec-view --header real.hnsw"
    assert_equal "$output" ""
    assert_regex "$(cat stdout)" "@program .*vec-convert"
    sh_ok "vec-convert --no-provenance --metric l2 $REAL -o real.hnsw && vec-view --header real.hnsw"
    refute_regex "$(cat stdout)" "@program"
    assert_regex "$(cat stdout)" "@meta metric l2"
}

@test "vec-convert: mistakes about indexes" {
    fixtures
    sh_fails 2 "vec-convert $REAL -o {out}"
    assert_regex "$output" "does not say its metric"
    sh_fails 2 "vec-convert --metric l2 --to hnswlib $REAL -o {out}"
    assert_regex "$output" "becomes one of form hnsw"
    sh_fails 2 "vec-convert --metric l2 --to fbin $REAL -o {out}"
    sh_fails 2 "vec-convert --metric l2 $REAL -o {out}.hnswlib"
    sh_fails 2 "vec-convert --metric l2 --rows 1:2 $REAL -o {out}"
    assert_regex "$output" "alone and whole"
    sh_fails 2 "vec-convert --metric l2 $REAL $REAL -o {out}"
    sh_fails 2 "vec-convert --metric l2 $FIXTURES/base.hnsw -o {out}"
    assert_regex "$output" "metric l2: the index is one of ip"
    sh_fails 3 "vec-convert --metric cosine $REAL -o {out}"
    assert_regex "$output" "element 1 has length 2, metric cosine has 1"
    sh_fails 3 "vec-convert $FIXTURES/base.vps -o {out}.hnsw"
    assert_regex "$output" "base.vps: this is no index: hnsw-build"
    sh_fails 2 "vec-convert --from fbin --to hnswlib $FIXTURES/base.fbin -o {out}"
    sh_fails 3 "vec-convert --from hnswlib --metric l2 $FIXTURES/base.fbin -o {out}"
    assert_regex "$output" "this looks like an fbin file.*, expected an index of hnswlib"
    sh_fails 3 "vec-convert --from hnsw $REAL -o {out}"
    assert_regex "$output" "this looks like an index of hnswlib, expected an index"
    sh_fails 3 "hnsw-query -x $REAL $FIXTURES/queries.vps -o {out}"
    assert_regex "$output" "this looks like an index of hnswlib"
    sh_fails 3 "vec-convert $REAL $FIXTURES/base.vps --from vps -o {out}"
}

@test "vec-convert: a damaged index of either form" {
    fixtures
    std_truncated "vec-convert --from hnswlib --metric l2 {} -o {out}" "$REAL"
    std_truncated "vec-convert {} -o {out}" "$FIXTURES/base.hnsw"
    std_flipped "vec-convert {} -o {out}" "$FIXTURES/base.hnsw"
    std_golden_fail "vec-convert {} -o {out}" 'hnsw-*.hnsw'
    std_golden_pass "vec-convert {} -o out.hnswlib" 'hnsw-*.hnsw'
    std_dev_full "vec-convert --metric l2 $REAL"
    std_dev_full "vec-convert $FIXTURES/base.hnsw"
}
