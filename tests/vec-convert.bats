#!/usr/bin/env bats
# vec-convert: every format there and back, against files that Python's struct made; rows, samples, shards; what lies.

load helper

# x.FORMAT: 50 rows of 7 values, integers within -60 .. 67, in every format of vectors.
vectors() {
    python3 - <<'END'
import struct
n, d = 50, 7
rows = [[(i * 31 + j * 17) % 128 - 60 for j in range(d)] for i in range(n)]
plus = [[x + 60 for x in row] for row in rows]
def vecs(rows, code): return b"".join(struct.pack("<i%d%s" % (d, code), d, *row) for row in rows)
def bin(rows, code): return struct.pack("<II", n, d) + b"".join(struct.pack("<%d%s" % (d, code), *row) for row in rows)
def npy(body, descr, fortran=False, version=1, order="<"):
    text = "{'descr': '%s', 'fortran_order': %s, 'shape': (%d, %d), }" % (descr, fortran, n, d)
    head = b"\x93NUMPY" + bytes([version, 0])
    width = 2 if version == 1 else 4
    text += " " * (-(len(head) + width + len(text) + 1) % 64) + "\n"
    return head + struct.pack("<H" if version == 1 else "<I", len(text)) + text.encode() + body
def put(name, b): open(name, "wb").write(b)
put("x.fvecs", vecs(rows, "f")); put("x.bvecs", vecs(plus, "B")); put("x.ivecs", vecs(plus, "i"))
put("x.fbin", bin(rows, "f")); put("x.u8bin", bin(plus, "B")); put("x.i8bin", bin(rows, "b"))
put("x.f16bin", bin(rows, "e")); put("x.f64bin", bin(rows, "d")); put("x.ibin", bin(plus, "i"))
def body(code, order="<"): return b"".join(struct.pack("%s%d%s" % (order, d, code), *row) for row in rows)
columns = b"".join(struct.pack("<%df" % n, *[row[j] for row in rows]) for j in range(d))
put("x.npy", npy(body("f"), "<f4").replace(b"\n", b"\n", 1))
put("v2.npy", npy(body("f"), "<f4", version=2)); put("v3.npy", npy(body("f"), "<f4", version=3))
put("fortran.npy", npy(columns, "<f4", fortran=True)); put("big.npy", npy(body("f", ">"), ">f4"))
put("i8.npy", npy(body("b"), "|i1")); put("f2.npy", npy(body("e"), "<f2")); put("f8.npy", npy(body("d"), "<f8"))
put("x.tsv", "".join("%d\t%s\n" % (i, "\t".join(map(str, row))) for i, row in enumerate(rows)).encode())
put("words.tsv", "".join("w%d\t%s\n" % (i, ",".join(map(str, row))) for i, row in enumerate(rows)).encode())
END
}

@test "vec-convert: help, options, a full device, closed descriptors, a folder that cannot be written" {
    vectors
    std_help vec-convert
    std_unknown_option vec-convert
    std_dev_full "vec-convert x.fvecs"
    std_dev_full "vec-convert --to fbin x.fvecs"
    std_closed_stdio "vec-convert x.fbin" "vec-convert --from fbin"
    std_readonly_target "vec-convert $PWD/x.fbin -o {out}"
}

@test "vec-convert: what is no vector file is refused by name" {
    std_foreign "vec-convert {} -o {out}" fvecs
    printf '{"a": 1}\n' > json
    sh_fails 3 "vec-convert json"
    assert_regex "$output" "json: this looks like JSON text"
    printf 'd1\tsome text\n' > passages.tsv
    sh_fails 3 "vec-convert passages.tsv"
    assert_regex "$output" "line 1: 'some' is not a finite number; this looks like text"
    sh_fails 3 "vec-convert /dev/null"
    sh_fails 2 "vec-convert --from pickles passages.tsv"
    assert_regex "$output" "expected one of vps, npy, fvecs"
    sh_fails 2 "vec-convert - -"
}

