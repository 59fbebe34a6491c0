#!/usr/bin/env bats
# hnsw-query: exact where ef covers all, order and ties, both ways to load, sets that do not belong together, damaged indexes.

load helper
load hnsw-query

@test "hnsw-query: help, options, a full device, closed descriptors" {
    std_help hnsw-query
    std_unknown_option hnsw-query
    world 60 5 4
    std_dev_full "hnsw-query -x index.hnsw queries.vps"
    std_closed_stdio "hnsw-query -x index.hnsw queries.vps" "hnsw-query -x index.hnsw"
    std_readonly_target "hnsw-query -x $PWD/index.hnsw -o {out} $PWD/queries.vps"
}

@test "hnsw-query: with ef of the base's size the answers are knn-exact's, ties and all" {
    world 500 60 3
    for metric in l2 ip cosine; do
        hnsw-build -M 5 -c 30 --metric $metric -o m.hnsw base.vps 2> /dev/null || continue
        for k in 1 10 500; do
            sh_ok "knn-exact -b base.vps --metric $metric -k $k --force -o truth.vps queries.vps"
            sh_ok "hnsw-query -x m.hnsw -k $k -e 500 --force -o found.vps queries.vps"
            answers truth.vps > want
            answers found.vps | cmp want -
        done
    done
}

@test "hnsw-query: a narrow search finds most, a wider one more" {
    world 3000 200 8
    knn-exact -b base.vps -k 10 -o truth.vps queries.vps
    last=0
    for ef in 10 20 40 80; do
        sh_ok "hnsw-query -x index.hnsw -e $ef queries.vps | eval-recall --truth truth.vps --measures recall@10 --format json"
        recall=$(python3 -c 'import json; print(json.load(open("stdout"))["recall@10"])')
        python3 -c "import sys; sys.exit(not $recall >= $last)" || fail "recall $recall at ef $ef, $last before"
        last=$recall
    done
    python3 -c "import sys; sys.exit(not $last > .95)" || fail "recall $last at ef 80"
}

@test "hnsw-query: the same bytes at any number of threads, load and instruction set" {
    world 2000 500 12
    std_same_bytes_at_threads "hnsw-query -x index.hnsw -e 30 queries.vps"
    first=$(sha256sum < stdout)
    sh_ok "hnsw-query -x index.hnsw -e 30 --load copy queries.vps"
    assert_equal "$(sha256sum < stdout)" "$first"
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa hnsw-query -x index.hnsw -e 30 queries.vps"
        assert_equal "$isa: $(sha256sum < stdout)" "$isa: $first"
    done
}

@test "hnsw-query: --single, and fewer queries than go in turns, change no byte" {
    world 2000 131 12
    for rows in 0:0 0:1 0:2 0:; do
        sh_ok "vec-convert --rows $rows --no-provenance -o some.vps queries.vps"
        for t in 1 2; do
            sh_ok "hnsw-query -t $t -x index.hnsw -e 12,30 -o turns.vps some.vps"
            sh_ok "hnsw-query -t $t -x index.hnsw -e 12,30 --single -o single.vps some.vps && cmp turns.vps single.vps"
        done
    done
}

@test "hnsw-query: an index from stdin, packed, and queries of several files" {
    world 400 90 5
    sh_ok "hnsw-query --no-provenance -x index.hnsw queries.vps"
    mv stdout want
    sh_ok "cat index.hnsw | hnsw-query --no-provenance -x - queries.vps"
    cmp want stdout
    gzip -k index.hnsw
    sh_ok "hnsw-query --no-provenance -x index.hnsw.gz < queries.vps"
    cmp want stdout
    vec-convert --rows :50 -o a.vps queries.vps
    vec-convert --rows 50: queries.vps | gzip > b.vps.gz
    sh_ok "hnsw-query --no-provenance -x index.hnsw a.vps b.vps.gz"
    cmp want stdout
    sh_ok "hnsw-query --no-provenance -z 6 -x index.hnsw queries.vps | vec-convert --no-provenance -o unpacked.vps"
    sh_ok "vec-view --text unpacked.vps > a; vec-view --text want > b; cmp a b"
}

