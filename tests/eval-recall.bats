#!/usr/bin/env bats
# eval-recall: measures against trec_eval's own outputs and a second implementation; inputs that do not fit.

load helper

MEASURES=map,Rprec,bpref,mrr,ndcg,hit@1,3,10,P@1,3,10,R@1,3,10,ndcg@1,3,10,map@1,3,10

# A small run and its judgements, as files.
small() {
    printf 'q1 0 a 1\nq1 0 b 0\nq2 0 a 2\nq3 0 x 1\n' > qrels
    printf 'q1 Q0 b 1 2.5 t\nq1 Q0 a 2 1.5 t\nq2 Q0 a 1 7 t\nq9 Q0 a 1 7 t\n' > run
}

@test "eval-recall: help, options, a full device, closed descriptors" {
    std_help eval-recall
    std_unknown_option eval-recall
    small
    std_dev_full "eval-recall -q --qrels qrels run"
    std_closed_stdio "eval-recall -q --qrels qrels run" "eval-recall -q --qrels qrels"
    std_readonly_target "eval-recall -q --qrels $PWD/qrels -o {out} $PWD/run"
}

@test "eval-recall: foreign inputs are named and refused, on each side" {
    small
    std_foreign "eval-recall -q --qrels qrels {}"
    rmdir directory
    std_foreign "eval-recall -q --qrels {} run"
    rmdir directory
    std_foreign "eval-recall -q --qrels qrels --truth {} run"
    rmdir directory
    printf 'q1\ta\n' > answers
    std_foreign "eval-recall -q --answers {} --passages qrels run" text
    rmdir directory
    std_foreign "eval-recall -q --answers answers --passages {} run"
}

