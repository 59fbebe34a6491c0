#!/usr/bin/env bats
# hnsw-query at several ef in one run, and at the least that reaches a recall.

load helper
load hnsw-query

@test "sweep: the rows of single runs, by query then ef" {
    world 700 90 6
    for ef in 10 16 40 700 900; do
        hnsw-query -x index.hnsw -e $ef queries.vps | vec-view --all - | tail -n +2 > rows.$ef
    done
    # any order on the command line; as many queries as need several batches of the writer
    sh_ok "hnsw-query -x index.hnsw -e 40,900,10,700,16 -o found.vps queries.vps && vec-view --check found.vps"
    paste -d '\n' rows.10 rows.16 rows.40 rows.700 rows.900 > want
    sh_ok "vec-view --all found.vps | tail -n +2 | cmp want -"
    std_same_bytes_at_threads "hnsw-query -x index.hnsw -e 10,16,40 queries.vps"
    sh_ok "hnsw-query -x index.hnsw -e 10,16,40 --time -t 2 queries.vps | vec-view --text"
    for ef in 10 16 40; do
        assert_regex "$(cat stdout)" "@stat wall_ns\\.$ef [1-9]"
        assert_regex "$(cat stdout)" "@stat threads\\.$ef 2"
    done
    assert_equal "$(grep -c '@stat' stdout)" 6
    knn-exact -b base.vps -o truth.vps queries.vps
    sh_ok "hnsw-query -x index.hnsw -e 10,40,700 queries.vps | eval-recall --truth truth.vps --measures recall@10"
    assert_equal "$(awk 'NR > 1 { print $1 }' stdout | xargs)" "10 40 700"
}

# Recall at a width, as eval-recall counts it.
recall_at() { # EF MEASURE [OPTION ...]
    hnsw-query -x index.hnsw -e "$1" "${@:3}" queries.vps |
        eval-recall --truth truth.vps --measures "$2" --format json |
        python3 -c 'import json, sys; print(next(v for k, v in json.load(sys.stdin).items() if k.startswith("recall")))'
}

@test "reach: the ef that is found reaches the target, the one below it does not" {
    world 2000 80 8
    knn-exact -b base.vps -k 100 -o truth.vps queries.vps
    for case in "10 0.95 recall@10" "10 0.99 recall@10" "10 0.999 recall@1" "20 0.99 recall@20"; do
        read -r k least measure <<< "$case"
        reach="--reach $measure=$least --truth truth.vps --report report.tsv"
        sh_ok "hnsw-query -x index.hnsw -k $k $reach -o found.vps queries.vps"
        assert_equal "$(head -1 report.tsv)" $'target\tef\trecall\tndc\tndc_code\thops'
        read -r target ef recall ndc ndc_code hops <<< "$(sed 1d report.tsv)"
        assert_equal "$target" "$measure=$least"
        assert_equal "$(printf %.6f "$(recall_at "$ef" "$measure" -k "$k")")" "$recall"
        awk "BEGIN { exit !($recall >= $least) }" || fail "$target: $recall at $ef"
        if [ "$ef" -gt "$k" ]; then
            below=$(recall_at $((ef - 1)) "$measure" -k "$k")
            awk "BEGIN { exit !($below < $least) }" || fail "$target: $below at $((ef - 1)), found $ef"
        fi
        # the answers are those at this ef, and the means are theirs
        sh_ok "hnsw-query --no-provenance -x index.hnsw -k $k -e $ef queries.vps | vec-view --text > want"
        sh_ok "vec-view --text found.vps | grep -v @program | cmp want -"
        vec-view --all --columns ndc,hops found.vps |
            awk 'NR > 1 { ndc += $2; hops += $3 } END { printf "%.1f %.1f\n", ndc / (NR - 1), hops / (NR - 1) }' > means
        assert_equal "$(cat means) 0.0" "$ndc $hops $ndc_code"
    done
}

@test "reach: several targets, codes, time, the same bytes at any number of threads" {
    world 1000 50 30 --codes sq8
    knn-exact -b base.vps -k 100 -o truth.vps queries.vps
    many="--reach recall@100=0.9 --reach recall@10=0.999 --reach recall@100=0.95 --reach recall@1=0.5 --truth truth.vps"
    std_same_bytes_at_threads "hnsw-query -x index.hnsw -k 100 $many --report 'report.{t}' {t} queries.vps"
    cmp "report.-t 1" "report.-t 8"
    assert_equal "$(cut -f1 'report.-t 1' | xargs)" "target recall@100=0.9 recall@10=0.999 recall@100=0.95 recall@1=0.5"
    # each ef once, rising
    vec-view --all --columns ef stdout | awk 'NR > 1 { print $2 }' | sort -nu > efs
    sed 1d 'report.-t 1' | cut -f2 | sort -nu | cmp efs -
    awk -F'\t' 'NR > 1 && !($5 > 0 && $5 < $4) { exit 1 }' 'report.-t 1' || fail "$(cat 'report.-t 1')"
    one="--reach recall@10=0.9 --truth truth.vps --report report.tsv"
    # what is searched to find the ef shows as progress: at least at two, and for the answers
    sh_ok "hnsw-query --progress always -x index.hnsw $one -o f queries.vps 2>&1 | tr '\r' '\n' | tail -1"
    read -r _ seen _ <<< "$(cat stdout)"
    [ "$seen" -ge $((3 * 50)) ] && [ $((seen % 50)) = 0 ] || fail "$(cat stdout)"
    sh_ok "hnsw-query -x index.hnsw $one --time -t 2 -o f queries.vps"
    assert_equal "$(head -1 report.tsv)" $'target\tef\trecall\tndc\tndc_code\thops\tqps\tthreads'
    read -r _ ef _ _ _ _ qps threads <<< "$(sed 1d report.tsv)"
    assert_equal "$threads" 2
    sh_ok "eval-recall --truth truth.vps --measures qps --format json f"
    python3 -c "import json; d = json.load(open('stdout')); assert d['ef'] == $ef and abs(d['qps'] - $qps) < 1" ||
        fail "$(cat stdout) $qps"
}