@test "hnsw-query: k beyond the base, an empty base, no queries" {
    world 7 4 3
    sh_ok "hnsw-query -x index.hnsw -k 100 queries.vps -o found.vps"
    knn-exact -b base.vps -k 7 -o truth.vps queries.vps
    answers truth.vps > want
    answers found.vps | cmp want -
    sh_ok "vec-convert --rows 0:0 base.vps | hnsw-build -o empty.hnsw"
    sh_ok "hnsw-query -x empty.hnsw queries.vps -o found.vps && vec-view --check found.vps"
    assert_regex "$(cat stdout)" '4 rows'
    answers found.vps > lines
    assert_equal "$(awk 'NF > 1' lines)" ""
    sh_ok "vec-convert --rows 0:0 queries.vps | hnsw-query -x index.hnsw | vec-view --check"
    assert_regex "$(cat stdout)" '0 rows'
}

@test "hnsw-query: trace columns, and --time" {
    world 1000 80 6
    sh_ok "hnsw-query --time -t 2 -x index.hnsw -e 20 -o timed.vps queries.vps && vec-view --text timed.vps"
    assert_regex "$(cat stdout)" '@stat wall_ns\.20 [1-9][0-9]+'
    assert_regex "$(cat stdout)" '@stat threads\.20 2'
    assert_regex "$(cat stdout)" 'time_ns=[1-9]'
    # each query looks at 20 nodes at least, and no fewer distances than that
    awk '/^id=/ { match($0, /ndc=[0-9]+/); n = substr($0, RSTART + 4, RLENGTH - 4) + 0; match($0, /hops=[0-9]+/)
                  h = substr($0, RSTART + 5, RLENGTH - 5) + 0; rows++; if (h < 20 || n < h || n > 1100) bad++ }
         END { exit rows != 80 || bad }' stdout || fail "$(grep '^id=' stdout | head -3)"
    sh_ok "hnsw-query -x index.hnsw -e 20 queries.vps | vec-view --text"
    assert_equal "$(grep -c -e '@stat' -e time_ns stdout)" 0
}

@test "hnsw-query: keys, space, and provenance with two parents" {
    fixtures
    [ -e "$FIXTURES/base.hnsw" ] || skip "no fixtures yet"
    sh_ok "hnsw-query -x '$FIXTURES/base.hnsw' '$FIXTURES/queries.vps' | vec-view --text"
    assert_regex "$(cat stdout)" '@column nnkey str \*'
    assert_regex "$(cat stdout)" '@meta space [0-9a-f]+'
    assert_regex "$(cat stdout)" '@program 3 1,2 hnsw-query'
    # the command in it says nothing of how it was loaded
    sh_ok "hnsw-query --load copy -t 3 -x '$FIXTURES/base.hnsw' '$FIXTURES/queries.vps' > a"
    sh_ok "hnsw-query -x '$FIXTURES/base.hnsw' '$FIXTURES/queries.vps' | cmp a -"
}

@test "hnsw-query: mistakes on the command line" {
    world 60 5 4
    sh_fails 2 "hnsw-query queries.vps"
    sh_fails 2 "hnsw-query -x index.hnsw -k 0 queries.vps"
    sh_fails 2 "hnsw-query -x index.hnsw -k 10 -e 9 -o {out} queries.vps"
    assert_output --partial "less than -k"
    sh_fails 2 "hnsw-query -x index.hnsw -k 10 -e 20,9,10 -o {out} queries.vps"
    assert_output --partial "--ef 9 is less than -k 10"
    for ef in 0 '' ',' '16,' ',16' '16,,32' '16,x' 16.5 -16 '16,32 64' 4294967296; do
        sh_fails 2 "hnsw-query -x index.hnsw -e '$ef' -o {out} queries.vps"
        assert_output --partial "expected numbers from 1"
    done
    sh_fails 2 "hnsw-query -x index.hnsw -e 16,32,16 -o {out} queries.vps"
    assert_output --partial "16 comes twice"
    sh_fails 2 "hnsw-query -x index.hnsw -e $(seq -s, 10 74) -o {out} queries.vps"
    assert_output --partial "more than 64"
    sh_fails 2 "hnsw-query -x - < index.hnsw"
    sh_fails 2 "hnsw-query -x - - < index.hnsw"
    sh_fails 2 "hnsw-query -x index.hnsw --load fast queries.vps"
    # the default ef follows k
    sh_ok "hnsw-query -x index.hnsw -k 3 queries.vps | vec-view --text"
    assert_regex "$(cat stdout)" ' ef=64 '
    sh_ok "hnsw-query -x index.hnsw -k 65 queries.vps | vec-view --text"
    assert_regex "$(cat stdout)" ' ef=65 '
}

