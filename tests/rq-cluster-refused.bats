#!/usr/bin/env bats
# rq-cluster: codes and codebooks that are none: damaged, foreign, arrays of something else.

load helper
load rq-cluster

@test "rq-cluster: archives that hold no codebooks" {
    crowds 20 x.vps
    python3 - << 'END'
import struct, zipfile
def array(shape, descr="<f4", values=None):
    head = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    data = struct.pack("<%df" % (shape[0] * shape[1]), *(values or [1.0] * (shape[0] * shape[1])))
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + data
def save(name, **members):
    with zipfile.ZipFile(name, "w") as z:
        for member, data in members.items():
            z.writestr(member + ".npy", data)
save("gap.npz", codebook_0=array((3, 12)), codebook_2=array((3, 12)))
save("dims.npz", codebook_0=array((3, 12)), codebook_1=array((3, 11)))
save("nan.npz", codebook_0=array((2, 12), values=[1.0] * 23 + [float("nan")]))
save("none.npz", codebook_0=array((0, 12)))
save("text.npz", codebook_0=b"no array")
END
    for case in "gap 2 members, but no codebook_1.npy" "dims codebook_1.npy: 3 x 11, expected" "nan row 1: value 11 is not" \
        "none codebook_0.npy: 0 x 12, expected 1 to" "text codebook_0.npy"; do
        sh_fails 3 "rq-cluster --apply ${case%% *}.npz -o {out} x.vps"
        assert_output --partial "${case%% *}.npz: "
        assert_output --partial "${case#* }"
    done
}

@test "rq-cluster: arrays that hold no codes" {
    sh_ok "python3 -c '
import struct
def save(name, descr, shape, data):
    head = repr({\"descr\": descr, \"fortran_order\": False, \"shape\": shape}).encode()
    head += b\" \" * (-(len(head) + 11) % 64) + b\"\\n\"
    open(name, \"wb\").write(b\"\\x93NUMPY\\1\\0\" + struct.pack(\"<H\", len(head)) + head + data)
save(\"below.npy\", \"<i4\", (2, 2), struct.pack(\"<4i\", 0, 1, 2, -1))
save(\"above.npy\", \"<i8\", (2, 2), struct.pack(\"<4q\", 0, 65536, 2, 1))
save(\"huge.npy\", \"<u8\", (2, 2), struct.pack(\"<4Q\", 0, 2**64 - 1, 2, 1))
save(\"float.npy\", \"<f4\", (2, 2), struct.pack(\"<4f\", 0, 1, 2, 1))
save(\"flat.npy\", \"<i4\", (4,), struct.pack(\"<4i\", 0, 1, 2, 1))
save(\"wide.npy\", \"<u2\", (1, 65), bytes(130))
save(\"turned.npy\", \">u2\", (2, 2), struct.pack(\">4H\", 0, 1, 2, 65535))'"
    for case in "below.npy: row 1: code -1 of level 2" "above.npy: row 0: code 65536 of level 2" "huge.npy: row 0: code -1" \
        "float.npy: an array of f32" "flat.npy: an array of 1 dim" "wide.npy: an array of u16, 65 a row"; do
        sh_fails 3 "rq-cluster --codes -o {out} ${case%%:*}"
        assert_output --partial "$case"
    done
    sh_ok "rq-cluster --codes turned.npy | vec-view --all --columns code"
    assert_equal "$(tail -1 stdout | cut -f 2)" "2,65535"
    std_truncated "rq-cluster --codes -o {out} {}" turned.npy
}

@test "rq-cluster: damaged inputs" {
    crowds 200 x.vps
    $TRAIN -K 5 -L 2 --codebooks books.vps -o codes.vps x.vps
    std_truncated "rq-cluster --apply {} -o {out} x.vps" books.vps
    std_flipped "rq-cluster --apply {} -o {out} x.vps" books.vps
    std_truncated "rq-cluster --codes -o {out} {}" codes.vps
    std_flipped "rq-cluster --decode books.vps -o {out} {}" codes.vps
    std_foreign "$TRAIN -K 5 -L 1 -o {out} {}"
    std_foreign "rq-cluster --codes -o {out} {}"
    std_killed_upstream "$TRAIN -K 5 -L 1 -o {out}" x.vps
    sh_fails 3 "rq-cluster --apply x.vps -o {out} x.vps"
    assert_output --partial "no codebooks"
    sh_fails 3 "rq-cluster --codes -o {out} x.vps"
    assert_output --partial "expected codes"
    sh_fails 3 "$TRAIN -o {out} codes.vps"
    vec-convert --rows :9 -o part.vps books.vps
    sh_fails 3 "rq-cluster --apply part.vps -o {out} x.vps"
    assert_output --partial "as many as @meta levels"
    $TRAIN -K 4 -L 2 --codebooks small.vps -o small-codes.vps x.vps
    sh_fails 3 "rq-cluster --decode small.vps -o {out} codes.vps"
    assert_output --partial "whose codebook has 4"
    vec-synth --count 5 --dim 3 -o other.vps
    sh_fails 3 "rq-cluster --apply books.vps -o {out} other.vps"
}