@test "reach: out of reach is status 1, with the best that was seen" {
    world 3000 150 8
    knn-exact -b base.vps -o truth.vps queries.vps
    sh_run "hnsw-query -x index.hnsw -e 12 --reach recall@10=1 --truth truth.vps --report report.tsv -o found.vps queries.vps"
    assert_equal "$status" 1
    assert_output --partial "recall@10=1 is not reached by --ef 12"
    read -r _ ef recall _ <<< "$(sed 1d report.tsv)"
    assert_equal "$ef $recall" "12 $(printf %.6f "$(recall_at 12 recall@10)")"
    sh_ok "vec-view --check found.vps"
    assert_regex "$(vec-view --text found.vps)" ' ef=12 '
    # all of the base is exact
    sh_ok "hnsw-query -x index.hnsw -e 3000 --reach recall@10=1 --truth truth.vps -o found.vps queries.vps"
}

@test "reach: joined by key or id, and truth of other queries is refused" {
    world 400 50 4
    knn-exact -b base.vps -o truth.vps queries.vps
    reach="hnsw-query -x index.hnsw --reach recall@10=0.9 --truth"
    for part in 0:20 20:50; do vec-convert --rows $part -o part.$part truth.vps; done
    sh_ok "$reach truth.vps queries.vps | vec-view --all - > want"
    sh_ok "cat part.20:50 part.0:20 > turned.vps && $reach turned.vps queries.vps | vec-view --all - | cmp want -"
    sh_fails 3 "$reach part.0:20 -o {out} queries.vps"
    assert_output --partial "part.0:20: query 420 is missing"
    vec-convert --rows 0:20 -o few.vps queries.vps
    sh_fails 3 "$reach truth.vps -o {out} few.vps"
    assert_output --partial "query 420 is not among the queries"
    sh_fails 3 "cat part.0:20 truth.vps | $reach - -o {out} queries.vps"
    assert_output --partial "comes twice"
    sh_fails 3 "knn-exact -b base.vps --metric ip --force queries.vps | $reach - -o {out} queries.vps"
    assert_output --partial "distances by ip"
    sh_fails 3 "vec-convert --rows 0:0 -o none.vps queries.vps && $reach truth.vps -o {out} none.vps"
    assert_output --partial "no queries"
    vec-convert --columns nn,ef,ndc,hops -o bare.vps truth.vps
    sh_fails 3 "$reach bare.vps -o {out} queries.vps"
    assert_output --partial "without distances"
    std_truncated "$reach {} -o {out} queries.vps" truth.vps
    std_foreign "$reach {} -o {out} queries.vps"
    fixtures
    cd "$FIXTURES"
    sh_ok "hnsw-query -x base.hnsw --reach recall@10=0.9 --truth truth.vps queries.vps"
}

@test "reach: mistakes on the command line" {
    world 60 5 4
    knn-exact -b base.vps -o truth.vps queries.vps
    for target in recall=0.9 recall@10 recall@0=0.9 recall@10=0 recall@10=1.01 recall@10=x hit@10=0.9 recall.id@10=0.9 \
        recall@=1; do
        sh_fails 2 "hnsw-query -x index.hnsw --reach $target --truth truth.vps -o {out} queries.vps"
        assert_output --partial "expected recall@K=X"
    done
    sh_fails 2 "hnsw-query -x index.hnsw --reach recall@10=0.9 -o {out} queries.vps"
    sh_fails 2 "hnsw-query -x index.hnsw --truth truth.vps -o {out} queries.vps"
    sh_fails 2 "hnsw-query -x index.hnsw --report {out} queries.vps"
    sh_fails 2 "hnsw-query -x index.hnsw --reach recall@10=0.9 --truth truth.vps --report - queries.vps"
    sh_fails 2 "hnsw-query -x index.hnsw --reach recall@10=0.9 --truth truth.vps -e 10,20 -o {out} queries.vps"
    sh_fails 2 "hnsw-query -x index.hnsw --reach recall@11=0.9 --truth truth.vps -o {out} queries.vps"
    assert_output --partial "needs -k 11"
    sh_fails 2 "hnsw-query -x index.hnsw -k 11 --reach recall@11=0.9 --truth truth.vps --report {out} -o {out}2 queries.vps"
    assert_output --partial "the truth has 10 neighbours a query"
}