@test "hnsw-query: queries that do not belong to the index" {
    fixtures
    [ -e "$FIXTURES/base.hnsw" ] || skip "no fixtures yet"
    world 30 5 4
    sh_fails 3 "hnsw-query -x index.hnsw -o {out} '$FIXTURES/queries.vps'"
    assert_output --partial "dimension"
    sh_fails 3 "hnsw-query -x index.hnsw --force -o {out} '$FIXTURES/queries.vps'"
    vec-convert --metric ip -o ip.vps queries.vps
    sh_fails 3 "hnsw-query -x index.hnsw -o {out} ip.vps"
    assert_output --partial "metric"
    sh_ok "hnsw-query -x index.hnsw --force ip.vps"
    vec-encode --init static,dim=32,buckets=4096 --seed 2 -m other
    vec-encode -m other --role query -o other.vps "$FIXTURES/queries.tsv"
    sh_fails 3 "hnsw-query -x '$FIXTURES/base.hnsw' -o {out} other.vps"
    assert_output --partial "space"
    sh_ok "hnsw-query -x '$FIXTURES/base.hnsw' --force other.vps"
    sh_fails 3 "hnsw-query -x '$FIXTURES/base.hnsw' -o {out} '$FIXTURES/truth.vps'"
    assert_output --partial "expected vectors"
    sh_fails 3 "hnsw-query -x base.vps -o {out} queries.vps"
    assert_output --partial "expected an index"
}

@test "hnsw-query: cosine takes lengths away; a zero query and distances beyond f32 are refused" {
    printf '0\t3\t0\n1\t0\t0.5\n2\t-7\t0\n' | vec-convert --from tsv --to vps -o base.vps
    hnsw-build --metric cosine -o cosine.hnsw base.vps
    printf '0\t10\t0.1\n' | vec-convert --from tsv --to vps -o queries.vps
    sh_ok "hnsw-query -x cosine.hnsw -k 3 queries.vps | vec-convert --to tsv"
    assert_equal "$(cat stdout)" "0	0	1	2"
    printf '0\t0\t0\n' | vec-convert --from tsv --to vps -o zero.vps
    sh_fails 3 "hnsw-query -x cosine.hnsw -o {out} zero.vps"
    assert_output --partial "zero.vps: row 0: a zero vector"
    hnsw-build --metric l2 -o l2.hnsw base.vps
    printf '5\t3e38\t-3e38\n' | vec-convert --from tsv --to vps -o far.vps
    sh_fails 3 "hnsw-query -x l2.hnsw -o {out} far.vps"
    assert_output --partial "beyond 32-bit floats"
}

@test "hnsw-query: damaged, truncated and foreign queries" {
    world 60 300 4
    std_truncated "hnsw-query -x index.hnsw -o {out} {}" queries.vps
    std_flipped "hnsw-query -x index.hnsw -o {out} {}" queries.vps
    std_killed_upstream "hnsw-query -x index.hnsw -o out" queries.vps
    std_foreign "hnsw-query -x index.hnsw -o {out} {}"
}