@test "vec-convert: each format of vectors to the stream and back is the same file" {
    vectors
    for format in fvecs bvecs fbin u8bin i8bin f16bin npy tsv; do
        sh_ok "vec-convert x.$format | vec-convert --to $format"
        cmp stdout "x.$format"
        sh_ok "vec-convert x.$format -o y.vps && vec-convert y.vps -o y.$format"
        cmp "y.$format" "x.$format"
        sh_ok "vec-convert --from $format --to $format < x.$format"
        cmp stdout "x.$format"
        gzip -nk "x.$format"
        sh_ok "vec-convert x.$format.gz --to $format"
        cmp stdout "x.$format"
    done
}

@test "vec-convert: npy of every version, byte order, order and type" {
    vectors
    for file in v2 v3 fortran big; do
        sh_ok "vec-convert $file.npy --to npy"
        cmp stdout x.npy
        sh_ok "cat $file.npy | vec-convert --to npy"
        cmp stdout x.npy
    done
    for file in i8 f2 f8; do
        sh_ok "vec-convert $file.npy --dtype f32 --to npy"
        cmp stdout x.npy
        sh_ok "vec-convert $file.npy --to npy"
        cmp stdout "$file.npy"
    done
}

@test "vec-convert: a file and its rows in other formats are the same stream" {
    vectors
    sh_ok "vec-convert --no-provenance x.fvecs -o want.vps"
    for file in x.fbin x.npy; do
        sh_ok "vec-convert --no-provenance $file"
        cmp stdout want.vps
    done
    for file in x.i8bin x.f16bin x.f64bin words.tsv; do
        sh_ok "vec-convert --no-provenance --columns id,vec --dtype f32 $file"
        cmp stdout want.vps
    done
    sh_ok "vec-convert --no-provenance --dtype i8 x.fbin | cmp - <(vec-convert --no-provenance x.i8bin)"
    sh_fails 3 "vec-convert --dtype u8 x.fbin -o {out}"
    assert_regex "$output" "row 0: value 0 cannot be u8"
    sh_fails 3 "vec-convert x.f64bin -o {out}"
    assert_regex "$output" "x.f64bin: values of type f64, .* give --dtype"
    sh_fails 2 "vec-convert --dtype f64 x.fbin -o {out}"
    assert_output --partial "--dtype f64: a stream of vectors has f32, f16, bf16, i8 or u8"
    sh_ok "vec-convert --dtype f64 --to f64bin x.fbin | cmp - <(vec-convert --to f64bin x.f64bin)"
}

@test "vec-convert: keys of text vectors stay, ids come from them where they are numbers" {
    vectors
    sh_ok "vec-convert --rows 3:5 words.tsv | vec-view --all --format json"
    assert_regex "$(head -1 stdout)" '^\{"id": 3, "key": "w3", "vec": \[33,50,67,-44,'
    sh_ok "printf '7\t1\t2\n9\t3\t4\n' | vec-convert --from tsv | vec-view --all | cut -f1,2"
    assert_equal "$(tail -1 stdout)" "9	9"
    sh_ok "printf '7\t1\t2\n9\t3\t4\n' | vec-convert --from tsv --first-id 0 | vec-view --all | cut -f1,2"
    assert_equal "$(tail -1 stdout)" "1	9"
}

@test "vec-convert: a count that is only known at the end is patched into a file and waits for it on a pipe" {
    vectors
    mkdir tmp
    export TMPDIR=$PWD/tmp
    sh_ok "vec-convert x.fvecs | vec-convert --to fbin > y.fbin"
    cmp y.fbin x.fbin
    sh_ok "(printf head; vec-convert x.fvecs | vec-convert --to fbin; printf tail) > y"
    cmp y <(printf head; cat x.fbin; printf tail)
    sh_ok "printf head > y; vec-convert x.fvecs | vec-convert --to fbin >> y"
    cmp y <(printf head; cat x.fbin)
    sh_ok "vec-convert x.fvecs | vec-convert --to npy | cat"
    cmp stdout x.npy
    assert_equal "left: $(ls -A tmp)" "left: "
    export TMPDIR=$PWD/missing
    sh_fails 4 "vec-convert x.fvecs | vec-convert --to npy | cat"
    sh_ok "vec-convert x.fvecs | vec-convert --to npy --expect-rows 50 | cat"
    cmp stdout x.npy
}

