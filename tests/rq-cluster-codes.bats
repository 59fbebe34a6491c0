#!/usr/bin/env bats
# rq-cluster: what becomes of codes: codebooks, suffixes, other last codes, tokens, arrays of NumPy.

load helper
load rq-cluster

# Mean squared error of an element of vectors in FILE against those in stdout, TSV of dimension 12; are numbers as good as equal?
error() { paste stdout "$1" | awk '{ for (j = 2; j <= 13; j++) sum += ($j - $(j + 13)) ^ 2 } END { print sum / NR / 12 }'; }
near() { assert_equal "$1 $2 $(awk -v a="$1" -v b="$2" 'BEGIN { print (a > .9999 * b && a < 1.0001 * b) }')" "$1 $2 1"; }

@test "rq-cluster: codes, codebooks and vectors agree" {
    crowds 400 x.vps
    sh_ok "$TRAIN --unbounded -K 8 -L 3 --resolve none --no-provenance --report report --codebooks books.vps -o codes.vps x.vps"
    # nearest centres again
    sh_ok "rq-cluster --apply books.vps --no-provenance x.vps"
    cmp codes.vps stdout
    std_same_bytes_at_threads "rq-cluster --apply books.vps --beam 5 x.vps"
    mv stdout beam.vps
    for codes in codes beam; do
        sh_ok "rq-cluster --decode books.vps $codes.vps | vec-convert --to tsv"
        mv stdout $codes.tsv
    done
    sh_ok "vec-convert --to tsv x.vps"
    near "$(error codes.tsv)" "$(value all mse)"
    # a wider search leaves less, over all
    assert [ "$(awk -v a="$(error beam.tsv)" -v b="$(error codes.tsv)" 'BEGIN { print (a < b) }')" = 1 ]
    sh_ok "vec-view --header books.vps"
    assert_regex "$(cat stdout)" '@meta levels 8,8,8'
    sh_ok "vec-convert --to tsv books.vps"
    assert_equal "$(wc -l < stdout)" 24
}

@test "rq-cluster: suffixes make codes unique and free of prefixes" {
    crowds 600 x.vps
    sh_ok "$TRAIN -K 6 -L 2 --report report x.vps | vec-view --all --columns code,suffix"
    tail -n +2 stdout | cut -f 2,3 | python3 -c '
import sys, collections
rows = [line.split() for line in sys.stdin]
groups = collections.defaultdict(list)
for code, suffix in rows:
    groups[code].append(int(suffix))
for code, suffixes in groups.items():
    assert suffixes == ([0] if len(suffixes) == 1 else list(range(1, len(suffixes) + 1))), (code, suffixes)
large = [len(g) for g in groups.values() if len(g) > 1]
print(len(groups), len(large), sum(large), max(large))' > want
    assert_equal "$(value all distinct) $(value all duplicate_groups) $(value all items_in_groups) $(value all largest_group)" \
        "$(cat want)"
    sh_ok "$TRAIN -K 6 -L 2 --resolve none x.vps | rq-cluster --codes --resolve none | vec-view --all --columns suffix"
    assert_equal "$(tail -n +2 stdout | cut -f 2 | sort -u)" 0
}

@test "rq-cluster: --resolve reassign and sinkhorn" {
    crowds 600 x.vps
    sh_ok "$TRAIN -K 16 -L 3 --report report x.vps"
    before=$(value all distinct)
    assert [ "$before" -lt 600 ]
    sh_ok "$TRAIN -K 16 -L 3 --resolve reassign --report report x.vps"
    assert_equal "$(value trained distinct)" "$before"
    assert_equal "$(value all distinct)" 600
    assert [ "$(value all reassigned)" -gt 0 ]
    sh_ok "$TRAIN -K 16 -L 3 --resolve sinkhorn --report report x.vps"
    assert [ "$(value all distinct)" -gt "$before" ]
    assert [ "$(value all reassigned)" -le 600 ]
    # what other last codes cost: the error that is reported is that of the codes that are written
    for how in reassign sinkhorn; do
        sh_ok "$TRAIN -K 5 -L 2 --resolve $how --report report --codebooks books.vps -o codes.vps x.vps"
        sh_ok "rq-cluster --decode books.vps codes.vps | vec-convert --to tsv > near.tsv"
        sh_ok "vec-convert --to tsv x.vps"
        near "$(error near.tsv)" "$(value all mse)"
        assert [ "$(awk -v a="$(value all mse)" -v b="$(value trained mse)" 'BEGIN { print (a > b) }')" = 1 ]
        near "$(value trained mse)" "$(value 2 mse_after)"
    done
    std_same_bytes_at_threads "$TRAIN -K 16 -L 3 --resolve reassign x.vps"
    std_same_bytes_at_threads "$TRAIN -K 16 -L 3 --resolve sinkhorn x.vps"
    # equal vectors: only the exact way parts them, as far as there are codes; the rest get suffixes
    vec-convert --rows :1 -o one.vps x.vps
    vec-convert --to tsv one.vps | awk -v OFS='\t' '{ for (i = 0; i < 10; i++) { $1 = i; print } }' |
        vec-convert --from tsv --to vps -o same.vps
    sh_ok "$TRAIN -K 4 -L 1 --unbounded --resolve reassign --report report same.vps | vec-view --all --columns suffix"
    assert_equal "$(value all distinct) $(value all largest_group)" "4 3"
    assert_equal "$(tail -n +2 stdout | cut -f 2 | sort -n | tail -1)" 3
}