@test "eval-recall: a table, and JSON that others read" {
    small
    sh_ok "eval-recall -q --qrels qrels run"
    assert_equal "$(cat stdout)" "ef	hit@1	hit@2	mrr@2	ndcg@2	map	R@2	queries	judged	missing	unjudged
0	0.3333	0.6667	0.5000	0.5436	0.5000	0.6667	3	3	1	1"
    sh_ok "eval-recall -q --qrels qrels --format json < run | python3 -c '
import json, sys
print(json.load(sys.stdin)[\"ndcg@2\"])'"
    assert_equal "$(cat stdout)" 0.543643
    sh_ok "eval-recall -q --qrels qrels --format json --per-query run | python3 -c '
import json, sys
for line in sys.stdin: print(*json.loads(line).values())'"
    assert_equal "$(cut -d' ' -f1,2,5 stdout)" "q1 0 0.5
q2 0 1
q9 0 None
q3 0 0"
}

@test "eval-recall: what does not match is said" {
    small
    sh_ok "eval-recall --qrels qrels --measures hit@5 run"
    assert_output --partial "3 queries have fewer than 5 neighbours"
    assert_output --partial "qrels: 1 of 3 queries are missing in the run at ef 0"
    assert_output --partial "qrels: 1 of the 3 queries of the run at ef 0 are not there"
    sh_ok "eval-recall -q --qrels qrels --measures hit@5 run"
    assert_output ""
    sed 's/ a / other /' run > others
    sed 's/ a / A /; s/ b / B /' qrels > capitals
    sh_ok "eval-recall --qrels capitals others"
    assert_output --partial "capitals: it names none of the documents that the run found"
}

@test "eval-recall: a missed threshold is status 1, the output complete" {
    small
    sh_ok "eval-recall -q --qrels qrels --fail-under mrr=0.5 --fail-under hit@2=0.66 run"
    sh_fails 1 "eval-recall --qrels qrels --fail-under mrr=0.5 --fail-under hit@2=0.67 -o table run"
    assert_output --partial "hit@2=0.67"
    refute_output --partial "mrr=0.5"
    assert_equal "$(wc -l < table)" 2
}

@test "eval-recall: mistakes on the command line" {
    small
    local wrong
    for wrong in "--qrels qrels --measures nosuch" "--qrels qrels --measures recall@1" "--qrels qrels --measures hit" \
        "--qrels qrels --measures ndc" "" "--answers qrels" "--passages qrels" "--qrels qrels --level 0" \
        "--qrels qrels --fail-under mrr" "--qrels - -" "--qrels qrels --ties nosuch" "--truth run --measures recall.tie@1" \
        "--truth run --measures recall@9"; do
        sh_fails 2 "eval-recall $wrong run"
    done
}

@test "eval-recall: the values of trec_eval" {
    testdata trec_eval/test
    check() { # EXPECTED OPTIONS
        sh_ok "eval-recall -q --format trec $2"
        [ "$1" != out.test.meas_params ] || sed -i '/^num_q/d' stdout   # it was not asked for there
        cut -f1,2 stdout > names
        grep -Ff names "$DATA/$1" | sort > expected
        sort stdout | diff expected - || fail "$1"
        [ "$(wc -l < expected)" -ge 13 ] || fail "too few lines: $1"
    }
    local cuts=5,10,15,20,30,100,200,500,1000
    local all=map,Rprec,bpref,mrr,ndcg,P@$cuts,R@$cuts,ndcg@$cuts,map@$cuts,hit@1,5,10
    local basic=map,Rprec,bpref,mrr,P@$cuts
    check out.test "--average both --measures $basic --qrels $DATA/qrels.test $DATA/results.test"
    check out.test "--average both --measures $basic --qrels $DATA/qrels.test.with-comments $DATA/results.test"
    check out.comment.test "--average both --measures $basic --qrels $DATA/qrels.comment.test $DATA/results.comment.test"
    check out.test.a "--average both --measures $all --qrels $DATA/qrels.test $DATA/results.test"
    check out.test.aq "--per-query --average both --measures $all --qrels $DATA/qrels.test $DATA/results.test"
    check out.test.aqc "--per-query --average all --measures $all --qrels $DATA/qrels.test $DATA/results.trunc"
    # -M100: the first 100 of each query
    LC_ALL=C sort -k1,1 -k5,5gr -k3,3r "$DATA/results.trunc" | awk '++n[$1] <= 100' > first100
    check out.test.aqcM "--per-query --average all --measures $all --qrels $DATA/qrels.test first100"
    check out.test.meas_params "--per-query --average both --measures P@5,7,3,R@20,2000,ndcg@10,20,23,hit@2,5,20 \
        --qrels $DATA/qrels.test $DATA/results.test"
    check out.test.aql "--per-query --level 2 --average both --measures $all --qrels $DATA/qrels.rel_level $DATA/results.test"
}

@test "eval-recall: a second implementation, on runs full of ties" {
    local seed eval="eval-recall -q --format trec --per-query --measures $MEASURES"
    for seed in 1 2 3 4 5 6; do
        "$ROOT/tests/tools/eval-reference" $seed
        sh_ok "$eval --average both --qrels qrels.trec run.trec"
        diff expected.both stdout || fail "seed $seed: both"
        sh_ok "$eval --average all --qrels qrels.trec < run.trec"
        diff expected.all stdout || fail "seed $seed: all"
        sh_ok "gzip -c qrels.trec | $eval --average all --level 2 --qrels - run.trec"
        diff expected.level2 stdout || fail "seed $seed: level 2"
        # and what trec_eval itself printed of these files
        awk -v OFS='\t' -v seed=$seed '$2 == "all" {print seed, FILENAME, $1, $3}' expected.*
    done > all
    diff "$ROOT/tests/eval-recall.expected" all
}

@test "eval-recall: forms of judgements" {
    small
    printf 'query-id\tcorpus-id\tscore\nq1\ta\t1\nq1\tb\t0\nq2\ta\t2\r\nq3\tx\t1\n' > beir
    sh_ok "eval-recall -q --qrels qrels run"
    mv stdout wanted
    sh_ok "eval-recall -q --qrels beir run"
    diff wanted stdout
    tail -n +2 beir | gzip > beir.gz
    sh_ok "eval-recall -q --qrels beir.gz run"
    diff wanted stdout
    { cat qrels; echo; echo '# again'; echo 'q1 0 a 1'; } > twice
    sh_ok "eval-recall --qrels twice run"
    assert_output --partial "1 judgements come twice"
    assert_output --partial "twice: 1 lines start with # and are left out"
    { echo '#run'; sed 'a # x' run; } > commented
    sh_ok "eval-recall --qrels qrels commented"
    assert_output --partial "commented: 5 lines start with # and are left out"
    diff wanted stdout
    printf 'q1 0 a 2\n' >> twice
    sh_fails 3 "eval-recall --qrels twice run"
    assert_output --partial "has the grades 1 and 2"
    local wrong
    for wrong in 'q1 0 a' 'q1 0 a 1 2' 'q1 0 a x' 'q1 0 a 1.5' 'q1 a' 'q1 0 a 99999999999'; do
        { cat qrels; echo "$wrong"; } > bad
        sh_fails 3 "eval-recall --qrels bad run"
        assert_output --partial "bad: line 5"
    done
}

@test "eval-recall: runs that are none" {
    small
    local wrong
    for wrong in 'q1 Q0 d 1 2.5' 'q1 Q0 d 1 x t' 'q1 Q0 d 1 nan t' 'q1 Q0 d 1 inf t' 'q1' 'q1 Q0 d 1 0x10 t'; do
        { cat run; echo "$wrong"; } > bad
        sh_fails 3 "eval-recall --qrels qrels bad"
        assert_output --partial "bad: line 5"
    done
    { cat run; echo 'q1 Q0 a 3 0.5 t'; } > bad
    sh_fails 3 "eval-recall --qrels qrels bad"
    assert_output --partial 'document "a" comes twice'
    printf 'other Q0 a 1 1 t\n' > bad
    sh_fails 3 "eval-recall --qrels qrels bad"
    assert_output --partial 'no query of the run (such as "other")'
    head -c 20 run | gzip | head -c 25 > bad.gz
    sh_fails 3 "eval-recall --qrels qrels bad.gz"
}

@test "eval-recall: a run against another" {
    local i
    for i in 0 1 2 3 4 5 6 7 8 9; do
        printf 'q%d 0 a 1\n' $i >> qrels
        printf 'q%d Q0 a 1 2 t\nq%d Q0 b 2 1 t\n' $i $i >> good
        printf 'q%d Q0 b 1 2 t\nq%d Q0 a 2 1 t\n' $i $i >> poor
    done
    sed -i '/^q9/d' poor
    local eval="eval-recall --qrels qrels --measures hit@1,mrr,P@2"
    sh_ok "$eval --against poor good 2> warnings"
    assert_equal "$(cat stdout)" "ef	ef.against	measure	mean	mean.against	difference	p	wins	ties	losses	queries	test
0	0	hit@1	1.0000	0.0000	1.0000	0.001953	10	0	0	10	exact
0	0	mrr	1.0000	0.4500	0.5500	0.001953	10	0	0	10	exact
0	0	P@2	0.5000	0.4500	0.0500	1.000000	1	9	0	10	exact"
    assert_equal "$(cat warnings)" \
        "eval-recall: warning: qrels: 1 of 10 queries are missing in the run poor at ef 0 and count as 0"
    sh_ok "$eval -q --average both --against good --format json - < poor"
    python3 -c 'import json, sys; print(*json.loads(list(sys.stdin)[-1]).values())' < stdout > values
    assert_equal "$(cat values)" "0 0 P@2 0.5 0.5 0 1 0 9 0 9 exact"
    # side inputs are read once, so that they may be pipes
    sh_ok "cat qrels | eval-recall -q --qrels - --measures mrr --against poor --seed 7 good"
    assert_equal "$(wc -l < stdout)" 2
    # thresholds look at the first run
    sh_ok "$eval -q --against poor --fail-under mrr=0.9 good"
    sh_fails 1 "$eval --against good --fail-under mrr=0.9 poor"
    local wrong
    for wrong in "--per-query" "--format trec" "--measures ndc" "--against nosuch --against -"; do
        sh_fails 2 "eval-recall --qrels qrels --against poor $wrong - < good"
    done
    printf 'other Q0 a 1 1 t\n' > other
    sh_fails 3 "$eval --against other good"
    sh_fails 4 "$eval --against nosuch good"
    std_foreign "eval-recall -q --qrels qrels --against {} good"
}

@test "eval-recall: a sampled test follows from the seed alone" {
    "$ROOT/tests/tools/eval-reference" 1
    awk '!/^#/ && NF {$5 = -$5; print}' run.trec > other
    local eval="eval-recall -q --qrels qrels.trec --measures map,ndcg@10 --against other"
    sh_ok "$eval run.trec"
    assert_equal "$(cut -f 12 stdout | sort | uniq -c | xargs)" "2 sampled 1 test"
    mv stdout first
    sh_ok "shuf --random-source=run.trec run.trec | LC_ALL=C sort -s -k1,1r | $eval -"
    diff first stdout
    sh_ok "VECPIPE_ISA=scalar $eval run.trec"
    diff first stdout
    sh_ok "$eval --seed 2 run.trec"
    run ! diff -q first stdout
}

@test "eval-recall: answers in passages" {
    printf '1 Q0 p1 1 3 t\n1 Q0 p2 2 2 t\n2 Q0 p2 1 2 t\n' > run
    printf 'id\ttext\ttitle\np1\tbecause of it\tA title\np2\tThe U.S., 1945\tUs\n' > passages
    printf '1\tus\n2\t1945\tnothing\n' > answers
    sh_ok "eval-recall -q --answers answers --passages passages --measures hit.answer@1,2 --per-query run"
    assert_equal "$(tail -n +2 stdout)" "1	0	0.0000	0.0000
2	0	1.0000	1.0000"
    sh_ok "eval-recall -q --answers answers --passages - --title --measures hit.answer@1,2 --per-query run < passages"
    assert_equal "$(sed -n 2p stdout)" "1	0	0.0000	1.0000"
    sh_ok "gzip -c passages | eval-recall -q --answers answers --passages - --match substring --measures hit.answer@1 run"
    assert_equal "$(tail -1 stdout)" "0	1.0000	2	2	0	0"
    printf '1\n' > wrong
    sh_fails 3 "eval-recall --answers wrong --passages passages run"
    assert_output --partial "wrong: line 1: no answer"
    printf '1\ta\n1\tb\n' > wrong
    sh_fails 3 "eval-recall --answers wrong --passages passages run"
    printf 'p1\n' > wrong
    sh_fails 3 "eval-recall --answers answers --passages wrong run"
    assert_output --partial "wrong:1: "
    awk -F'\t' -v OFS='\t' '{print $1, $3, "x", $2}' passages > other
    sh_ok "eval-recall -q --answers answers --passages other --columns id,title,-,text --title --measures hit.answer@2 run"
    assert_equal "$(tail -1 stdout)" "0	1.0000	2	2	0	0"
    printf '{"_id": "p1", "text": "us"}\n{"_id": "p2", "title": "t", "text": "1945"}\n' > corpus.jsonl
    sh_ok "eval-recall -q --answers answers --passages corpus.jsonl --measures hit.answer@1 run"
    assert_equal "$(tail -1 stdout)" "0	1.0000	2	2	0	0"
    sh_fails 2 "eval-recall -q --answers answers --passages other --columns id,text,text run"
    sh_fails 2 "eval-recall -q --qrels other --columns id,text run"
}

@test "eval-recall: a second implementation of answer matching, on texts of many scripts" {
    testdata texts.jsonl
    local rule eval="eval-recall -q --measures hit.answer@1 --average all --per-query run"
    "$ROOT/tests/tools/answer-reference" "$DATA" 1
    for rule in token substring; do
        sh_ok "$eval --answers answers --passages $DATA --match $rule"
        tail -n +2 stdout | awk -v OFS='\t' '{print $1, int($3)}' | diff expected.$rule - || fail "$rule"
    done
}

# ---- streams ----

streams() {
    fixtures
    T=$FIXTURES/truth.vps A=$FIXTURES/answers.vps
}

@test "eval-recall: a stream, the truth of itself, its work" {
    streams
    sh_ok "eval-recall --truth $T --measures recall@1,10,recall.tie@10,recall.id@10,recall.annb@10,recall.first@10 $T"
    assert_equal "$(tail -1 stdout | cut -f2-7)" "1.0000	1.0000	1.0000	1.0000	1.0000	1.0000"
    sh_ok "eval-recall --truth $T --fail-under recall@10=0.5 < $A"
    assert_equal "$(head -1 stdout | cut -f1-5)" "ef	recall@1	recall@10	ndc	hops"
    sh_ok "knn-exact --time -b $FIXTURES/base.vps $FIXTURES/queries.vps | eval-recall --truth $T"
    assert_equal "$(head -1 stdout | cut -f4-7)" "ndc	hops	qps	threads"
    sh_ok "hnsw-query --time -t 1 -x $FIXTURES/base.hnsw $FIXTURES/queries.vps | eval-recall --truth $T"
    assert_equal "$(head -1 stdout | cut -f4-11)" "ndc	hops	latency_us	p50_us	p95_us	p99_us	qps	threads"
    sh_ok "vec-convert --to ivecs $T > t.ivecs; vec-convert t.ivecs | eval-recall --truth - --fail-under recall@10=0.5 $A"
    assert_output --partial "recall is counted by id"
    sh_ok "gzip -c $A | eval-recall --truth $T"
    mv stdout first
    sh_ok "eval-recall --truth $T $A"
    diff first stdout
}

@test "eval-recall: damaged streams" {
    streams
    std_truncated "eval-recall --truth $T {}" "$A"
    std_truncated "eval-recall --truth {} $A" "$T"
    std_flipped "eval-recall --truth $T {}" "$A"
    std_killed_upstream "eval-recall --truth $T" "$A"
    std_golden_fail "eval-recall {}" '???[05]-*.vps'
    sh_fails 3 "eval-recall --truth $T $FIXTURES/base.vps"
    sh_fails 3 "eval-recall --truth $FIXTURES/base.hnsw $A"
}