@test "vec-convert: --expect-rows holds for what has no end mark" {
    vectors
    sh_ok "vec-convert --expect-rows 50 x.fvecs -o y.vps"
    sh_fails 3 "head -c 320 x.fvecs | vec-convert --from fvecs --expect-rows 50 -o {out}"
    assert_regex "$output" "10 rows.*expected 50"
    sh_fails 3 "vec-convert --expect-rows 51 x.npy -o {out}"
    sh_fails 3 "cat x.tsv | vec-convert --from tsv --expect-rows 49 -o {out}"
    sh_fails 3 "vec-convert --rows 0:5 --expect-rows 49 x.tsv -o {out}"
}

@test "vec-convert: rows, samples and shards" {
    vectors
    sh_ok "vec-convert --rows 10:13 --to tsv x.fbin | cut -f1 | paste -sd' '"
    assert_equal "$(cat stdout)" "10 11 12"
    sh_ok "vec-convert --rows 48: --to tsv x.fbin | cut -f1 | paste -sd' '"
    assert_equal "$(cat stdout)" "48 49"
    sh_ok "for i in 0 1 2; do vec-convert --shard \$i/3 x.fbin; done | vec-convert --to fbin"
    cmp stdout x.fbin
    # Of a file that says its length, of one that does not, and of a pipe.
    sh_ok "vec-convert x.fbin -o x.vps && vec-convert --sample 9 --seed 5 x.fbin --to tsv -o want"
    assert_equal "$(wc -l < want)" 9
    sort -n want | cmp - want
    for input in 'x.vps' '- < x.vps' '- < x.fbin --from fbin' 'x.fbin --expect-rows 50'; do
        sh_ok "vec-convert --sample 9 --seed 5 --to tsv $input"
        cmp stdout want
    done
    sh_ok "for i in 0 1 2 3; do vec-convert --rows 5: --sample 9 --shard \$i/4 x.vps --to tsv; done |
        cmp - <(vec-convert --rows 5: --sample 9 x.vps --to tsv)"
    sh_fails 3 "vec-convert --rows 40:51 x.fbin -o {out}"
    sh_fails 3 "cat x.tsv | vec-convert --from tsv --rows 40:51 -o {out}"
    sh_fails 3 "vec-convert --sample 51 x.fbin -o {out}"
    for wrong in '--rows 3' '--rows 5:2' '--rows :' '--shard 3/3' '--shard 1' '--sample 0' '--sample -1'; do
        sh_fails 2 "vec-convert $wrong x.fbin"
    done
    # The rest of the input is not read once the last row is there.
    sh_ok "(awk 'BEGIN { while (1) print ++i \"\t1\t2\" }' || true) | timeout 60 vec-convert --from tsv --rows 0:5 > /dev/null"
}

@test "vec-convert: several files are one table whose ids go on" {
    vectors
    sh_ok "vec-convert --rows 0:20 x.fvecs -o a.fvecs; vec-convert --rows 20:50 x.fvecs -o b.fvecs"
    sh_ok "vec-convert --no-provenance a.fvecs b.fvecs | cmp - <(vec-convert --no-provenance x.fvecs)"
    sh_ok "vec-convert --first-id 100 a.fvecs b.fvecs --to tsv | cut -f1 | tail -1"
    assert_equal "$(cat stdout)" 149
    sh_ok "vec-convert --sample 9 a.fvecs b.fvecs --to fbin | cmp - <(vec-convert --sample 9 x.fvecs --to fbin)"
    # Foreign files leave no mark in the provenance, however many there are.
    sh_ok "vec-convert \$(yes a.fvecs | head -70) | vec-view --provenance | wc -l"
    assert_equal "$(cat stdout)" 1
    sh_fails 3 "vec-convert a.fvecs x.i8bin -o {out}"
    assert_regex "$output" "x.i8bin: not the same as a.fvecs"
    sh_ok "vec-convert a.fvecs -o a.vps"
    sh_fails 2 "vec-convert --first-id 3 a.vps"
}

