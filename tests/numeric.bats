#!/usr/bin/env bats
# Encoders in the shapes of real ones and in odd ones, with random weights, against the vectors of transformers in float64:
# tests/numeric/checkpoint.c makes the folders, tests/numeric/reference has made the vectors.  Bounds are near what
# was measured: the least cosines were .99998 in bf16, .9997 in int8 (texts of one model have .85 to .998 with each other).

load helper

setup() {
    helper_setup
}

# Of the rows of NAME.npy and a stream: the greatest difference and the least cosine.
compare() { # NAME STREAM
    paste <(vec-convert --to tsv "$ROOT/tests/numeric/$1.npy" | cut -f 2-) <(vec-convert --to tsv "$2" | cut -f 2-) | awk '{
        xy = xx = yy = 0
        for (i = 1; i <= NF / 2; i++) {
            x = $i; y = $(i + NF / 2); xy += x * y; xx += x * x; yy += y * y
            d = x > y ? x - y : y - x
            if (d > most) most = d
        }
        c = xy / sqrt(xx * yy)
        if (NR == 1 || c < least) least = c
    } END { if (NR != 7) exit 1; printf "%.2g %.6f\n", most, least }'
}

check_shape() { # NAME
    sh_ok "$B/tests/numeric/checkpoint $1 model"
    for dtype in f32 bf16 int8; do
        sh_ok "vec-encode -m model --dtype $dtype model/texts.tsv > $dtype.vps"
        assert_output --partial "1 of 7 texts cut off at 512 tokens"
        read -r most least <<< "$(compare "$1" $dtype.vps)"
        echo "# $1 $dtype: greatest difference $most, least cosine $least"
        awk -v dtype=$dtype -v most="$most" -v least="$least" 'BEGIN {
            bound["f32"] = 1; bound["bf16"] = 0.9999; bound["int8"] = 0.999
            exit !(least != "" && (dtype == "f32" ? most <= 1e-5 : least >= bound[dtype]))
        }' || fail "$1, $dtype: greatest difference $most, least cosine $least"
    done
}

@test "numeric: BERT, 12 heads of 32, as MiniLM has them" {
    check_shape minilm-384x12
}

@test "numeric: BERT, 12 heads of 64, as BERT-base has them" {
    check_shape base-768x12
}

@test "numeric: BERT, 11 heads of 57, an inner size of 2,509, GELU by tanh, the greatest of all tokens" {
    check_shape odd-627x11
}

@test "numeric: XLM-RoBERTa, 16 heads of 64, as BGE-M3 has them" {
    check_shape xlmr-1024x16
}

@test "numeric: XLM-RoBERTa, 13 heads of 67, an inner size of 3,485, ReLU" {
    check_shape xlmr-odd-871x13
}
