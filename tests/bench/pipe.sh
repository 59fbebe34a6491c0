#!/bin/bash
# pipe.sh [MIB] - how fast vectors go through a pipe of two of our filters, CRC on, with `cat | cat` beside it.
#   vec-convert FILE.fbin | vec-convert --to fbin
# A header and plain values go in and come out; through the pipe goes a stream, whose blocks one program checksums and the other
# verifies.  Prints a table: what, seconds (best and median of 5, taken in turn), GB/s of the best, and the CPU seconds of the
# busier of the two programs (best of 5), below which no idle machine gets.  The file (1,024 MiB, dimension 128) lies in BENCH_DIR
# or TMPDIR, and in the page cache; outputs go to /dev/null and, new each time, beside it.  To /dev/null the second program
# is told the number of rows: where it can neither know nor patch it, the rows would go through a file first.
set -euo pipefail
mib=${1:-1024} dim=128
PATH=$(cd "$(dirname "$0")/../.." && pwd)/build/bin:$PATH
work=$(mktemp -d -p "${BENCH_DIR:-${TMPDIR:-/tmp}}")
trap 'rm -rf "$work"' EXIT

# A header and finite floats: the letters of `abcdefg` in fours.
rows=$((mib * 1048576 / dim / 4))
file=$work/x.fbin
for shift in 0 8 16 24; do printf %b "\\0$(printf %o $((rows >> shift & 255)))"; done > "$file"
printf '\200\0\0\0' >> "$file"
{ yes abcdefg || true; } 2> /dev/null | head -c $((mib * 1048576)) >> "$file"

names=('cat | cat > /dev/null' 'vec-convert | vec-convert > /dev/null' 'cat | cat > FILE' 'vec-convert | vec-convert > FILE')
TIMEFORMAT='%U %S'
# shellcheck disable=SC2002  # a pipe of two is what is measured
run() { # number of a name
    case $1 in
    0) { time cat "$file"; } 2> "$work/cpu.1" | { time cat; } 2> "$work/cpu.2" > /dev/null ;;
    1) { time vec-convert "$file"; } 2> "$work/cpu.1" |
        { time vec-convert --to fbin --expect-rows "$rows"; } 2> "$work/cpu.2" > /dev/null ;;
    2) { time cat "$file"; } 2> "$work/cpu.1" | { time cat; } 2> "$work/cpu.2" > "$work/out" ;;
    3) { time vec-convert "$file"; } 2> "$work/cpu.1" | { time vec-convert --to fbin; } 2> "$work/cpu.2" > "$work/out" ;;
    esac
}
for turn in 1 2 3 4 5; do
    for i in 0 1 2 3; do
        rm -f "$work/out"
        started=$(date +%s%N)
        run "$i"
        wall=$(($(date +%s%N) - started))
        awk -v wall="$wall" '$1 + $2 > most { most = $1 + $2 } END { print wall, most }' "$work"/cpu.? >> "$work/times.$i"
        [ "$turn" != 1 ] || [ ! -e "$work/out" ] || cmp "$file" "$work/out"
    done
done
printf 'what\tbest_s\tmedian_s\tGB/s\tcpu_s\n'
for i in 0 1 2 3; do
    sort -n "$work/times.$i" | awk -v what="${names[i]}" -v bytes="$(wc -c < "$file")" '
        { t[NR] = $1 / 1e9; cpu = NR == 1 || $2 < cpu ? $2 : cpu }
        END { printf "%s\t%.3f\t%.3f\t%.2f\t%.2f\n", what, t[1], t[int((NR + 1) / 2)], bytes / t[1] / 1e9, cpu }'
done
