#!/usr/bin/env bats
# hnsw-build: the same index everywhere, small and odd base sets, memory, and inputs that it must refuse.

load helper

# N seeded vectors of dimension DIM as vectors.vps (l2).
vectors() { # N DIM [VALUES]
    awk -v n="$1" -v d="$2" -v values="${3:-1000}" 'BEGIN {
        srand(5)
        for (i = 0; i < n; i++) {
            line = i
            for (j = 0; j < d; j++)
                line = line "\t" int(rand() * values)
            print line
        }
    }' > vectors.tsv
    vec-convert --from tsv --to vps --metric l2 -o vectors.vps vectors.tsv
}

@test "hnsw-build: help, options, a full device, closed descriptors" {
    std_help hnsw-build
    std_unknown_option hnsw-build
    vectors 50 4
    std_dev_full "hnsw-build vectors.vps"
    std_closed_stdio "hnsw-build vectors.vps" "hnsw-build"
    std_readonly_target "hnsw-build -o {out} $PWD/vectors.vps"
}

@test "hnsw-build: the same bytes at any number of threads and instruction set" {
    vectors 3000 20
    std_same_bytes_at_threads "hnsw-build -M 6 -c 40 vectors.vps"
    first=$(sha256sum < stdout)
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa hnsw-build -M 6 -c 40 vectors.vps"
        assert_equal "$isa: $(sha256sum < stdout)" "$isa: $first"
    done
    # by file, by pipe, by -o
    sh_ok "hnsw-build -M 6 -c 40 -o out.hnsw vectors.vps && hnsw-build --no-provenance -M 6 -c 40 < vectors.vps > a &&
        hnsw-build --no-provenance -M 6 -c 40 vectors.vps > b && cmp a b"
    assert_equal "$(sha256sum < out.hnsw)" "$first"
}

@test "hnsw-build: another seed is another graph, and as good" {
    vectors 800 8
    sh_ok "hnsw-build --no-provenance --seed 1 vectors.vps > a; hnsw-build --no-provenance --seed 2 vectors.vps > b"
    run cmp -s a b
    assert_failure
    sh_ok "vec-view --check a && vec-view --check b"
}

@test "hnsw-build: every small number of vectors, and M from 2 on" {
    vectors 40 3
    for n in 0 1 2 3 5 17 33 40; do
        for m in 2 5 16; do
            sh_ok "vec-convert --rows :$n vectors.vps | hnsw-build -M $m -c 10 -o n.hnsw && vec-view --check n.hnsw"
            assert_equal "$(cat stdout)" "n.hnsw: ok, an index, $n nodes"
        done
    done
}

@test "hnsw-build: duplicates, two values, sorted rows: all is reachable" {
    for values in 1 2; do
        vectors 2500 2 $values
        sh_ok "hnsw-build -M 4 -c 20 -o n.hnsw vectors.vps && vec-view --check n.hnsw"
    done
    seq 2500 | awk '{ print NR "\t" $1 "\t0" }' | vec-convert --from tsv --to vps --metric l2 -o sorted.vps
    sh_ok "hnsw-build -M 4 -c 20 -o n.hnsw sorted.vps && vec-view --stat n.hnsw"
    assert_regex "$(cat stdout)" 'reachable	2500'
}

@test "hnsw-build: keys, metas and programs go into the index" {
    fixtures
    [ -e "$FIXTURES/base.vps" ] || skip "no fixtures yet"
    sh_ok "hnsw-build '$FIXTURES/base.vps' | vec-view --text"
    assert_regex "$(cat stdout)" '@column key str'
    assert_regex "$(cat stdout)" '@meta metric ip'
    assert_regex "$(cat stdout)" '@meta space [0-9a-f]+'
    assert_equal "$(grep -c '^@program' stdout)" 2
    sh_ok "hnsw-build --no-provenance '$FIXTURES/base.vps' | vec-view --header"
    assert_equal "$(grep -c '^@program' stdout)" 0
}

@test "hnsw-build: cosine stores vectors of length 1, and a zero vector has none" {
    printf '0\t3\t4\n1\t0\t0.5\n' | vec-convert --from tsv --to vps -o v.vps
    sh_ok "hnsw-build --metric cosine v.vps | vec-view --all"
    assert_regex "$(cat stdout)" '0\.6,0\.8'
    printf '0\t3\t4\n1\t0\t0\n' | vec-convert --from tsv --to vps -o zero.vps
    sh_fails 3 "hnsw-build --metric cosine -o {out} zero.vps"
    assert_output --partial "zero.vps: row 1: a zero vector"
}

@test "hnsw-build: mistakes on the command line" {
    vectors 20 4
    sh_fails 2 "hnsw-build -M 1 -o {out} vectors.vps"
    sh_fails 2 "hnsw-build -M 513 -o {out} vectors.vps"
    sh_fails 2 "hnsw-build -c 0 -o {out} vectors.vps"
    sh_fails 2 "hnsw-build --metric l3 -o {out} vectors.vps"
    vec-convert --to fvecs -o plain.fvecs vectors.vps
    vec-convert -o plain.vps plain.fvecs
    sh_fails 2 "hnsw-build -o {out} plain.vps"
    assert_output --partial "plain.vps: these vectors do not say which metric is theirs: give --metric"
    sh_ok "hnsw-build --metric ip plain.vps"
}