@test "vec-convert: ground truth and runs" {
    python3 - <<'END'
import struct
n, k = 4, 3
ids = [[i + j for j in range(k)] for i in range(n)]
dist = [[i + j / 2 for j in range(k)] for i in range(n)]
flat = lambda rows: [x for row in rows for x in row]
open("t.ivecs", "wb").write(b"".join(struct.pack("<i3i", k, *row) for row in ids))
b = struct.pack("<II12I", n, k, *flat(ids))
open("t.ibin", "wb").write(b)
open("d.ibin", "wb").write(b + struct.pack("<12f", *flat(dist)))
lines = ["%d Q0 %d %d %g vecpipe\n" % (i, ids[i][j], j + 1, 0 - dist[i][j]) for i in range(n) for j in range(k)]
open("t.run", "w").write("".join(lines))
END
    sh_ok "vec-convert --metric l2 d.ibin -o d.vps && vec-view --check d.vps"
    sh_ok "vec-convert d.vps --to knn | cmp - d.ibin"
    sh_ok "vec-convert d.vps --to ivecs | cmp - t.ivecs"
    sh_ok "vec-convert d.vps --to ibin | cmp - t.ibin"
    sh_ok "vec-convert d.vps --to trec | cmp - t.run"
    sh_ok "vec-convert t.run --to knn | cmp - d.ibin"
    sh_ok "vec-convert t.run -o r.vps && vec-view --check r.vps && vec-convert r.vps --to trec | cmp - t.run"
    sh_ok "vec-convert t.ivecs | vec-view --header"
    assert_equal "$(grep -c -e '@kind neighbours' -e '@meta k 3' stdout)" 2
    sh_ok "vec-convert --kind vectors --dtype f32 t.ivecs | vec-view --header"
    assert_regex "$(cat stdout)" '@column vec f32 3'
    sh_ok "vec-convert d.vps --columns nn --to npy -o t.npy && vec-convert --kind neighbours t.npy --to ivecs | cmp - t.ivecs"
    sh_fails 2 "vec-convert d.ibin"
    assert_regex "$output" "d.ibin: it has distances, .* give --metric"
    sh_fails 3 "vec-convert --kind neighbours --from fbin t.ibin"
}

@test "vec-convert: more than 2^32 bytes of values, in the memory of a block" {
    is_sanitized && skip "5 GB take their time in a sanitizer build"
    printf '\210\23\0\0\0\0\20\0' > x.u8bin            # 5,000 rows of 2^20 zeros, a file with a hole
    truncate -s $((8 + 5000 * 1048576)) x.u8bin
    std_ulimit "vec-convert --rows 4999: --to u8bin x.u8bin" 120000
    assert_equal "$(wc -c < stdout)" $((8 + 1048576))
    truncate -s -1 x.u8bin
    sh_fails 3 "vec-convert x.u8bin -o {out}"
}

@test "vec-convert: binary data do not go to a terminal, nor is data awaited from one" {
    command -v script > /dev/null || skip "no script(1)"
    script -qec true /dev/null > /dev/null 2>&1 || skip "no terminal can be made here (is /dev/pts mounted?)"
    vectors
    run script -qec "vec-convert x.fbin" /dev/null
    assert_failure 2
    assert_output --partial "stdout: is a terminal"
    run script -qec "vec-convert --from fbin -o y" /dev/null
    assert_failure 2
    run script -qec "vec-convert --to tsv x.fbin | head -1" /dev/null
    assert_success
}

@test "vec-convert: headers that lie are found out without taking memory" {
    vectors
    std_ulimit "vec-convert x.fbin -o y.vps" 120000
    for lie in '\377\377\377\377\7\0\0\0' '\377\377\377\177\377\377\17\0' '\62\0\0\0\0\0\0\0' \
        '\62\0\0\0\377\377\377\377' '\63\0\0\0\7\0\0\0'; do
        (printf %b "$lie"; tail -c +9 x.fbin) > lie.fbin
        std_ulimit_fails "vec-convert lie.fbin -o {out}" 120000 3
        std_ulimit_fails "cat lie.fbin | vec-convert --from fbin -o {out}" 120000 3
        (printf %b "$lie"; tail -c +9 x.ibin) > lie.ibin
        std_ulimit_fails "cat lie.ibin | vec-convert --from knn -o {out}" 120000 3
    done
    for shape in '(99999999, 1000000)' '(18446744073709551615, 1)' '(50, 7, 1)' '(350,)' '(51, 7)' '(7, 49)'; do
        sed "s/(50, 7)/$shape/" x.npy > lie.npy
        std_ulimit_fails "vec-convert lie.npy -o {out}" 120000 3
        sed "s/(50, 7)/$shape/" fortran.npy > lie.npy
        std_ulimit_fails "cat lie.npy | vec-convert -o {out}" 120000 3
    done
}

