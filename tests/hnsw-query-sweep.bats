#!/usr/bin/env bats
# hnsw-query at several ef in one run.

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