@test "hnsw-build: --max-memory refuses a file at once and a pipe in time" {
    vectors 20000 16
    sh_fails 4 "hnsw-build --max-memory 4M -o {out} vectors.vps"
    assert_output --partial "max-memory"
    sh_fails 4 "hnsw-build --max-memory 100K -o {out} vectors.vps"
    assert_regex "$output" "max-memory of 100.0 KiB is for vectors and graph: [0-9]+ or more vectors of dimension 16 "
    assert_regex "$output" "need about 1[.][0-9] MiB; --max-memory leaves [1-9][0-9.]+ KiB for them"
    sh_fails 4 "hnsw-build --max-memory 1 -o {out} vectors.vps"
    sh_fails 4 "cat vectors.vps | hnsw-build --max-memory 4M -o {out}"
    assert_output --partial "max-memory"
    sh_ok "hnsw-build -c 20 --max-memory 1G vectors.vps"
    # keys count
    awk 'BEGIN { k = sprintf("%04000d", 0); for (i = 0; i < 1500; i++) print k i "\t" i }' > long.tsv
    vec-convert --from tsv --metric l2 -o long.vps long.tsv
    sh_fails 4 "hnsw-build --max-memory 4M -o {out} long.vps"
    sh_ok "hnsw-build -c 20 --max-memory 1G long.vps"
}

@test "hnsw-build: memory stays near what vectors and graph take" {
    vectors 20000 16
    std_ulimit "hnsw-build -t 2 -c 20 vectors.vps" 500000
    # at its peak 1.6 times the index and some for the program itself
    vec-synth --set latent --role base --count 30000 --dim 128 -o many.vps
    vec-synth --set latent --role base --count 10000 --dim 784 -o wide.vps
    python3 - <<'END' > stdout
import os
for name, codes, times in ("many", "auto", 1.75), ("wide", "none", 1.72):
    command = f"hnsw-build -q -t 2 -c 20 --codes {codes} -o {name}.hnsw {name}.vps"
    pid = os.posix_spawnp("hnsw-build", command.split(), os.environ)
    _, status, usage = os.wait4(pid, 0)
    share = usage.ru_maxrss * 1024 / os.path.getsize(f"{name}.hnsw")
    print(name, status, share <= times or share)
END
    assert_equal "$(cat stdout)" "many 0 True
wide 0 True"
}

@test "hnsw-build: numbers that are none, ids twice, files that do not fit together" {
    vectors 20 4
    python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("<iff", 2, 1, float("nan")))' > nan.fvecs
    run vec-convert -o nan.vps nan.fvecs
    [ ! -e nan.vps ] || sh_fails 3 "hnsw-build --metric l2 -o {out} nan.vps"
    sh_fails 3 "hnsw-build -o {out} vectors.vps vectors.vps"
    assert_output --partial "rows 0 and 20 have the same"
    printf '99\t1\t2\n' | vec-convert --from tsv --to vps --metric l2 -o other.vps
    sh_fails 3 "hnsw-build -o {out} vectors.vps other.vps"
    assert_output --partial "other.vps"
    sh_fails 4 "hnsw-build -o {out} vectors.vps missing.vps"
    hnsw-build -o index.hnsw vectors.vps
    sh_fails 3 "hnsw-build -o {out} index.hnsw"
    assert_output --partial "index (.hnsw)"
}

@test "hnsw-build: distances beyond 32-bit floats are refused" {
    for dim in 2 20; do
        awk -v d=$dim 'BEGIN { for (i = 0; i < 30; i++) { printf "%d", i
            for (j = 0; j < d; j++) printf "\t%s", i % 2 ? "3e38" : "-3e38"
            print "" } }' > far.tsv
        for metric in l2 ip; do
            sh_fails 3 "vec-convert --from tsv --metric $metric far.tsv | hnsw-build -o {out}"
            assert_output --partial "beyond 32-bit floats"
        done
    done
}

@test "hnsw-build: damaged, truncated and foreign inputs" {
    vectors 300 4
    std_truncated "hnsw-build -o {out} {}" vectors.vps
    std_flipped "hnsw-build -o {out} {}" vectors.vps
    std_killed_upstream "hnsw-build -o out" vectors.vps
    std_foreign "hnsw-build --metric l2 -o {out} {}"
    std_golden_fail "hnsw-build --metric l2 -o {out} {}" '00*.vps'
}

@test "hnsw-build: recall on mnist as hnswlib's" {
    testdata mnist
    is_sanitized && skip "too slow under a sanitizer"
    for set in train test; do
        zcat "$DATA/$set.u8bin.gz" > $set.u8bin
    done
    # a tenth of the set; all of it is for `make bench`
    vec-convert --rows :6000 --metric l2 -o base.vps train.u8bin
    vec-convert --rows :1000 --metric l2 -o queries.vps test.u8bin
    hnsw-build -o base.hnsw base.vps
    knn-exact -b base.vps -o truth.vps queries.vps
    sh_ok "hnsw-query -x base.hnsw -e 40 queries.vps |
        eval-recall --truth truth.vps --measures recall@10 --fail-under recall@10=0.99"
}