@test "vec-convert: files cut anywhere, named for another format, or with bytes behind" {
    vectors
    for format in fbin u8bin npy; do
        std_truncated "vec-convert --from $format {} -o {out}" "x.$format"
        (cat "x.$format"; printf x) > longer
        sh_fails 3 "vec-convert --from $format longer -o {out}"
        sh_fails 3 "cat longer | vec-convert --from $format -o {out}"
    done
    sh_ok "vec-convert x.fbin -o x.vps && cp x.vps stream.fbin"
    sh_fails 3 "vec-convert stream.fbin -o {out}"
    assert_regex "$output" "looks like a vecpipe stream$"
    for name in fbin u8bin npy bvecs ivecs ibin tsv run vps; do
        cp x.fvecs "lie.$name"
        sh_fails 3 "vec-convert lie.$name -o {out}"
        assert_regex "$output" "looks like an fvecs file of dimension 7"
    done
}

@test "vec-convert: NaN and infinity are refused with their row" {
    printf '\2\0\0\0\0\0\200\77\0\0\300\177' > nan.fvecs
    sh_fails 3 "vec-convert nan.fvecs -o {out}"
    assert_regex "$output" "nan.fvecs: row 0: value 1 is not a finite number"
    sh_fails 3 "printf 'a\tinf\n' | vec-convert --from tsv -o {out}"
}

@test "vec-convert: streams cut, damaged or without their producer" {
    vectors
    sh_ok "vec-convert words.tsv -o x.vps"
    std_truncated "vec-convert {} --to tsv -o {out}" x.vps
    std_flipped "vec-convert {} --to tsv -o {out}" x.vps
    std_killed_upstream "vec-convert --to tsv -o {out}" x.vps
}

@test "vec-convert: compression, provenance, columns" {
    vectors
    sh_ok "vec-convert x.fbin -o a.vps && vec-convert -z 6 a.vps -o b.vps && vec-convert b.vps --to fbin | cmp - x.fbin"
    [ "$(wc -c < b.vps)" -lt "$(wc -c < a.vps)" ]
    sh_ok "vec-view --provenance b.vps"
    assert_equal "$(cat stdout)" "1 vec-convert 0.1.0: vec-convert a.vps
\`- 0 vec-convert 0.1.0: vec-convert x.fbin"
    sh_ok "vec-convert --no-provenance a.vps | vec-view --provenance"
    assert_equal "$(cat stdout)" ""
    sh_ok "vec-convert --metric ip words.tsv | vec-convert --columns vec,key | vec-view --header"
    assert_equal "$(grep -v @program stdout)" "@kind vectors
@column id u64
@column vec f32 7
@column key str
@meta metric ip"
    sh_ok "vec-convert --columns key,id words.tsv | vec-view --head 1"
    assert_equal "$(cat stdout)" "key	id
w0	0"
    sh_fails 3 "vec-convert --columns vec,words words.tsv -o {out}"
    assert_regex "$output" "no column words: there are id, key, vec"
    sh_fails 3 "vec-convert --columns vec,vec words.tsv -o {out}"
}

@test "vec-convert: real files" {
    testdata mnist
    sh_ok "vec-convert $DATA/test.u8bin.gz | vec-convert --to u8bin | cmp - <(zcat $DATA/test.u8bin.gz)"
    testdata bge-micro
    sh_ok "vec-convert $DATA/notes.queries.fvecs --to npy | vec-convert --to fvecs | cmp - $DATA/notes.queries.fvecs"
    testdata trec_eval
    sh_ok "vec-convert $DATA/test/results.test -o r.vps && vec-view --check r.vps"
    sh_ok "cmp <(vec-convert r.vps --to trec | awk '{ print \$1, \$3, \$5 + 0 }' | sort) \
        <(awk '{ print \$1, \$3, \$5 + 0 }' $DATA/test/results.test | sort)"
}

@test "vec-convert: a file of another kind is named with what it is for" {
    python3 -c 'import sys; sys.stdout.buffer.write((2).to_bytes(8, "little") + b"{}" + bytes(64))' > weights
    sh_fails 3 "vec-convert -o {out} weights"
    assert_output --partial "a safetensors file: it belongs into a model folder"
}
