# The EXAMPLES of the manual, run as they stand there.
load helper

example() {
    fixtures
    run "$ROOT/tests/tools/examples" "$ROOT/man/$1"
    assert_success
}

@test "text-convert" { example man1/text-convert.1; }
@test "vec-encode" { example man1/vec-encode.1; }
@test "model-get" { example man1/model-get.1; }
@test "knn-exact" { example man1/knn-exact.1; }
@test "rq-cluster" { example man1/rq-cluster.1; }
@test "bt-negsample" { example man1/bt-negsample.1; }
@test "bm25-rank" { example man1/bm25-rank.1; }
@test "hnsw-build" { example man1/hnsw-build.1; }
@test "hnsw-query" { example man1/hnsw-query.1; }
@test "hardq-detect" { example man1/hardq-detect.1; }
@test "hardq-train" {
    hardq-train -q missing.vps 2> "$BATS_TEST_TMPDIR/why" || true
    ! grep -q "built without XGBoost" "$BATS_TEST_TMPDIR/why" || skip "built without XGBoost"
    example man1/hardq-train.1
}
@test "ngfix-repair" { example man1/ngfix-repair.1; }
@test "topk-merge" { example man1/topk-merge.1; }
@test "eval-recall" { example man1/eval-recall.1; }
@test "vec-convert" { example man1/vec-convert.1; }
@test "vec-view" { example man1/vec-view.1; }
@test "vec-synth" { example man1/vec-synth.1; }
@test "pipe-run" { example man1/pipe-run.1; }
@test "vecpipe-bm25" { example man5/vecpipe-bm25.5; }
@test "vecpipe-hnsw" { example man5/vecpipe-hnsw.5; }
@test "vecpipe" { example man7/vecpipe.7; }