@test "rq-cluster: tokens as MiniOneRec reads them, from 1 or from 0, which is recorded" {
    printf '0\t0\n1\t0\n2\t9\n' | vec-convert --from tsv --to vps -o x.vps
    sh_ok "$TRAIN -K 2 -L 1 --tokens a.json -o codes.vps x.vps"
    sh_ok "rq-cluster --codes --tokens b.json --first-code 0 -o zero.vps codes.vps"
    sh_ok "python3 -c '
import json
a, b = json.load(open(\"a.json\")), json.load(open(\"b.json\"))
assert open(\"a.json\").read() == json.dumps(a, indent=2) + \"\\n\"
assert list(a) == [\"0\", \"1\", \"2\"] and len(a[\"0\"]) == 2 and len(a[\"2\"]) == 1
assert a[\"0\"][1] == \"<b_1>\" and a[\"1\"][1] == \"<b_2>\"
assert {a[\"0\"][0], a[\"2\"][0]} == {\"<a_1>\", \"<a_2>\"} and {b[\"0\"][0], b[\"2\"][0]} == {\"<a_0>\", \"<a_1>\"}'"
    assert_equal "$(vec-view --header codes.vps | grep -c '@meta token_base 1')" 1
    assert_equal "$(vec-view --header zero.vps | grep -c '@meta token_base 0')" 1
    # what a stream says of itself is kept
    sh_ok "rq-cluster --codes --tokens c.json zero.vps > again.vps"
    cmp b.json c.json
    assert_equal "$(vec-view --header again.vps | grep -c '@meta token_base 0')" 1
    sh_ok "rq-cluster --codes --tokens c.json --first-code 1 zero.vps"
    cmp a.json c.json
}

@test "rq-cluster: arrays as MiniOneRec has them, and codes out of them" {
    crowds 300 x.vps
    sh_ok "$TRAIN -K 9,5 --npy codes.npy --npz books.npz --codebooks books.vps --tokens want.json -o codes.vps x.vps"
    sh_ok "rq-cluster --codes --npy again.npy --tokens got.json -o got.vps codes.npy"
    cmp codes.npy again.npy
    cmp want.json got.json
    sh_ok "vec-view --all --columns id,code,suffix codes.vps"
    mv stdout want
    sh_ok "vec-view --all --columns id,code,suffix got.vps"
    cmp want stdout
    sh_ok "rq-cluster --decode books.vps --npz again.npz codes.npy"
    cmp books.npz again.npz
    sh_ok "rq-cluster --apply books.vps --npz again.npz x.vps"
    cmp books.npz again.npz
    vec-convert --to tsv -o books.tsv books.vps
    sh_ok "python3 - books.tsv << 'END'
import struct, sys, zipfile
def array(b):
    assert b[:8] == b'\\x93NUMPY\\1\\0'
    n = struct.unpack('<H', b[8:10])[0]
    head = eval(b[10:10 + n])
    return head['descr'], head['fortran_order'], head['shape'], b[10 + n:]
descr, fortran, shape, data = array(open('codes.npy', 'rb').read())
assert (descr, fortran, shape, len(data)) == ('<i4', False, (300, 2), 2400), (descr, fortran, shape)
codes = struct.unpack('<600i', data)
rows = [line.rstrip('\\n').split('\\t') for line in open('want')][1:]
assert [int(c) for row in rows for c in row[1].split(',')] == list(codes)
z = zipfile.ZipFile('books.npz')
assert z.testzip() is None and z.namelist() == ['codebook_0.npy', 'codebook_1.npy']
centres = []
for name, k in (('codebook_0.npy', 9), ('codebook_1.npy', 5)):
    descr, fortran, shape, data = array(z.read(name))
    assert (descr, fortran, shape) == ('<f4', False, (k, 12))
    centres += struct.unpack('<%df' % (12 * k), data)
want = [float(x) for line in open(sys.argv[1]) for x in line.split('\\t')[1:]]
assert [struct.unpack('f', struct.pack('f', x))[0] for x in want] == centres
END"
}

@test "rq-cluster: codebooks of MiniOneRec's archive encode and decode as the stream's do" {
    crowds 200 x.vps
    $TRAIN -K 9,5 --npz books.npz --codebooks books.vps -o codes.vps x.vps
    for mode in "--apply {} --beam 3 x.vps" "--decode {} codes.vps"; do
        sh_ok "rq-cluster -q ${mode/'{}'/books.vps} | vec-view --all > want"
        sh_ok "rq-cluster -q ${mode/'{}'/books.npz} | vec-view --all > got"
        cmp want got
    done
    # compressed, in Fortran's order, of doubles, and behind a pipe
    sh_ok "python3 - << 'END'
import struct, zipfile
z = zipfile.ZipFile('books.npz')
with zipfile.ZipFile('other.npz', 'w', zipfile.ZIP_DEFLATED) as out:
    for name, k in (('codebook_0.npy', 9), ('codebook_1.npy', 5)):
        values = struct.unpack('<%df' % (12 * k), z.read(name)[-48 * k:])
        head = repr({'descr': '<f8', 'fortran_order': True, 'shape': (k, 12)}).encode()
        head += b' ' * (-(len(head) + 11) % 64) + b'\\n'
        turned = [values[j * 12 + t] for t in range(12) for j in range(k)]
        out.writestr(name, b'\\x93NUMPY\\1\\0' + struct.pack('<H', len(head)) + head + struct.pack('<%dd' % (12 * k), *turned))
END"
    sh_ok "rq-cluster -q --decode <(cat other.npz) codes.vps | vec-view --all > got"
    cmp want got
    vec-synth --count 5 --dim 3 -o other.vps
    sh_fails 3 "rq-cluster --apply books.npz -o {out} other.vps"
    std_truncated "rq-cluster --apply {} -o {out} x.vps" books.npz
    std_flipped "rq-cluster --apply {} -o {out} x.vps" books.npz
}

@test "rq-cluster: how many codes each level has, where codes do not say" {
    crowds 60 x.vps
    $TRAIN -K 6 -L 2 --npy codes.npy -o codes.vps x.vps
    sh_ok "rq-cluster --codes --report report codes.npy -K 6"
    mv report want
    sh_ok "rq-cluster --codes --report report codes.vps"
    cmp want report
    sh_ok "rq-cluster --codes --report report codes.npy -K 100,7"
    assert_equal "$(value 1 codes) $(value 2 codes) $(value 1 codes_used)" "100 7 6"
    sh_ok "rq-cluster --codes --report report codes.npy"
    assert_equal "$(value 1 codes)" 6
    sh_fails 3 "rq-cluster --codes -K 5 -o {out} codes.npy"
    assert_output --partial "codes.npy: code 5 of level 1, which has 5 by -K"
    sh_fails 2 "rq-cluster --codes -K 6,6,6 -o {out} codes.npy"
}

@test "rq-cluster: how long it took, where that is asked for" {
    crowds 60 x.vps
    sh_ok "$TRAIN -K 6 -L 1 --time --report report x.vps | vec-view --text"
    assert [ "$(value all wall_ns)" -gt 0 ]
    assert_regex "$(cat stdout)" "@stat wall_ns $(value all wall_ns)"
    sh_ok "$TRAIN -K 6 -L 1 --report report x.vps | vec-view --text"
    assert_equal "$(value all wall_ns) $(grep -c @stat stdout)" " 0"
}

@test "rq-cluster: golden codes and codebooks: read to their twins, or refused" {
    golden=$ROOT/formats/golden/codes
    for file in "$golden"/pass/????-codes*.vps; do
        sh_ok "rq-cluster --codes --resolve none --tokens got.json --npy got.npy '$file' | vec-view --check"
        cmp got.json "${file%.vps}.json"
        cmp got.npy "${file%.vps}.npy"
    done
    for file in "$golden"/fail/????-codes-*.vps; do
        sh_fails 3 "rq-cluster --codes -o {out} '$file'"
        assert_output --partial "$(cat "${file%.vps}.txt")"
    done
    for file in "$golden"/fail/????-codebooks-*.vps; do
        sh_fails 3 "rq-cluster --decode '$file' -o {out} '$golden/pass/0001-codes.vps'"
        assert_output --partial "$(cat "${file%.vps}.txt")"
    done
    sh_ok "rq-cluster --decode '$golden/pass/0004-codebooks.vps' '$golden/pass/0001-codes.vps' | vec-convert --to tsv"
    cmp stdout "$golden/pass/0004-codebooks.tsv"
    sh_ok "'$ROOT/tests/tools/golden-codes' fresh"
    for file in fresh/*/*; do cmp "$file" "$golden/${file#fresh/}"; done
}