@test "hnsw-query: damaged, truncated and foreign indexes" {
    world 300 5 4
    std_truncated "hnsw-query -x {} -o {out} queries.vps" index.hnsw
    std_flipped "hnsw-query --load copy -x {} -o {out} queries.vps" index.hnsw
    std_flipped "cat {} | hnsw-query -x - -o {out} queries.vps" index.hnsw
    std_foreign "hnsw-query -x {} -o {out} queries.vps"
    std_killed_upstream "hnsw-query -x - -o out queries.vps" index.hnsw
}

@test "hnsw-query: golden indexes" {
    printf '1\t0\t1\n' | vec-convert --from tsv --to vps -o two.vps
    std_golden_pass "hnsw-query --load copy --force -x {} two.vps" 'hnsw-000*.hnsw'
    awk 'BEGIN { printf "0"; for (d = 0; d < 70; d++) printf "\t%d", d % 16; print "" }' > seventy.tsv
    sh_ok "vec-convert --from tsv --metric l2 -o seventy.vps seventy.tsv"
    std_golden_pass "hnsw-query --load copy --force -x {} seventy.vps" 'hnsw-001*-codes*.hnsw'
    std_golden_pass "hnsw-query --load mmap --force -x {} two.vps" 'hnsw-000*.hnsw'
    std_golden_pass "hnsw-query --load mmap --force -x {} seventy.vps" 'hnsw-001*-codes*.hnsw'
    std_golden_fail "hnsw-query --load copy --force -x {} -o {out} two.vps" 'hnsw-*.hnsw'
    # mapped, what lies in the graph may go unseen: an answer or status 3, and never a fault
    for file in "$ROOT"/formats/golden/fail/hnsw-03*.hnsw; do
        sh_run "hnsw-query --load mmap --force -x '$file' two.vps"
        [ "$status" = 0 ] || assert_equal "$file: $status $output" "$file: 3 $output"
    done
    for file in "$ROOT"/formats/golden/fail/hnsw-04*.hnsw; do
        sh_run "hnsw-query --load mmap --force -x '$file' seventy.vps"
        [ "$status" = 0 ] || assert_equal "$file: $status $output" "$file: 3 $output"
    done
}

@test "the golden indexes are what tests/tools/golden-hnsw writes, and vec-view reads them to their twins" {
    command -v python3 > /dev/null || skip "no python3"
    "$ROOT/tests/tools/golden-hnsw" "$B" fresh
    for file in fresh/*/*; do
        cmp "$file" "$ROOT/formats/golden/${file#fresh/}"
    done
    for file in "$ROOT"/formats/golden/pass/hnsw-*.hnsw; do
        sh_ok "vec-view --check '$file'"
    done
}

@test "hnsw-query: a header that lies about its size takes no memory" {
    printf '1\t0\t1\n' | vec-convert --from tsv --to vps -o two.vps
    for file in "$ROOT"/formats/golden/fail/hnsw-01*-n-*.hnsw; do
        std_ulimit_fails "hnsw-query -t 1 --load copy -x '$file' two.vps" 200000 3
    done
}

@test "hnsw-query: the compiler has kept every prefetch of the search" {
    is_sanitized && skip "not the code that is used"
    [ "$(uname -m)" = x86_64 ] || skip "x86-64 only"
    command -v objdump > /dev/null || skip "no objdump"
    prefetches() { objdump -d --disassemble="$1" "$B/bin/hnsw-query" | grep -c prefetcht0; }
    # 8 lines in a loop and 7 behind it: of vectors before they are compared and meanwhile, of codes; 2 of a row, twice
    n=$(objdump -d "$B/lib/graph/beam.o" | grep -c prefetcht0)
    [ "$n" -ge 34 ] || fail "$n prefetches in the walk"
    n=$(prefetches codes_fetch)
    [ "$n" -ge 15 ] || fail "$n prefetches of codes before a row of neighbours is compared"
    # and of the ones to come, while those before are summed
    for function in exact_distances codedot_vnni_sq8 codedot_vnni_sq4 codedot_avx2_sq8 codedot_avx2_sq4; do
        n=$(prefetches $function)
        [ "$n" -ge 15 ] || fail "$n prefetches in $function"
    done
}
